from __future__ import annotations

import hashlib
import socket
import threading
from pathlib import Path

import pytest

from ctre.datasets.fetch import RemoteFile, download
from ctre.errors import DatasetError

BODY = bytes(range(256)) * 4096  # 1 MB, several chunks
SHA256 = hashlib.sha256(BODY).hexdigest()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def remote(server):
    server.files["a.bin"] = BODY
    return RemoteFile("a.bin", (server.url("a.bin"),), SHA256)


def test_brings_the_file_and_nothing_else(remote, tmp_path, pauses):
    assert download(remote, tmp_path).read_bytes() == BODY
    assert names_in(tmp_path) == ["a.bin"]
    assert pauses == []


def test_reports_progress_up_to_the_whole(remote, tmp_path):
    seen = []
    download(remote, tmp_path, on_progress=lambda *report: seen.append(report))
    assert seen[-1] == ("a.bin", len(BODY), len(BODY))
    assert [received for _, received, _ in seen] == sorted({received for _, received, _ in seen})
    assert len(seen) > 1


def test_tries_again_after_longer_and_longer_pauses(remote, server, tmp_path, pauses):
    server.faults["a.bin"] = [503, 500]
    assert download(remote, tmp_path).read_bytes() == BODY
    assert pauses == [1.0, 2.0]


@pytest.mark.usefixtures("pauses")
def test_gives_up_after_three_attempts_and_says_why(remote, server, tmp_path):
    server.faults["a.bin"] = [503, 503, 503, 503]
    with pytest.raises(DatasetError, match=r"a\.bin could not be downloaded.*HTTP 503"):
        download(remote, tmp_path)
    assert server.requests == ["a.bin"] * 3
    assert names_in(tmp_path) == []


def test_a_missing_file_is_not_asked_for_twice(server, tmp_path, pauses):
    gone = RemoteFile("gone", (server.url("gone"),), SHA256)
    with pytest.raises(DatasetError, match="HTTP 404"):
        download(gone, tmp_path)
    assert server.requests == ["gone"]
    assert pauses == []


@pytest.mark.usefixtures("pauses")
def test_what_breaks_off_is_fetched_again(remote, server, tmp_path):
    server.faults["a.bin"] = ["break off"]
    assert download(remote, tmp_path).read_bytes() == BODY
    assert len(server.requests) == 2


@pytest.mark.usefixtures("pauses")
def test_what_always_breaks_off_leaves_nothing(server, tmp_path):
    server.files["a.bin"] = BODY
    server.faults["a.bin"] = ["break off"] * 3
    unchecked = RemoteFile("a.bin", (server.url("a.bin"),))
    with pytest.raises(
        DatasetError, match=f"broke off after {len(BODY) // 2} of {len(BODY)} bytes"
    ):
        download(unchecked, tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("pauses")
def test_what_hangs_is_given_up(remote, server, tmp_path, monkeypatch):
    monkeypatch.setattr("ctre.datasets.fetch._TIMEOUT_SECONDS", 0.1)
    server.faults["a.bin"] = ["hang"] * 3
    with pytest.raises(DatasetError, match="timed out"):
        download(remote, tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("pauses")
def test_a_wrong_file_is_refused_with_both_checksums(remote, server, tmp_path):
    server.faults["a.bin"] = ["lie"]
    got = hashlib.sha256(BODY[::-1]).hexdigest()
    with pytest.raises(DatasetError, match=f"must be {SHA256}, got {got}"):
        download(remote, tmp_path)
    assert names_in(tmp_path) == []


def test_a_file_of_unknown_length_is_taken(remote, server, tmp_path):
    server.faults["a.bin"] = ["no length"]
    assert download(remote, tmp_path).read_bytes() == BODY


@pytest.mark.usefixtures("pauses")
def test_the_second_address_serves_where_the_first_lies(server, tmp_path):
    server.files |= {"first": BODY, "second": BODY}
    server.faults["first"] = ["lie"]
    twice = RemoteFile("a.bin", (server.url("first"), server.url("second")), SHA256)
    assert download(twice, tmp_path).read_bytes() == BODY
    assert server.requests == ["first", "second"]


@pytest.mark.usefixtures("pauses")
def test_offline_is_an_error_that_names_the_address(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed_port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{closed_port}/a.bin"
    with pytest.raises(DatasetError, match=rf"{url}: .*refused"):
        download(RemoteFile("a.bin", (url,), SHA256), tmp_path)
    assert names_in(tmp_path) == []


def test_ctrl_c_half_way_leaves_nothing(remote, tmp_path):
    def interrupt(*_):
        assert any(name.endswith(".part") for name in names_in(tmp_path))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(remote, tmp_path, on_progress=interrupt)
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("pauses")
def test_an_old_file_stays_until_the_new_one_is_whole(remote, server, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    server.faults["a.bin"] = ["lie"]
    with pytest.raises(DatasetError):
        download(remote, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"old"


def test_two_threads_may_fetch_the_same_file(remote, tmp_path):
    meet = threading.Barrier(2)
    fetched = []

    def fetch():
        meet.wait(10)
        fetched.append(download(remote, tmp_path).read_bytes() == BODY)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetched == [True, True]
    assert names_in(tmp_path) == ["a.bin"]
