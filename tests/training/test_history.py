from __future__ import annotations

import pytest

from ctre.training import EpochRecord, History


def record(epoch, score, n_connections=(8, 2)):
    return EpochRecord(
        epoch=epoch,
        learning_rate=0.1,
        drop_fraction=0.2,
        train_loss=1 / epoch,
        train_accuracy=0.5,
        validation_loss=None if score is None else 1.0,
        validation_score=score,
        stall=0,
        n_connections=n_connections,
        n_died=(0, 0),
        n_born=(0, 0),
        n_regrown=(0, 0),
        n_random=(0, 0),
        seconds_train=0.0,
        seconds_evolve=0.0,
        seconds_validate=0.0,
    )


def history_of(*scores):
    return History([record(epoch, score) for epoch, score in enumerate(scores, start=1)])


def test_it_is_a_sequence_of_records():
    history = history_of(0.5, 0.6, 0.7)
    assert len(history) == 3
    assert [r.epoch for r in history] == [1, 2, 3]
    assert history[-1].epoch == 3
    assert [r.epoch for r in history[1:]] == [2, 3]
    assert repr(history) == "History(3 epochs)"
    history.append(record(4, 0.1))
    assert history[3].epoch == 4


def test_a_column_is_one_field_of_every_record():
    assert history_of(0.5, 0.6).column("train_loss") == [1.0, 0.5]
    with pytest.raises(AttributeError, match="loss_train"):
        history_of(0.5).column("loss_train")


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([0.5], 1),
        ([0.5, 0.7, 0.6], 2),
        ([0.7, 0.7, 0.7], 1),
        ([0.1, 0.7, 0.7, 0.2], 2),
        ([0.0, 0.0], 1),
        ([-2.0, -1.0, -1.5], 2),
        ([-1.0, 0.0, 0.0], 2),
        ([None, None, None], 3),
    ],
)
def test_the_best_is_the_first_of_the_highest_scores_else_the_last(scores, best):
    """Planted: the last of equals, and 0 taken for no score."""
    assert history_of(*scores).best.epoch == best


def test_networks_that_are_still_too_large_are_not_the_best():
    history = History(
        [record(1, 0.9, (8, 8)), record(2, 0.8, (8, 2)), record(3, 0.5), record(4, 0.6)]
    )
    assert history.best.epoch == 2
    assert History([record(1, None, (8, 8)), record(2, None)]).best.epoch == 2


def test_a_record_cannot_be_changed():
    with pytest.raises(AttributeError, match="epoch"):
        record(1, 0.5).epoch = 2
