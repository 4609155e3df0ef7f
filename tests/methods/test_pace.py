from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generated_layers import kind_layer

from ctre.methods import GradualPruning, Share, Stage
from ctre.methods.schedules import linear
from ctre.topology import Topology


def evidence_of(n_connections, budget, progress):
    evidence = kind_layer(0).evidence({}, Stage(round(100 * progress), 100))
    topology = Topology.from_keys(20, 50, np.arange(n_connections))
    return replace(evidence, topology=topology, budget=budget)


@pytest.mark.parametrize(
    ("n_connections", "drop_fraction", "count"),
    [(400, 0.2, 80), (400, 0.0, 0), (900, 0.2, 100), (900, 1.0, 100), (1000, 0.5, 0), (4, 0.2, 0)],
)
def test_share_is_a_share_of_the_connections_with_room_to_grow(n_connections, drop_fraction, count):
    assert Share(drop_fraction).count(evidence_of(n_connections, 1, progress=0.5)) == count


@pytest.mark.parametrize(
    ("progress", "n_left"), [(0.25, 100 + 267), (0.5, 100 + 33), (0.74, 100), (0.75, 100), (1, 100)]
)
def test_gradual_pruning_follows_its_cubic_curve_to_the_budget(progress, n_left):
    """Zhu and Gupta's equation 1: 900 (1 - t)^3 above the budget, t the share of the way."""
    evidence = evidence_of(1000, budget=100, progress=progress)
    assert 1000 - GradualPruning().count(evidence) == n_left


def test_gradual_pruning_leaves_what_is_below_the_curve_alone():
    evidence = evidence_of(300, budget=100, progress=0.25)
    assert GradualPruning().count(evidence) == 0


def test_the_share_follows_its_schedule_from_the_beginning_of_the_step():
    """Planted: the share of training that is done at the end of the step."""
    pace = Share(0.4, linear)
    assert pace.drop_fraction(Stage(1, 4)) == 0.4
    assert pace.drop_fraction(Stage(4, 4)) == pytest.approx(0.1)
    assert pace.count(replace(evidence_of(400, 1, 0.5), stage=Stage(3, 4))) == 80
