"""Files that hold a tree of plain values and arrays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from ctre.errors import InvalidDataError
from ctre.tree_file import Branch, TreeFormat

FORMAT = TreeFormat("test-tree", "tree", version="1")

values = (
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text(max_size=9)
)
arrays = st.sampled_from(["?", "i1", "u2", "i4", "i8", "f4", "f8"]).flatmap(
    lambda dtype: st.lists(st.integers(0, 1), max_size=6).map(lambda x: np.array(x, dtype))
)
names = st.text(st.characters(codec="utf-8", exclude_characters=".$"), max_size=6)
trees = st.dictionaries(
    names,
    st.recursive(
        values | arrays,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def plain(value):
    """Give a tree in a form that ``==`` compares bit by bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return repr(value)  # nan is itself, and 1 is not True


@given(trees)
def test_a_tree_is_read_as_it_was_written(tmp_path_factory, tree):
    path = tmp_path_factory.getbasetemp() / "tree"
    path.write_bytes(FORMAT.encode(tree))
    content = FORMAT.read(path)
    assert plain(content.tree.values) == plain(tree)
    assert content.version == "1"


def test_numbers_of_numpy_are_numbers_and_arrays_any(tmp_path):
    wide = np.arange(12, dtype=np.float32).reshape(3, 4)
    tree = {"a": np.int64(3), "b": (1, np.float64(0.5)), "c": wide.T, "d": wide[::2, 1:]}
    (tmp_path / "tree").write_bytes(FORMAT.encode(tree))
    found = FORMAT.read(tmp_path / "tree").tree.values
    assert (found["a"], found["b"]) == (3, [1, 0.5])
    np.testing.assert_array_equal(found["c"], wide.T)
    np.testing.assert_array_equal(found["d"], wide[::2, 1:])


def test_what_no_file_can_hold():
    with pytest.raises(TypeError, match="not JSON serializable"):
        FORMAT.encode({"a": object()})


@pytest.fixture
def whole(tmp_path):
    tree = {"a": np.arange(40, dtype=np.float32), "b": [1, "two"], "c": {"d": np.zeros(0)}}
    path = tmp_path / "tree"
    path.write_bytes(FORMAT.encode(tree))
    return path


def test_every_part_of_a_file_is_refused(whole):
    data = whole.read_bytes()
    for length in range(len(data)):
        whole.write_bytes(data[:length])
        with pytest.raises(InvalidDataError, match="cannot be used as a tree"):
            FORMAT.read(whole)
    whole.write_bytes(data + b"\0")
    with pytest.raises(InvalidDataError, match="cannot be used as a tree"):
        FORMAT.read(whole)


def test_every_bit_counts(whole):
    """Each bit of the file is turned; what is read then is what was written, or nothing is."""
    data = whole.read_bytes()
    original = plain(FORMAT.read(whole).tree.values)
    n_read = 0
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        whole.write_bytes(changed)
        try:
            content = FORMAT.read(whole)
        except InvalidDataError:
            continue
        n_read += 1
        assert plain(content.tree.values) == original
    assert n_read < 20  # blanks


def header_of(header, rest=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rest


GOOD = {"__metadata__": {"format": "test-tree", "format_version": "1", "tree": "{}"}}


@pytest.mark.parametrize(
    "data",
    [
        (2**63 - 1).to_bytes(8, "little"),
        (2**40).to_bytes(8, "little") + b"{}",
        header_of(b"[" * 100_000),
        header_of(b"\xff\xfe"),
        header_of({"a": {"dtype": "F32", "shape": [2**62], "data_offsets": [0, 2**63]}}),
        header_of(
            {"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}, b"1234"
        ),
        header_of({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"1234"),
        header_of({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, b"1234"),
        header_of({"a": {"dtype": "X9", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        header_of(GOOD | {"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
        header_of(
            GOOD | {"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}, b"1234"
        ),
        header_of({"__metadata__": {"format": 3}}),
        header_of(GOOD),
    ],
)
def test_forged_headers(tmp_path, data):
    path = tmp_path / "tree"
    path.write_bytes(data)
    with pytest.raises(InvalidDataError, match=r"tree' cannot be used as a tree: .*[^.]\.$"):
        FORMAT.read(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", "null", "[" * 100_000, '{"a": {"$array": "b"}}',
             '{"a": {"$array": ["x"]}}', '{"a": ' + "9" * 5000 + "}"]
)  # fmt: skip
def test_forged_trees(tmp_path, text):
    old = TreeFormat("test-tree", "tree", version="2", older=("1",))  # which has no checksum
    metadata = {"format": "test-tree", "format_version": "1", "tree": text}
    save_file({"a": np.zeros(3)}, tmp_path / "tree", metadata)
    with pytest.raises(InvalidDataError, match="tree' cannot be used as a tree: "):
        old.read(tmp_path / "tree")


def test_a_place_that_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        FORMAT.read(tmp_path / "nothing")
    with pytest.raises(InvalidDataError, match="is no file"):
        FORMAT.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_and_a_device_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(InvalidDataError, match="is no file"):
            FORMAT.read(path)


BRANCH = Branch(
    {"n": 3, "x": 0.5, "yes": True, "text": "a", "texts": ["a", "b"], "array": np.zeros(3)}, "here"
)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: BRANCH.value("no"), "here.no is missing"),
        (lambda: BRANCH.branch("n"), "here.n must be an object"),
        (lambda: BRANCH.branches("texts"), "here.texts.0 must be an object"),
        (lambda: BRANCH.sequence("n"), "here.n must be a list, got 3"),
        (lambda: BRANCH.sequence("texts", 3), r"here.texts must be a list of 3, got \['a', 'b'\]"),
        (lambda: BRANCH.integer("x", 0), "here.x must be an integer of at least 0, got 0.5"),
        (lambda: BRANCH.integer("yes", 0), "here.yes must be an integer of at least 0, got True"),
        (lambda: BRANCH.integer("n", 4), "here.n must be an integer of at least 4, got 3"),
        (lambda: BRANCH.integer("n", 0, 2), "here.n must be an integer in .0, 2., got 3"),
        (lambda: BRANCH.number("text"), "here.text must be a number, got 'a'"),
        (lambda: BRANCH.boolean("n"), "here.n must be true or false, got 3"),
        (lambda: BRANCH.text("n"), "here.n must be text, got 3"),
        (lambda: BRANCH.texts("texts", 1), "here.texts must be a list of 1"),
        (lambda: BRANCH.choice("text", ("b", "c")), "here.text must be one of 'b', 'c', got 'a'"),
        (lambda: BRANCH.choice("texts", ("b",)), "here.texts must be one of 'b'"),
        (lambda: BRANCH.array("n", "f8", (3,)), r"here.n must be an array, float64 of shape"),
        (
            lambda: BRANCH.array("array", "f4", (3,)),
            r"must be float32 of shape \(3,\), got float64",
        ),
        (
            lambda: BRANCH.array("array", ("i4", "f8"), (3, 1)),
            r"int32 or float64 of shape \(3, 1\)",
        ),
        (lambda: BRANCH.arrays("texts", 2, "f8", (3,)), "here.texts.0 must be an array"),
        (lambda: Branch([]), "its description must be an object"),
    ],
)
def test_nothing_is_believed(ask, words):
    with pytest.raises(InvalidDataError, match=words):
        ask()


def test_an_array_is_the_readers_own():
    """Weights are trained in place. Planted mistake: the file's own array is handed out."""
    array = BRANCH.array("array", "f8", (3,))
    array[:] = 1
    assert BRANCH.values["array"].tolist() == [0, 0, 0]
