"""The network of a client, for which requests are counted together, and its class in recordings.

`network` is used where one client could otherwise exceed a limit by changing its address: failures of
passwords (`sign_in_throttle`), pending challenges (`webauthn_challenges`).
"""

from __future__ import annotations

import ipaddress


def network(address: str) -> str:
    """Return the network whose requests are counted together: an IPv4 address, or the /64 of an IPv6 address.

    A client with one IPv6 address can use its whole /64 at will. Anything that is no address is `unknown`.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def network_class(address: str) -> str:
    """Return the class of a client's network: `this-machine`, `local` (private, link-local), `public`,
    `unknown`. A recording contains only this class (`chain_of_custody.items.sender`).
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return "this-machine"
    return "local" if parsed.is_private or parsed.is_link_local else "public"
