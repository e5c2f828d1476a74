"""Mail to the center's own mail server, over TLS: no message leaves in clear.

    smtps://HOST[:PORT]   TLS from the first byte (RFC 8314); port 465
    smtp://HOST[:PORT]    TLS by STARTTLS, which the server must offer (RFC 3207); port 587

The server's certificate is verified. Its name and this machine's are not in the message; RFC 5321, 5322.
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import ssl
import stat
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import urlsplit

WITHIN = 20.0
"""Seconds for each step of the exchange."""
log = logging.getLogger(__name__)
PORTS = {"smtps": 465, "smtp": 587}


class NotSent(Exception):  # named after the condition
    """The message did not reach the server, or was refused. `code`: `unreachable`, `no-tls`, `not-admitted`,
    `refused`, `credentials`, `unreadable`."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@dataclass(frozen=True)
class MailServer:
    """The server, and how it is reached."""

    host: str
    port: int
    tls_first: bool
    sender: str
    credentials: Path | None
    """File of two lines, user and password, mode 0600; None: it asks for none."""
    authorities: Path | None
    """PEM file with the authorities of its certificate; None: the system's."""

    @classmethod
    def parse(
        cls, address: str, sender: str, credentials: Path | None, authorities: Path | None
    ) -> MailServer:
        """Read an address as above. Raises `ValueError`."""
        parts = urlsplit(address)
        if (
            parts.scheme not in PORTS
            or not parts.hostname
            or parts.path
            or parts.query
            or "@" in parts.netloc
        ):
            raise ValueError("smtps://HOST[:PORT] or smtp://HOST[:PORT]")
        if (
            sender.count("@") != 1
            or not all(sender.split("@"))
            or not sender.isascii()
            or not sender.isprintable()
        ):
            raise ValueError("the sender is an e-mail address")
        port = parts.port or PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme == "smtps", sender, credentials, authorities)


def message(server: MailServer, to: str, subject: str, text: str) -> EmailMessage:
    """Return a message of a program (RFC 3834), with nothing of this machine in its headers."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = server.sender, to, subject
    made["Date"] = formatdate(usegmt=True)
    made["Message-ID"] = make_msgid(domain=_domain(server))
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made


def send(server: MailServer, mail: EmailMessage) -> None:
    """Send a message to the server. Raises `NotSent`.

    A connection that is lost after the message was sent raises nothing: it may have arrived.
    """
    user = _credentials(server)
    try:
        context = ssl.create_default_context(cafile=server.authorities)
        connection = _connect(server, context)
    except (ssl.SSLError, smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as error:
        raise NotSent("no-tls", type(error).__name__) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent("unreachable", type(error).__name__) from error
    try:
        _hand_over(connection, user, mail)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def _hand_over(connection: smtplib.SMTP, user: tuple[str, str] | None, mail: EmailMessage) -> None:
    try:
        if user is not None:
            connection.login(*user)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent("not-admitted", type(error).__name__) from error
    try:
        connection.send_message(mail)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise NotSent("refused", type(error).__name__) from error
    except (OSError, smtplib.SMTPException) as error:
        log.info("whether a message arrived is not known: %s", type(error).__name__)


def _connect(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    name = _domain(server)  # the server need not know the name of this machine
    if server.tls_first:
        return smtplib.SMTP_SSL(server.host, server.port, name, timeout=WITHIN, context=context)
    connection = smtplib.SMTP(server.host, server.port, name, timeout=WITHIN)
    try:
        connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection


def _credentials(server: MailServer) -> tuple[str, str] | None:
    if server.credentials is None:
        return None
    try:
        if stat.S_IMODE(server.credentials.stat().st_mode) & 0o077:
            raise NotSent("credentials", f"{server.credentials} can be read by others: chmod 600")
        user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    except (OSError, ValueError) as error:
        raise NotSent("credentials", f"{server.credentials}: {type(error).__name__}") from error
    return user, password


def _domain(server: MailServer) -> str:
    return server.sender.partition("@")[2]
