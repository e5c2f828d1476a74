"""Cookies: no script reads them, and over TLS no other host can set them.

Served over TLS, each cookie is `Secure` and its name begins with `__Host-` (RFC 6265bis, section 4.1.3):
browsers then take it only from this very host, for all of its paths. So neither another host of the same
domain nor an attacker on its plain HTTP can put another session into a person's browser.

Without TLS, which is for loopback alone, names have no prefix and cookies are not `Secure` ([decision
0048](docs/decisions/0048-cookie-names.md) describes what browsers do).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

SameSite = Literal["lax", "strict"]


def cookie_of(connection: HTTPConnection, name: str) -> str:
    """Return the value of a cookie that was set with `set_cookie`; empty without one."""
    return connection.cookies.get(_name(connection, name), "")


def set_cookie(
    connection: HTTPConnection,
    response: Response,
    name: str,
    value: str,
    lifetime: timedelta,
    *,
    path: str = "/",
    samesite: SameSite = "strict",
) -> None:
    """Set a cookie that no script can read and, unless it is `lax`, no other site can send.

    `path`: to which it is sent without TLS.
    """
    secure = _secure(connection)
    response.set_cookie(
        _name(connection, name),
        value,
        max_age=int(lifetime.total_seconds()),
        path="/" if secure else path,
        httponly=True,
        samesite=samesite,
        secure=secure,
    )


def delete_cookie(connection: HTTPConnection, response: Response, name: str, *, path: str = "/") -> None:
    """Delete a cookie that was set with this `path`."""
    set_cookie(connection, response, name, "", timedelta(0), path=path)


def _name(connection: HTTPConnection, name: str) -> str:
    return f"__Host-{name}" if _secure(connection) else name


def _secure(connection: HTTPConnection) -> bool:
    app = connection.scope.get("app")  # missing if no application handled the request
    return app is not None and bool(app.state.secure)
