"""A mail server on loopback, which keeps what it is given."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from amana.mail import MailServer
from tests.support.patience import PATIENCE

USER, PASSWORD = "notices", "a password"


@dataclass
class ReceivedMail:
    """What arrived, and how the server behaves."""

    server: MailServer
    messages: list[EmailMessage] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Names by which clients introduced themselves."""
    refuses: bool = False

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, answers: Any) -> Any:
        session.host_name = name
        self.heard.append(name)
        return answers

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.refuses:
            return "554 refused"
        assert isinstance(envelope.content, bytes)
        made = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(made, EmailMessage) and envelope.rcpt_tos == [made["To"]]
        self.messages.append(made)
        return "250 OK"


def _certificate(folder: Path) -> Path:
    """A file with a key and a certificate of it for `localhost`, which is its own authority."""
    folder.mkdir()
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made, day = datetime.now(UTC), timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), made - day, made + day
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "certificate.pem"
    secret = key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(pem))
    return file


@contextmanager
def mail_server(folder: Path, *, tls: str = "smtps") -> Iterator[ReceivedMail]:
    """A server that takes one user. `tls`: `smtps`, `smtp` (STARTTLS), or `none`."""
    certificate = _certificate(folder)
    credentials = folder / "mail.credentials"
    credentials.touch(0o600)
    credentials.write_text(f"{USER}\n{PASSWORD}\n")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    received = ReceivedMail(MailServer("", 0, False, "", None, None))

    def protocol() -> SMTP:
        return SMTP(
            received,
            hostname="localhost",
            tls_context=context if tls == "smtp" else None,
            require_starttls=tls == "smtp",
            auth_required=tls == "smtp",
            auth_require_tls=tls == "smtp",  # the other has it from the first byte
            authenticator=lambda *given: AuthResult(
                success=(given[-1].login, given[-1].password) == (USER.encode(), PASSWORD.encode()),
                handled=False,
            ),
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = loop.create_server(protocol, "localhost", 0, ssl=context if tls == "smtps" else None)
    server = asyncio.run_coroutine_threadsafe(opening, loop).result(PATIENCE)
    received.server = MailServer.parse(
        f"{'smtps' if tls == 'smtps' else 'smtp'}://localhost:{server.sockets[0].getsockname()[1]}",
        "amana@center.example",
        credentials,
        certificate,
    )
    try:
        yield received
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
