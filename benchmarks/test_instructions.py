"""What the instruction guard says of two sets of counts."""

import json

import instructions
import pytest


def test_growth_beyond_the_tolerance_is_told_with_both_counts():
    recorded, now = {"train": 1000, "predict": 50}, {"train": 1060, "predict": 52}
    (complaint,) = instructions.judge(recorded, now)
    assert complaint.startswith("train: 1,060 instructions, 6.0% more than the 1,000 recorded")


@pytest.mark.parametrize("now", [0, 500, 1000, 1050])
def test_less_and_a_little_more_pass(now):
    assert instructions.judge({"train": 1000}, {"train": now}) == []


def test_work_without_its_counterpart_fails():
    """Planted: a loop over what both sides know."""
    assert instructions.judge({"train": 1}, {}) == ["train: recorded, but no longer counted."]
    assert instructions.judge({}, {"train": 1}) == ["train: counted, but not recorded."]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Record a thousand instructions; give what runs the script when there are 1060."""
    record = tmp_path / "instructions.json"
    counts = {"compiler": "GCC 12.2.0", "valgrind": "3.19", "instructions": {"train": 1000}}
    record.write_text(json.dumps(counts))
    monkeypatch.setattr(instructions, "_RECORD", record)

    def count_with(compiler, *arguments):
        monkeypatch.setattr("sys.argv", ["instructions.py", *arguments])
        now = instructions.Counts(compiler, "3.19", {"train": 1060})
        monkeypatch.setattr(instructions, "count", lambda: now)
        return instructions.main()

    return count_with


def test_the_script_fails_on_growth(recorded, capsys):
    assert recorded("GCC 12.3.0") == 1
    assert "6.0% more" in capsys.readouterr().err


def test_another_compiler_is_not_judged_and_told_so(recorded, capsys):
    assert recorded("GCC 14.1.0") == 0
    out, err = capsys.readouterr()
    assert "NOT JUDGED: the record is of GCC 12.2.0, this is GCC 14.1.0" in out
    assert err == ""


def test_recording_makes_the_new_count_the_record(recorded):
    assert recorded("GCC 14.1.0", "--record") == 0
    assert recorded("GCC 14.1.0") == 0


def test_without_valgrind_it_fails_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(instructions.shutil, "which", lambda _: None)
    monkeypatch.setattr("sys.argv", ["instructions.py"])
    assert instructions.main() == 2
    assert capsys.readouterr().err == "Nothing was counted: valgrind is not installed.\n"
