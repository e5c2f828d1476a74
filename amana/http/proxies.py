"""Whose request it is behind a reverse proxy: the address that a trusted proxy names.

Failures are counted, and challenges bounded, by the network of a client. A proxy names its client in a
header, which any client can send as well. So the header counts only from the addresses in
`AMANA_TRUSTED_PROXIES`, and only the one header that these proxies set (`AMANA_PROXY_HEADER`): what a browser
sends in the other would pass through them.

The header lists addresses in the order of travel, each proxy appending its peer. They are read from the end:
the first one that is no trusted proxy is the client, and what precedes it is that client's own claim, which
is not parsed: a quotation mark in it would change where later entries begin. If the list is unusable, the
client is the proxy that sent it.

Specification: RFC 7239 (`Forwarded`); `X-Forwarded-For` is its forerunner, without a specification.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Collection, Iterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

X_FORWARDED_FOR, FORWARDED = "x-forwarded-for", "forwarded"
HEADERS = (X_FORWARDED_FOR, FORWARDED)

_PAIR = r'[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;\\]+))[ \t]*(?:;|$)'
"""One pair of an entry of `Forwarded`; a quoted value may have any character (RFC 7239, section 4)."""
_ENTRY = re.compile(f"(?:{_PAIR})+")
MOST_READ = 4096
"""Maximum characters of a header that are read, from its end."""
_NODE = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")
"""An IP address, perhaps with a port (RFC 7239, section 6)."""

log = logging.getLogger(__name__)


class BehindProxies:
    """Puts the client's own address into each request that comes from a trusted proxy."""

    def __init__(self, app: ASGIApp, trusted: Collection[str], header: str) -> None:
        self._app = app
        self._trusted = frozenset(filter(None, map(_plain, trusted)))
        self._header = header
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http" and scope.get("client") is not None:
            named = Headers(scope=scope).getlist(self._header)
            if named and _plain(scope["client"][0]) in self._trusted:
                scope = {**scope, "client": (self._client(scope["client"][0], named), 0)}
            elif named and not self._warned:
                self._warned = True  # once: any client can send this header
                log.warning(
                    "%s came from an address that AMANA_TRUSTED_PROXIES does not list, and does not count",
                    self._header,
                )
        await self._app(scope, receive, send)

    def _client(self, peer: str, named: list[str]) -> str:
        client = peer
        for address in self._addresses(",".join(named)[-MOST_READ:]):
            if address is None:
                return client
            client = address
            if client not in self._trusted:
                break
        return client

    def _addresses(self, text: str) -> Iterator[str | None]:
        """Yield the addresses that the list names, the last one first."""
        if self._header == X_FORWARDED_FOR:
            yield from (_address(part.strip()) for part in reversed(text.split(",")))
            return
        yield from map(_for, _entries(text))


def _entries(text: str) -> Iterator[str]:
    """Yield the entries of a `Forwarded` header, from the end; an empty one, at last, for what is none."""
    end = comma = len(text)
    while comma >= 0:
        comma = text.rfind(",", 0, comma)
        entry = text[comma + 1 : end].strip()
        if _ENTRY.fullmatch(entry):  # else the comma may be in a quoted value
            yield entry
            end = comma
    if end >= 0:
        yield ""


def _for(entry: str) -> str | None:
    """Return the address that an entry names; None: it names none."""
    found = (quoted or plain for name, quoted, plain in re.findall(_PAIR, entry) if name.lower() == "for")
    return _address(next(found, ""))


def _address(node: str) -> str | None:
    """Return the address in a list's entry; None: it names none."""
    match = _NODE.fullmatch(node)
    return _plain(node if match is None else match[1] or match[2])


def _plain(address: str) -> str | None:
    """Return an IP address in one spelling, IPv4 as such; None: it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
