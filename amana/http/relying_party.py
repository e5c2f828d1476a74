"""The host for which passkeys are made, if they can be.

A passkey belongs to a host name. Browsers offer passkeys only to secure pages: `https://` with a name, or
`http://localhost`. An IP address is not a name. To an authenticator, a page at another of this machine's
names is another page.

Specification: W3C WebAuthn Level 2, section 5.1.2 (relying party identifier), section 13.4.9 (origins).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from amana.settings import Settings
from casework.errors import Refused

_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True)
class RelyingParty:
    """`id`: the host name, as in `credential.enrolled`. `origin`: the only origin of the pages."""

    id: str
    origin: str


def relying_party(settings: Settings) -> RelyingParty | None:
    """Return the relying party of the public address; None if no browser would make a passkey for it."""
    parts = urlsplit(settings.public_address)
    host = parts.hostname or ""
    if parts.scheme != "https" and host != "localhost":
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        port = "" if parts.port in (None, _USUAL[parts.scheme]) else f":{parts.port}"
        return RelyingParty(host, f"{parts.scheme}://{host}{port}")
    return None


class NoPasskeysHere(Refused):
    """The page has another origin than the one for which passkeys are made."""

    code = "no-passkeys-here"


def party_of(connection: HTTPConnection) -> RelyingParty:
    """Return the relying party of the requesting page. Raises `NoPasskeysHere`."""
    party = relying_party(connection.app.state.settings)
    if party is None or not is_own_origin(party, connection):
        raise NoPasskeysHere("another origin")
    return party


def is_own_origin(party: RelyingParty | None, connection: HTTPConnection) -> bool:
    """Return whether the request's page is of that origin: its passkeys can be used only there."""
    return party is not None and connection.headers.get("host", "") == party.origin.split("://", 1)[1]
