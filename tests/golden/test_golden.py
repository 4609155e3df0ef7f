"""Five epochs of every recipe give what they gave when they were recorded; see `record`."""

from __future__ import annotations

import json

import pytest
from record import FILE, ISAS, runs_on

from ctre.kernels import kernels

RECORDS = json.loads(FILE.read_text())["runs"]
needs_native = pytest.mark.skipif(
    "native" not in kernels().__name__, reason="records are of the native kernels"
)


@needs_native
@pytest.mark.parametrize("isa", [isa for isa in ISAS if isa in RECORDS])
def test_every_run_gives_what_was_recorded(isa):
    found = runs_on(isa)
    if found is None:
        pytest.skip(f"this processor does not have {isa}")
    recorded = RECORDS[isa]
    assert found.keys() == recorded.keys()
    for name, run in recorded.items():
        assert found[name] == run, name


@needs_native
def test_the_records_of_instruction_sets_agree_but_for_rounding():
    one, *others = RECORDS.values()
    for other in others:
        for name, run in one.items():
            assert other[name]["train_loss"] == pytest.approx(run["train_loss"], rel=0.05), name
