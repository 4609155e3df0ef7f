from __future__ import annotations

import pytest

from ctre.experiments import Store, carry_out
from ctre.experiments.estimate import Rates, by_information, measure_rates, predict, work_of

RATES = Rates(1e-9, 1e-10, 1e-9, 1e-10, 1e-7)


def test_rates_are_measured():
    assert all(0 < rate < 1e-3 for rate in measure_rates())


def test_work_grows_with_what_is_done(experiment_of, toy_facts):
    thin, _ = work_of(experiment_of(epsilon=1), toy_facts)
    thick, n_epochs = work_of(experiment_of(epsilon=3, max_iter=7), toy_facts)
    assert n_epochs == 7
    assert thick.sparse > 2 * thin.sparse > 0
    assert thick.pairs == thick.dense == 0
    full, _ = work_of(experiment_of("dense"), toy_facts)
    assert (full.sparse, full.changes) == (0, 0)
    assert full.dense > 0
    similar, _ = work_of(experiment_of("ctre-sim"), toy_facts)
    half, _ = work_of(experiment_of("ctre-seq-half", max_iter=100), toy_facts)
    assert similar.pairs > 0
    assert half.pairs == pytest.approx(similar.pairs / 2, rel=0.2)


def test_what_was_measured_corrects(experiment_of, toy_facts):
    facts = {toy_facts.fingerprint: toy_facts}
    done, same, alike, other = (
        experiment_of(), experiment_of(seed=5), experiment_of(epsilon=3), experiment_of("static"),
    )  # fmt: skip
    blind = predict([done, same, alike, other], facts, [], RATES)
    assert blind[done.key] == blind[same.key]
    with Store() as store:
        carry_out([done], store)
        (run,) = store.runs()
        taken = run.result.seconds.total
        taught = predict([same, alike, other], facts, [run], RATES)
    assert taught[same.key] == pytest.approx(taken)
    ratio = taken / blind[done.key]
    assert taught[alike.key] == pytest.approx(ratio * blind[alike.key])
    assert taught[other.key] == pytest.approx(ratio * blind[other.key])


def test_what_tells_most_an_hour_comes_first(experiment_of):
    """Planted: the order of the seeds, whatever they cost."""
    cheap = [experiment_of("set", seed) for seed in range(3)]
    dear = [experiment_of("dense", seed) for seed in range(3)]
    seconds = {one.key: 1.0 for one in cheap} | {one.key: 2.5 for one in dear}
    order = by_information([*dear, *cheap], seconds, [])
    assert order == [cheap[0], cheap[1], dear[0], cheap[2], dear[1], dear[2]]
    assert by_information([dear[1], cheap[0]], seconds, [dear[0]]) == [cheap[0], dear[1]]
    assert by_information([cheap[1], dear[0]], seconds, [cheap[0], cheap[2]])[0] == dear[0]
