"""What a method says it depends on, against what changes when it trains."""

from __future__ import annotations

import numpy as np
import pytest

from ctre.estimators import SparseMLPClassifier
from ctre.estimators.assembly import bound_method, names_used_by
from ctre.estimators.parameters import USED_BY_SOME, Parameters
from ctre.methods import (
    RECIPES,
    HasStalled,
    Method,
    MostSimilar,
    Random,
    Recipe,
    Sample,
    Share,
    SmallestMagnitude,
    Switch,
    bound,
    cosine,
    settings_of,
    values_of,
)
from ctre.methods.citations import CTRE

OTHER = {
    "epsilon": {"epsilon": 2.0},
    "density": {"epsilon": None, "density": 0.5},
    "drop_fraction": {"drop_fraction": 0.5},
    "drop_fraction_schedule": {"drop_fraction_schedule": "step"},
    "update_interval": {"update_interval": 3},
    "update_until": {"update_until": 0.3},
    "patience": {"patience": 1000},
    "similarity_samples": {"similarity_samples": 5},
    "similarity_candidates": {"similarity_candidates": 2},
}


def weights(recipe, **settings):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 12)).astype(np.float32)
    y = X[:, 0] > rng.normal(size=120)
    usual = {"epsilon": 3.0, "max_iter": 12, "drop_fraction": 0.3, "patience": 2}
    usual |= {"batch_size": 100, "alpha": 1e-4, "scaling": "none"}
    model = SparseMLPClassifier(
        (10, 8), method=recipe, validation_fraction=0, random_state=0, **usual | settings
    )
    network = model.fit(X, y).network_
    return [(layer.topology.keys.tolist(), layer.weights.tolist()) for layer in network.layers]


def test_the_settings_are_keywords_of_the_estimator():
    assert list(OTHER) == [parameter.name for parameter in USED_BY_SOME]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_method_depends_on_the_settings_it_names_and_on_no_other(recipe):
    """Planted mistake: a start, a pace or a policy that says nothing of what it reads."""
    usual = weights(recipe)
    changed = {name for name in OTHER if weights(recipe, **OTHER[name]) != usual}
    assert changed == names_used_by(recipe)


OWN = Method(
    SmallestMagnitude(),
    Switch(MostSimilar(cosine, candidates=3, rows=Sample(7)), then=Random(), once=HasStalled()),
    pace=Share(0.4),
)


def test_what_a_policy_was_given_stays_and_the_rest_is_bound():
    """Planted: keywords that overrule a policy's own settings."""
    parameters = Parameters(
        drop_fraction=0.1, similarity_candidates=9, similarity_samples=99, patience=4,
        update_interval=2,
    )  # fmt: skip
    method = bound_method(parameters, Recipe("own", "mine", OWN, CTRE))
    values = values_of(method)
    assert (values["drop_fraction"], values["candidates"], values["sample_size"]) == (0.4, 3, 7)
    assert (values["patience"], values["update_interval"]) == (4, 2)
    assert method.pace.schedule(0.5) == 0.5


def test_settings_a_policy_was_given_are_no_longer_asked_for():
    assert settings_of(OWN) == {
        "drop_fraction_schedule", "patience", "update_interval", "update_until",
    }  # fmt: skip


def test_binding_changes_a_copy():
    bound(OWN, {"patience": 1})
    assert OWN.grow.once.patience == 40
    assert bound(OWN, {}) is OWN
    assert bound(None, {"patience": 1}) is None
