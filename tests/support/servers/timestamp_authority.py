"""A timestamp authority by other people: OpenSSL's `ts -reply`, behind HTTP on a loopback port.

It can also be away, and lie, in the ways an authority or whoever sits between can.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
[signer]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
[tsa]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
clock_precision_digits = 3
tsa_name = yes
ess_cert_id_chain = no
{certs}
"""


class OpensslAuthority:
    """Certificates under `folder`; "rsa" or "ec"; its signer's certificate lasts `days`.

    With an intermediate certificate, OpenSSL sends both in the order it likes, as some authorities do.
    """

    def __init__(
        self, folder: Path, kind: str = "ec", *, days: int = 3650, intermediate: bool = False, name: str = "A"
    ) -> None:
        folder.mkdir()
        self.folder, self._kind, self._name, self._intermediate = folder, kind, name, intermediate
        self._lock = threading.Lock()
        certs = f"certs = {folder}/intermediate.pem" if intermediate else ""
        self._write("ts.cnf", _CONFIG.format(folder=folder, certs=certs))
        self._write("serial", "01")
        self._key("root")
        self._run(
            f"req -x509 -new -key root.key -out root.pem -subj /CN=root-{name} -days 7300 "
            "-config ts.cnf -extensions root"
        )
        self._above = "root"
        if intermediate:
            self._key("intermediate")
            self._certify("intermediate", 7000)
            self._above = "intermediate"
        self.new_certificate(days)

    @property
    def anchor(self) -> bytes:
        """What the policy names it by."""
        root = x509.load_pem_x509_certificate((self.folder / "root.pem").read_bytes())
        return root.public_bytes(serialization.Encoding.DER)

    def new_certificate(self, days: int) -> None:
        """A new key and certificate to sign with, under the same root."""
        with self._lock:
            self._key("signer")
            self._certify("signer", days)

    def reply(self, query: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq."""
        with self._lock:
            (self.folder / "query").write_bytes(query)
            self._run("ts -reply -queryfile query -out reply -config ts.cnf -section tsa")
            return (self.folder / "reply").read_bytes()

    def query(self, data: bytes) -> bytes:
        """A TimeStampReq about something."""
        with self._lock:
            (self.folder / "asked").write_bytes(data)
            self._run("ts -query -data asked -sha512 -cert -out query")
            return (self.folder / "query").read_bytes()

    def accepts(self, response: bytes, data: bytes) -> bool:
        """Whether `openssl ts -verify` takes it."""
        (self.folder / "kept.tsr").write_bytes(response)
        (self.folder / "checkpoint.txt").write_bytes(data)
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-data", "checkpoint.txt", "-in", "kept.tsr", "-CAfile", "root.pem"],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr

    def _key(self, what: str) -> None:
        how = (
            "RSA -pkeyopt rsa_keygen_bits:2048"
            if self._kind == "rsa"
            else "EC -pkeyopt ec_paramgen_curve:P-256"
        )
        self._run(f"genpkey -algorithm {how} -out {what}.key")

    def _certify(self, what: str, days: int) -> None:
        above = "root" if what == "intermediate" else self._above
        self._run(f"req -new -key {what}.key -out {what}.csr -subj /CN={what}-{self._name} -config ts.cnf")
        self._run(
            f"x509 -req -in {what}.csr -CA {above}.pem -CAkey {above}.key -CAcreateserial -out {what}.pem "
            f"-days {days} -extfile ts.cnf -extensions {what}"
        )

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _run(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, capture_output=True, check=True)


class Served:
    """An authority at an address. `answer` makes a reply of a query; None: it breaks the connection off."""

    def __init__(self, authority: OpensslAuthority) -> None:
        self.authority = authority
        self.answer: Callable[[bytes], bytes] | None = authority.reply
        self.status = 200
        self.asked = 0

    def __enter__(self) -> Self:
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                served.asked += 1
                query = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["content-type"] == "application/timestamp-query"
                if served.answer is None:
                    self.close_connection = True
                    return
                reply = served.answer(query)
                self.send_response(served.status)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsr"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
