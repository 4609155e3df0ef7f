"""A web server of our own, which fails, breaks off, hangs and lies on demand."""

from __future__ import annotations

import gzip
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class FileServer:
    """Serves ``files``; the next fault listed for a path spoils one answer."""

    def __init__(self):
        self.files = {}
        self.faults = {}
        self.requests = []
        self.released = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self._http.server_port}/{path}"

    def close(self):
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _make_handler(server):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.removeprefix("/")
                server.requests.append(path)
                faults = server.faults.get(path)
                fault = faults.pop(0) if faults else None
                if isinstance(fault, int):
                    self.send_error(fault)
                    return
                if path not in server.files:
                    self.send_error(404)
                    return
                body = server.files[path]
                self.send_response(200)
                if fault != "no length":
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if fault == "lie":
                    self.wfile.write(body[::-1])
                elif fault == "break off":
                    self.wfile.write(body[: len(body) // 2])
                elif fault == "hang":
                    self.wfile.write(body[: len(body) // 2])
                    server.released.wait(10)
                else:
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def pauses(monkeypatch):
    """Seconds that the code under test would have slept."""
    slept = []
    monkeypatch.setattr("ctre.datasets.fetch.time.sleep", slept.append)
    return slept


@pytest.fixture
def real_data_home():
    """The folder of the real data sets."""
    folder = os.environ.get("CTRE_DATA_HOME")
    if not folder or not Path(folder).is_dir():
        pytest.skip("CTRE_DATA_HOME names no folder, so the real data sets are not at hand")
    return Path(folder)


@pytest.fixture
def written(tmp_path):
    """Write text to a file, and return its path."""

    def write(text, name="a.csv"):
        path = tmp_path / name
        data = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write
