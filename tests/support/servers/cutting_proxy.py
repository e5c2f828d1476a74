"""Between a browser and a service: passes bytes on, and cuts every connection at moments it is told.

A SOCKS5 server (RFC 1928, no authentication, CONNECT), so that the service is known by its own address on
both sides. What goes through is real, and so are the cuts: both ends are reset in the middle of what they
say, and for a while nobody gets through.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tests.support.patience import PATIENCE

_BLOCK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a reset (socket(7))."""
"""Seconds that a connection may be silent."""


@dataclass(frozen=True)
class Cut:
    """One cut, once so many bytes have gone to the service."""

    after: int
    lose: Literal["request", "answer"]
    """`request`: at once, in the middle of whatever is being sent. `answer`: before the next answer to a
    request for `path`: the service has done what was asked, and nobody hears of it."""
    path: bytes = b""


class CuttingProxy:
    """Makes these cuts, one after the other; `dark`: seconds without any connection after each."""

    def __init__(self, cuts: Sequence[Cut], dark: float = 1.5) -> None:
        self.made = 0
        """Cuts so far."""
        self.sent = 0
        """Bytes that browsers have sent through here."""
        self._cuts, self._dark = list(cuts), dark
        self._dark_until = 0.0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._reset_all()

    # --- inside ---------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        if time.monotonic() < self._dark_until:
            _reset(browser)
            return
        browser.settimeout(PATIENCE)
        try:
            service = socket.create_connection(_asked(browser), PATIENCE)
            browser.sendall(b"\x05\x00\x00\x01" + bytes(6))
        except (OSError, EOFError):
            _reset(browser)
            return
        with self._lock:
            self._open |= {browser, service}
        request = [b""]  # the line with which the newest request began
        back = threading.Thread(target=self._back, args=(service, browser, request), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while data := browser.recv(_BLOCK):
                if data.startswith((b"POST ", b"GET ")):  # nobody sends one before the last was answered
                    request[0] = data.partition(b"\r\n")[0]
                if self._due("request", b"", len(data)):
                    service.sendall(data[: len(data) // 2])
                    self._cut()
                service.sendall(data)
        with contextlib.suppress(OSError):
            service.shutdown(socket.SHUT_WR)
        back.join(PATIENCE)
        with self._lock:
            self._open -= {browser, service}
        _reset(browser)
        _reset(service)

    def _back(self, service: socket.socket, browser: socket.socket, request: list[bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := service.recv(_BLOCK):
                if self._due("answer", request[0], 0):
                    self._cut()
                browser.sendall(data)
        with contextlib.suppress(OSError):
            browser.shutdown(socket.SHUT_RDWR)

    def _due(self, lose: str, request: bytes, size: int) -> bool:
        with self._lock:
            self.sent += size
            cut = self._cuts[0] if self._cuts else None
            if cut is None or cut.lose != lose or self.sent < cut.after or cut.path not in request:
                return False
            del self._cuts[0]
            self.made += 1
            self._dark_until = time.monotonic() + self._dark
            return True

    def _cut(self) -> None:
        self._reset_all()
        raise ConnectionResetError

    def _reset_all(self) -> None:
        with self._lock:
            cut, self._open = self._open, set()
        for one in cut:
            _reset(one)


def _asked(browser: socket.socket) -> tuple[str, int]:
    """Where the browser wants to go (RFC 1928, sections 3 and 4)."""
    _, methods = _exactly(browser, 2)
    _exactly(browser, methods)
    browser.sendall(b"\x05\x00")
    _, _, _, kind = _exactly(browser, 4)
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, _exactly(browser, 4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, _exactly(browser, 16))
    else:
        host = _exactly(browser, _exactly(browser, 1)[0]).decode()
    return host, int.from_bytes(_exactly(browser, 2), "big")


def _exactly(browser: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = browser.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
    one.close()
