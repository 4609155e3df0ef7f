"""The worked example of CONTRIBUTING.md, run as a reader would run it."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from ctre.estimators import SparseMLPClassifier
from ctre.methods import citations, get_recipe, recipes, similarity
from ctre.methods.similarity import scores_at
from ctre.topology import Topology

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture
def recipe():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    score, line = (textwrap.dedent(block).strip() for block in blocks)
    home = dict(vars(similarity))
    exec(score, home)
    names = {**vars(recipes), "pearson": home["pearson"], "citations": citations}
    return eval(line, names)


def test_the_example_ranks_by_correlation(recipe):
    rng = np.random.default_rng(0)
    pre = rng.normal(3, 1, (40, 5)).astype(np.float32)
    post = rng.normal(-2, 1, (40, 4)).astype(np.float32)
    form = recipe.method.grow.first.score(pre, post)
    correlation = np.corrcoef(pre, post, rowvar=False)[:5, 5:]
    scores = scores_at(form, Topology.full(5, 4)).reshape(4, 5).T
    np.testing.assert_allclose(scores, np.abs(correlation), atol=1e-5)


def test_the_example_trains_without_being_in_the_table(recipe):
    with pytest.raises(LookupError):
        get_recipe(recipe.name)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 20)).astype(np.float32)
    y = X[:, 3] + X[:, 7] > 0
    model = SparseMLPClassifier((30,), method=recipe, epsilon=2, max_iter=30, random_state=0)
    model.fit(X, y)
    assert model.score(X, y) > 0.85
    assert sum(map(sum, model.history_.column("n_born"))) > 0
