"""The location and use of a bucket, as one address that a person can write.

    https://objects.example:9000/first-copy?region=us-east-1&lock=required&days=90&ca=/etc/amana/ca.pem

| option | default | |
| --- | --- | --- |
| `region` | `us-east-1` | what requests are signed for |
| `style` | `path` | `host`: the bucket's name is in the host's name |
| `lock` | `wanted` | `required`: refuse a bucket that is not write-once |
| `days` | 90 | how long an object is locked when it is written or renewed |
| `ca` | the system's | PEM file of the authority that signed the server's certificate |
| `plain` | `loopback` | `allowed`: `http://` to other machines too |

The address never contains credentials: they have their own file (`vault.stores.s3_credentials`).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_OPTIONS = frozenset({"region", "style", "lock", "days", "ca", "plain"})
_SHORTEST, _LONGEST = 7, 3650
"""Days: a lock must outlast some days without renewal; and it cannot be revoked, so a typing
error must not last for a century."""


@dataclass(frozen=True)
class Bucket:
    """One bucket of one server, for one user."""

    host: str
    """With its port, if that is not the scheme's default."""
    name: str
    credentials: Path
    secure: bool = True
    """Whether over TLS."""
    region: str = "us-east-1"
    host_style: bool = False
    lock_required: bool = False
    retention: timedelta = timedelta(days=90)
    """How long an object is locked after it is written or renewed."""
    authority: Path | None = None
    """PEM file; None: the authorities that this system trusts."""
    connect_within: float = 3.0
    """Seconds."""
    answer_within: float = 15.0
    """Seconds that the server may stay silent within one request."""

    @property
    def renew_below(self) -> timedelta:
        """A lock that ends sooner than this from now is renewed: 83 of 90 days, so weekly."""
        return self.retention * 83 / 90

    @property
    def place(self) -> str:
        """The bucket and its server, for people and logs."""
        return f"bucket {self.name} at {self.host}"

    @classmethod
    def parse(cls, address: str, credentials: Path) -> Bucket:
        """Parse `address`. Raises `ValueError` with a message that names the error."""
        parts = urlsplit(address)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        options = dict(pairs)
        if len(pairs) != len(options) or not options.keys() <= _OPTIONS:
            raise ValueError(f"options are {', '.join(sorted(_OPTIONS))}, each once")
        if "@" in parts.netloc:
            raise ValueError("credentials belong into a file of their own, not into the address")
        name = parts.path.strip("/")
        if (
            parts.scheme not in ("http", "https")
            or parts.fragment
            or not _NAME.fullmatch(name)
            or ".." in name
        ):
            raise ValueError("a bucket is written https://HOST[:PORT]/BUCKET")
        host = parts.netloc.removesuffix(f":{parts.port}")  # which raises for an invalid port
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is no host")
        for option, allowed in (
            ("style", ("path", "host")),
            ("lock", ("wanted", "required")),
            ("plain", ("loopback", "allowed")),
        ):
            if options.get(option, allowed[0]) not in allowed:
                raise ValueError(f"{option} is {' or '.join(allowed)}")
        if parts.scheme == "http" and options.get("plain") != "allowed" and not _is_loopback(host):
            raise ValueError("http:// only to this machine itself; elsewhere https:// (or plain=allowed)")
        if not _REGION.fullmatch(region := options.get("region", "us-east-1")):
            raise ValueError("region is a code such as us-east-1")
        days = options.get("days", "90")
        if not days.isascii() or not days.isdecimal() or not _SHORTEST <= int(days) <= _LONGEST:
            raise ValueError(f"days is a whole number from {_SHORTEST} to {_LONGEST}")
        return cls(
            parts.netloc,
            name,
            credentials,
            secure=parts.scheme == "https",
            region=region,
            host_style=options.get("style") == "host",
            lock_required=options.get("lock") == "required",
            retention=timedelta(days=int(days)),
            authority=Path(options["ca"]) if options.get("ca") else None,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
