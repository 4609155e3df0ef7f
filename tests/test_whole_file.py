from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from ctre.whole_file import whole_file, whole_files


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failing_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"new", "text where bytes must be"])
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "a"
    with whole_file(path) as first, whole_file(path) as second:
        second.write(b"second")
        first.write(b"first")
    assert path.read_bytes() == b"first"
    assert names_in(tmp_path) == ["a"]


@pytest.fixture
def events(monkeypatch):
    """What reached the disk, in order: a file's size or the folder, and names that were taken."""
    seen = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        status = os.fstat(descriptor)
        seen.append("folder" if stat.S_ISDIR(status.st_mode) else status.st_size)
        fsync(descriptor)

    def note_replace(part, path):
        seen.append(Path(path).name)
        replace(part, path)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    return seen


def test_a_file_is_on_the_disk_before_it_has_its_name(events, tmp_path):
    """Planted mistakes: the name first; bytes still in Python's buffer; the folder forgotten."""
    with whole_file(tmp_path / "a") as file:
        file.write(b"abc")
        assert events == []
    assert events == [3, "a", "folder"]


def test_all_are_on_the_disk_before_the_first_has_its_name(events, tmp_path):
    """Planted mistake: each takes its name as soon as it is written."""
    with whole_files([tmp_path / "a", tmp_path / "b"]) as (first, second):
        second.write(b"four")
        first.write(b"abc")
    assert events == [3, 4, "a", "b", "folder"]
    assert (tmp_path / "b").read_bytes() == b"four"
    assert names_in(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(("function", "code"), [("open", errno.EACCES), ("fsync", errno.EINVAL)])
def test_folders_that_cannot_be_synced_are_left_alone(monkeypatch, tmp_path, function, code):
    real = getattr(os, function)

    def refuse_folders(place, *args):
        if stat.S_ISDIR(os.stat(place).st_mode):  # noqa: PTH116 - or a descriptor
            raise OSError(code, os.strerror(code))
        return real(place, *args)

    monkeypatch.setattr(os, function, refuse_folders)
    with whole_file(tmp_path / "a") as file:
        file.write(b"abc")
    assert (tmp_path / "a").read_bytes() == b"abc"


@pytest.mark.parametrize("n_bytes", [1, 100_000])  # written when it is closed, and at once
def test_a_full_disk_names_the_file(full_disk, tmp_path, n_bytes):
    """Planted mistake: the system's own error, which names none."""
    (tmp_path / "a").write_bytes(b"old")
    full_disk("a")
    with (
        pytest.raises(OSError, match="No space left") as caught,
        whole_file(tmp_path / "a") as file,
    ):
        file.write(b"x" * n_bytes)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_what_cannot_be_opened_or_replaced_is_named_as_the_caller_knows_it(tmp_path):
    (tmp_path / "folder").mkdir()
    for path, kind in [("folder", IsADirectoryError), ("no/a", FileNotFoundError)]:
        with pytest.raises(kind) as caught, whole_file(tmp_path / path):
            pass
        assert caught.value.filename == str(tmp_path / path)
        assert caught.value.filename2 is None
    assert names_in(tmp_path) == ["folder"]


def test_errors_of_the_block_are_its_own(tmp_path):
    """Planted mistake: a connection that breaks off while a download is written blames the file."""
    with pytest.raises(ConnectionResetError) as caught, whole_file(tmp_path / "a"):
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert caught.value.filename is None
