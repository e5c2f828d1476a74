"""Whose request it is behind a reverse proxy: the address that a trusted proxy names.

Failures are counted, and challenges bounded, by the network of a client. A proxy names its client in a
header, which everybody else can send as well. So the header counts only from the addresses in
`AMANA_TRUSTED_PROXIES`, and only the one header that these proxies set (`AMANA_PROXY_HEADER`): what a browser
sends in the other would pass through them.

The header lists addresses in the order of travel, each proxy appending its peer. They are read from the end:
the first one that is no trusted proxy is the client, and what stands before it is that client's own claim.
Where the list says nothing usable, the client is the proxy that sent it.

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

_ELEMENTS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
"""Elements of a list, in which a quoted string may have a comma (RFC 9110, section 5.6)."""
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"\\]*)"|([^;"\s]+))\s*(?=;|$)', re.I)
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
                self._warned = True  # once: anybody can send this header
                log.warning(
                    "%s came from an address that AMANA_TRUSTED_PROXIES does not list, and does not count",
                    self._header,
                )
        await self._app(scope, receive, send)

    def _client(self, peer: str, named: list[str]) -> str:
        client = peer
        for address in reversed([*self._addresses(",".join(named))]):
            if address is None:
                return client
            client = address
            if client not in self._trusted:
                break
        return client

    def _addresses(self, text: str) -> Iterator[str | None]:
        if self._header == X_FORWARDED_FOR:
            yield from (_address(part.strip()) for part in text.split(","))
            return
        for element in _ELEMENTS.findall(text):
            found = _FOR.search(element.strip())
            yield None if found is None else _address(found[1] or found[2] or "")


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
