from __future__ import annotations

import numpy as np

from ctre.datasets.store import content_digest, read_arrays, write_arrays

ROWS = {"X": np.arange(12, dtype=np.int16).reshape(4, 3), "y": np.array([0, 1, 0, 1], np.uint8)}


def digest(arrays, **options):
    return content_digest(arrays, ("X", "y"), **options)


def test_what_is_written_is_read(tmp_path):
    write_arrays(tmp_path / "a.npz", ROWS)
    specs = {name: (array.shape, array.dtype.name) for name, array in ROWS.items()}
    read = read_arrays(tmp_path / "a.npz", specs)
    assert all(np.array_equal(read[name], ROWS[name]) for name in ROWS)


def test_every_change_of_content_changes_the_digest():
    other_value = ROWS | {"X": ROWS["X"] + (np.arange(12).reshape(4, 3) == 7).astype(np.int16)}
    other_label = ROWS | {"y": ROWS["y"][::-1].copy()}
    other_dtype = ROWS | {"X": ROWS["X"].astype(np.int32)}
    other_shape = ROWS | {"X": ROWS["X"].reshape(3, 4)}
    digests = {digest(rows) for rows in (ROWS, other_value, other_label, other_dtype, other_shape)}
    assert len(digests) == 5


def test_the_layout_in_memory_does_not_count():
    fortran = ROWS | {"X": np.asfortranarray(ROWS["X"])}
    big_endian = ROWS | {"X": ROWS["X"].astype(">i2")}
    assert digest(ROWS) == digest(fortran) == digest(big_endian)


def test_minus_zero_is_zero():
    zeros = {"X": np.zeros((1, 2), np.float32), "y": np.zeros(1, np.uint8)}
    assert digest(zeros) == digest(zeros | {"X": -zeros["X"]})


def test_the_order_of_rows_counts_unless_told_otherwise():
    order = [2, 0, 3, 1]
    shuffled = {name: array[order] for name, array in ROWS.items()}
    assert digest(shuffled) != digest(ROWS)
    assert digest(shuffled, any_order=True) == digest(ROWS, any_order=True)
    mislabelled = shuffled | {"y": ROWS["y"]}
    assert digest(mislabelled, any_order=True) != digest(ROWS, any_order=True)
