"""What a method says it depends on, against what changes when it trains."""

from __future__ import annotations

import numpy as np
import pytest

from ctre.estimators import SparseMLPClassifier
from ctre.estimators.parameters import RULES
from ctre.methods import METHOD_SETTINGS, RECIPES, settings_of

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
    model = SparseMLPClassifier(
        (10, 8), method=recipe, validation_fraction=0, random_state=0, **usual | settings
    )
    network = model.fit(X, y).network_
    return [(layer.topology.keys.tolist(), layer.weights.tolist()) for layer in network.layers]


def test_the_settings_are_keywords_of_the_estimator():
    assert set(OTHER) == set(METHOD_SETTINGS) <= set(RULES)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_method_depends_on_the_settings_it_names_and_on_no_other(recipe):
    """Planted mistake: a start, a pace or a policy that says nothing of what it reads."""
    usual = weights(recipe)
    changed = {name for name in METHOD_SETTINGS if weights(recipe, **OTHER[name]) != usual}
    assert changed == settings_of(recipe)
