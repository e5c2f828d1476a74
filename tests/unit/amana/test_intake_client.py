"""Sending files from the command line: what is refused on the sender's machine, and what ends by itself."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from amana.intake import client


class Elsewhere(BaseHTTPRequestHandler):
    """Something that is no center: the status in its path, and a page."""

    status = 301

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"<p")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/give#{'a' * 43}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "raised"), [(301, client.Refused), (404, client.Refused), (502, client.Cut)]
)
def test_a_page_of_something_else_is_final_and_one_of_a_gateway_is_a_cut(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch, status: int, raised: type[Exception]
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)
    with pytest.raises(raised):
        client.Center(elsewhere).ask("POST", "/give/uploads", b"{}")


def test_a_folder_that_cannot_be_read_is_an_error_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"1")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    assert [one.path.name for one in client.from_paths([tmp_path], {})] == ["film.mp4"]
    scandir = os.scandir

    def reading(path: str) -> object:  # as a damaged disc answers; root may read every folder
        if Path(path) == damaged:
            raise OSError(5, "Input/output error", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", reading)
    with pytest.raises(OSError, match="Input/output"):
        list(client.from_paths([tmp_path], {}))


@pytest.mark.parametrize("host", ["amana.example", "localhost.example", "192.0.2.7:8800", "[2001:db8::1]"])
def test_a_link_without_encryption_is_for_this_machine_alone(host: str) -> None:
    with pytest.raises(client.Refused, match="https://"):
        client.Center(f"http://{host}/give#{'a' * 43}")
    client.Center(f"https://{host}/give#{'a' * 43}")
    for here in ("localhost:8800", "127.0.0.1", "[::1]:8800"):
        client.Center(f"http://{here}/give#{'a' * 43}")


def test_a_receipt_that_exists_is_not_written_over(tmp_path: Path) -> None:
    file, receipt = tmp_path / "film.mp4", tmp_path / "receipt.txt"
    file.write_bytes(b"1")
    receipt.write_text("another receipt")
    parser = argparse.ArgumentParser()
    client.add_arguments(parser)
    link = f"http://127.0.0.1:9/give#{'a' * 43}"
    parsed = parser.parse_args([link, str(file), "--giver", "Person C", "--receipt", str(receipt)])
    with pytest.raises(client.Refused, match="exists already"):
        client.run(parsed)
    assert receipt.read_text() == "another receipt"


def test_pieces_grow_while_the_line_is_quick_and_shrink_where_it_is_slow() -> None:
    pace = client._Pace()
    sizes = []
    for seconds in (0.1, 0.1, 0.1, 0.1, 0.1, 10.0, 30.0, 30.0, *[60.0] * 9):
        sizes.append((pace.size // (256 * 1024), pace.together))
        pace.learn(seconds)
    growing = [(4, 1), (8, 1), (16, 1), (32, 1), (64, 2), (64, 2), (64, 2)]
    assert sizes == [*growing, (32, 1), (16, 1), (8, 1), (4, 1), (2, 1), *[(1, 1)] * 5]
