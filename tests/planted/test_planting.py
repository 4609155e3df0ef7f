"""Whether the runner itself tells a mistake that is noticed from one that is not."""

from __future__ import annotations

import pytest
from planting import ROOT, Mistake, Outcome, copied_tree, plant, read_mistakes, run_python, see

TESTS = ("tests/methods/test_selection.py",)


def mistake(right, wrong, tests=TESTS):
    return Mistake("", "src/ctre/selection.py", right, wrong, tests)


@pytest.mark.parametrize(
    ("text", "is_planted"),
    [("a = 1\n", True), ("b = 1\n", False), ("a = 1\na = 1\n", False), (None, False)],
    ids=["once", "gone", "twice", "no file"],
)
def test_a_mistake_has_one_place(tmp_path, text, is_planted):
    """Planted: all places replaced, so that the list says less than it does."""
    path = tmp_path / "a.py"
    if text is not None:
        path.write_text(text)
    assert plant(Mistake("", "a.py", "a = 1", "a = 2", ()), tmp_path) is is_planted
    if text is not None:
        assert path.read_text() == ("a = 2\n" if is_planted else text)


def test_every_mistake_has_its_place_changes_something_and_has_a_test():
    mistakes = read_mistakes()
    assert len({one.why for one in mistakes}) == len(mistakes)
    for one in mistakes:
        assert (ROOT / one.file).read_text(encoding="utf-8").count(one.right) == 1, one.why
        assert one.right != one.wrong, one.why
        assert one.tests, one.why
        for test in one.tests:
            path, *rest = test.split("::")
            text = (ROOT / path).read_text(encoding="utf-8")
            assert all(f"def {name}(" in text for name in rest), test


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (mistake("if count == 0 or", "if"), Outcome.NOTICED),
        (mistake("NaN last.", "NaN comes last."), Outcome.NOT_NOTICED),
        (mistake("no such text", ""), Outcome.NOT_FOUND),
        (mistake("NaN last.", "NaN comes last.", ("tests/no_file.py",)), Outcome.NOT_RUN),
    ],
    ids=["noticed", "not noticed", "not found", "not run"],
)
def test_what_becomes_of_a_mistake(one, outcome):
    path = ROOT / one.file
    before = path.read_bytes()
    assert see(one)[0] is outcome
    assert path.read_bytes() == before


@pytest.mark.slow
def test_the_copy_is_imported_with_the_kernels_there_are():
    """Planted: the editable install left in place, whose import hook comes before all paths."""
    script = (
        "import importlib.util as u, ctre;"
        "print(ctre.__file__, u.find_spec('ctre.kernels._native') is not None)"
    )
    here = run_python(ROOT, "-c", script).stdout.split()
    with copied_tree() as copy:
        there = run_python(copy, "-c", script).stdout.split()
        assert there[0].startswith(str(copy))
    assert there[1] == here[1]
