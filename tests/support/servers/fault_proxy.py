"""Between a store and a real S3 server: passes everything on, but for the faults it is told to make.

What goes through is real, both ways; only what is named is wrong. To take a header out of a signed request
the proxy signs it anew, as a gateway in front of a cluster does.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from minio.time import utcnow

from tests.support.patience import PATIENCE
from tests.support.servers.ceph import User


class FaultProxy:
    """`fault(METHOD, WHAT)` makes the next request of that method go wrong; `always` makes all of them.

    WHAT: `500` and nothing is done; `500-but-done`; `not-done`, which is told as a success;
    `cut-off-but-done`, no answer at all; `lock-lost`, the object is written without its lock; `507`, `quota`:
    no space; `silence`, until `stop`; `page`, somebody else's page; `bytes-altered`, in what is read;
    `bytes-lost`, other bytes are kept than were sent;
    `skewed`, what is said to a clock that is wrong; `busy`; `slow`, passed on after `delay` seconds.
    """

    def __init__(self, port: int, user: User) -> None:
        self.upstream, self.user = port, user
        self.requests: list[str] = []
        self._faults: dict[str, deque[str]] = {}
        self._always: dict[str, str] = {}
        self.delay = 1.5
        self.made = 0
        """Faults made so far."""
        self.over = threading.Event()
        proxy = self

        class Handler(_Handler):
            faults = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def fault(self, method: str, what: str) -> None:
        self._faults.setdefault(method, deque()).append(what)

    def always(self, method: str, what: str | None) -> None:
        if what is None:
            self._always.pop(method, None)
        else:
            self._always[method] = what

    def next_fault(self, method: str) -> str | None:
        waiting = self._faults.get(method)
        fault = waiting.popleft() if waiting else self._always.get(method)
        self.made += fault is not None
        return fault

    def stop(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


_CODES = {"skewed": "RequestTimeTooSkewed", "quota": "QuotaExceeded", "busy": "SlowDown"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: FaultProxy

    def handle_any(self) -> None:
        proxy = self.faults
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy.requests.append(f"{self.command} {self.path}")
        fault = proxy.next_fault(self.command)
        if fault == "silence":
            proxy.over.wait(60)
            self.close_connection = True
        elif fault in ("500", "507"):
            self._answer(int(fault), {"content-type": "application/xml"}, b"")
        elif fault == "not-done":
            self._answer(200, {}, b"")
        elif fault == "page":
            self._answer(403, {"content-type": "text/html"}, b"<html>Sign in to this network</html>")
        elif fault in _CODES:
            told = f"<Error><Code>{_CODES[fault]}</Code></Error>".encode()
            self._answer(403, {"content-type": "application/xml"}, told)
        else:
            if fault == "slow":
                proxy.over.wait(proxy.delay)
            status, headers, answer = self._pass_on(body, fault)
            if fault == "cut-off-but-done":
                self.close_connection = True
            elif fault == "500-but-done":
                self._answer(500, {"content-type": "application/xml"}, b"")
            elif fault == "bytes-altered" and answer:
                self._answer(status, headers, bytes([answer[0] ^ 1]) + answer[1:])
            else:
                self._answer(status, headers, answer)

    def _pass_on(self, body: bytes, fault: str | None) -> tuple[int, dict[str, str], bytes]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if fault == "lock-lost":
            headers = {name: value for name, value in headers.items() if "object-lock" not in name}
            headers = self._signed_anew(headers)
        elif fault == "bytes-lost":
            body = bytes(len(body))
            headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
            headers = self._signed_anew(headers)
        upstream = http.client.HTTPConnection("127.0.0.1", self.faults.upstream, timeout=PATIENCE)
        try:
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            upstream.close()

    def _signed_anew(self, headers: dict[str, str]) -> dict[str, str]:
        user, date = self.faults.user, utcnow()
        del headers["authorization"]
        headers["x-amz-date"] = date.strftime("%Y%m%dT%H%M%SZ")
        signed = sign_v4_s3(
            method=self.command,
            url=urlsplit(f"http://{headers['host']}{self.path}"),
            region="us-east-1",
            headers={"Host" if name == "host" else name: value for name, value in headers.items()},
            credentials=Credentials(user.access_key, user.secret_key),
            content_sha256=headers["x-amz-content-sha256"],
            date=date,
        )
        return {name: str(value) for name, value in signed.items()}

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response_only(status)
            length = headers.get("Content-Length") if self.command == "HEAD" else None
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


for _method in ("GET", "PUT", "HEAD", "DELETE", "POST"):
    setattr(_Handler, f"do_{_method}", _Handler.handle_any)
