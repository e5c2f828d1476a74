"""Random tokens for links, cookies and readers; the database holds only their digests."""

from __future__ import annotations

import secrets
from hashlib import sha256


def new_token() -> str:
    """Return 256 random bits, as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_digest(token: str, *context: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal. `context`: what it is for, so that it fits nothing else.

    80 random bits or more need no salt and no slow hash.
    """
    return sha256("\0".join((*context, token)).encode()).hexdigest()
