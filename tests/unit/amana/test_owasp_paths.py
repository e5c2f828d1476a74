"""OWASP: path traversal. Every route with a given part in its address, and the folders of static files.

`httpx` would tidy up an address, as browsers do; here it goes to the application as it was written, which is
what a hostile program sends. Held elsewhere: names in a package that is checked (`chain_of_custody`), names
of files that are uploaded (`test_owasp_uploads`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from amana.http.page_files import page_files, statics
from amana.http.session_middleware import SESSION_COOKIE
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Person
from casework.witnesses import ledger_readers
from player.package.order_queue import FILES
from tests.support.centers.every_route import ROWS, Place, asker, routes

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

UP = (
    "..",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%252f..%252fetc%252fpasswd",
    "..%5c..%5c..%5cetc%5cpasswd",
    "..\\..\\..\\etc\\passwd",
    "....//....//etc/passwd",
    "..;/..;/etc/passwd",
    "%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "verify.html%00.txt",
    "%00",
    "%0d%0aSet-Cookie:%20a=b",
    "%ff%fe",
    "x" * 5000,
    "%27%20OR%201=1--",
    "%7b%7b7*7%7d%7d",
)

REFUSED = (400, 401, 403, 404, 405, 409, 422, 503)
NOTHING_THERE = {
    "GET /interviews/{interview}/safety/{evidence}": (
        b'{"records":0,"state":"gone","wanted":false,"settled":true,"until":null}'
    ),
    "POST /interviews/{interview}/safety/{evidence}/discard": b"{}",
}
"""To a room's page a safety recording that is not there is one that it need not keep."""


async def asked(app: FastAPI, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """Status, headers and body of a request whose path is just this, percent signs and all."""
    raw = path.encode()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"),
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8420),
        "state": {},
    }
    await app(scope, receive, send)
    said = "\n".join(f"{name.decode()}: {value.decode('latin-1')}" for name, value in sent[0]["headers"])
    return sent[0]["status"], said, b"".join(one.get("body", b"") for one in sent[1:])


def headers_of(browser: httpx.AsyncClient) -> dict[str, str]:
    cookie = f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"
    return {"host": "127.0.0.1:8420", "origin": "http://127.0.0.1:8420", "cookie": cookie}


@pytest.mark.starts
@pytest.mark.parametrize("by", ["whoever-may", pytest.param("both", marks=pytest.mark.repeats)])
async def test_nothing_in_an_address_leads_to_a_file(
    app: FastAPI,
    browser: httpx.AsyncClient,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    settings: Settings,
    by: str,
) -> None:
    """Each given part of each address in turn, the others being right: a quarter of the list by turns, or
    all. A file of the center's own lies where some of them would lead, and its content is looked for."""
    secret = b"what lies in the folder above"
    (settings.data / "verify.html").write_bytes(secret)
    walked = 0
    turns = itertools.count()
    for person in administrator, prosecutor:
        await sign_in(browser, person)
        headers = headers_of(browser)
        for name, method, path in routes(app):
            if by == "whoever-may" and person is not asker(ROWS[name], administrator, prosecutor):
                continue
            for part in re.findall(r"\{([^}]+)\}", path):
                for up in UP[next(turns) % 4 :: 4] if by == "whoever-may" else UP:
                    if ROWS[name].endless:
                        continue
                    other = path.replace(f"{{{part}}}", "\x01")
                    address = place.path(other).replace("\x01", up)
                    status, said, body = await asked(app, method, address, headers)
                    if status == 200 and part == "evidence":
                        assert body == NOTHING_THERE.get(name), (name, up, body[:200])
                        continue
                    guessed = status == 429 and "/give/" in name  # by no link, again and again
                    assert guessed or status in REFUSED, (name, part, up, status, body[:200])
                    assert status != 503 or "interviews" in name, (name, up)  # no recorder runs here
                    assert "a=b" not in said, (name, up)
                    assert secret not in body and b"root:" not in body, (name, up)
                    walked += 1
    assert walked > (250 if by == "whoever-may" else 2000)


async def test_static_files_are_those_of_the_pages_and_no_others(app: FastAPI) -> None:
    package = statics().parent
    outside = ("__init__.py", "../amana/app.py", "../casework/languages/ar.po")
    assert all((package / one).is_file() for one in outside)
    for folder in ("", "page/", f"{page_files().digest}/", f"{page_files().digest}/page/"):
        up = "../" * (1 + folder.count("/"))
        ways = [up, up.replace("/", "%2f"), up.replace(".", "%2e"), up.replace("/", "%5c")]
        above = [f"{way}{one}" for way in (*ways, up.replace("../", "....//")) for one in outside]
        absolute = [f"{slash}{package / one}" for slash in ("/", "%2f") for one in outside]
        for path in (*UP, *above, *absolute, "", ".", "./"):
            status, _, body = await asked(app, "GET", f"/static/{folder}{path}", {"host": "127.0.0.1:8420"})
            assert status in (400, 404, 405), (folder, path, status)
            assert b"import annotations" not in body
    for folder in ("", "..", "%2e%2e", "vault", "casework"):
        status, _, _ = await asked(app, "GET", f"/static/{folder}/page.css", {"host": "127.0.0.1:8420"})
        assert status == 404


async def test_a_reader_of_the_ledger_reads_tiles_and_nothing_else(
    app: FastAPI, center: Center, settings: Settings
) -> None:
    (settings.data / "entries").write_bytes(b"root:")
    token = ledger_readers.add(center, "court", entries=True)
    headers = {"host": "127.0.0.1:8420", "authorization": f"Bearer {token}"}
    assert (await asked(app, "GET", f"/ledger/tile/0/000.p/{center.ledger.size}", headers))[0] == 200
    for up in UP:
        for address in (f"/ledger/tile/{up}", f"/ledger/tile/entries/{up}", f"/ledger/tile/0/000.p/{up}"):
            status, said, body = await asked(app, "GET", address, headers)
            assert status in (404, 405), (address, status)
            assert "a=b" not in said and b"root:" not in body


def test_what_can_be_fetched_of_a_package_is_a_list_of_plain_names() -> None:
    assert FILES
    for name in FILES:
        assert Path(name).name == name and re.fullmatch(r"[A-Za-z.-]+", name), name
