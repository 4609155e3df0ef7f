"""The worked examples of CONTRIBUTING.md, run as a reader would run them."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from ctre.estimators import SparseMLPClassifier, parameters
from ctre.estimators.assembly import first_state
from ctre.estimators.parameters import Parameters
from ctre.methods import LayerEvidence, drop, get_recipe, recipes, similarity
from ctre.methods.similarity import scores_at
from ctre.topology import Topology
from ctre.training import LabelledRows, TrainingData, task, train

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"


def block(number):
    """Give one of the page's blocks of Python."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(blocks) == 5
    return textwrap.dedent(blocks[number]).strip()


def defined(number, home):
    """Run a block where its file's names are known."""
    names = dict(vars(home))
    exec(block(number), names)
    return names


@pytest.fixture
def recipe():
    names = {**vars(recipes), "rising_together": defined(0, similarity)["rising_together"]}
    return eval(block(1), names)


def test_the_example_ranks_by_correlation(recipe):
    rng = np.random.default_rng(0)
    pre = rng.normal(3, 1, (40, 5)).astype(np.float32)
    post = rng.normal(-2, 1, (40, 4)).astype(np.float32)
    form = recipe.method.grow.first.score(LayerEvidence(pre, post))
    correlation = np.corrcoef(pre, post, rowvar=False)[:5, 5:]
    scores = scores_at(form, Topology.full(5, 4)).reshape(4, 5).T
    np.testing.assert_allclose(scores, correlation, atol=1e-5)


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


def test_the_rule_drops_the_connections_of_weak_inputs():
    rule = defined(2, drop)["WeakestInput"]()
    line = re.search(r"`(Recipe\(.*?\))`\.$", PAGE.read_text(), flags=re.M | re.S)
    found = eval(line[1], {**vars(recipes), "WeakestInput": type(rule)})
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 20)).astype(np.float32)
    model = SparseMLPClassifier((30,), method=found, epsilon=2, max_iter=30, random_state=0)
    model.fit(X, X[:, 3] + X[:, 7] > 0)
    strongest = np.argsort(-model.feature_importances_)[:2]
    assert set(strongest) == {3, 7}


def test_the_task_learns_counts():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 3)).astype(np.float32)
    y = np.rint(np.exp(1 + X[:, :1]))
    train_rows = np.arange(400, dtype=np.int32)
    counting = defined(3, task)["Counting"].of(y, train_rows)
    rows = LabelledRows(X, counting.encode(y))
    data = TrainingData(rows, train_rows, np.empty(0, np.int32))
    recipe, parameters = (
        get_recipe("set"),
        Parameters(hidden_layer_sizes=(30,), epsilon=2, batch_size=20, max_iter=100),
    )
    state = first_state(parameters, recipe, counting, data, np.random.SeedSequence(0))
    train(state)
    predicted = counting.decode(state.kept.scores(X))
    assert np.mean(np.abs(predicted - y) <= 1) > 0.9


def test_the_parameter_stands_in_the_table_as_the_page_says():
    home = re.sub(r"\s+", "", Path(parameters.__file__).read_text())
    assert re.sub(r"\s+", "", block(4)) in home
