"""Load time of the court page's scripts over a slow connection, in Chromium: as served, as one bundle, and of
the same page without scripts.

A proxy between browser and server delays bytes by half a round trip in each direction, and the first bytes of
a connection by one more round trip, as TCP's handshake does. It limits no rate. The server sends the page of
an exhibit with the service's own templates, headers and static files: over HTTP/1.1 without TLS, as the
service itself does, and over HTTP/2 with TLS, behind the deployed nginx.

The bundled page differs only in its script: the same code in one file, made by the bundler of verify.html,
compressed and cached for ever. The page without scripts shows what the browser needs for the rest: no script
runs sooner.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import posixpath
import re
import subprocess
import threading
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from player.package.script_bundle import bundle
from tests.support.media.made_media import camera
from tests.support.packages.made_recording import EVIDENCE, made_recording
from tests.support.packages.viewing_server import ViewingServer
from tests.support.servers.ceph import free_port
from tests.support.servers.chromium import start
from tests.support.servers.nginx import nginx

ROUND_TRIP = 0.040  # seconds
ENTRY = "exhibit/page.js"
MODULES, BUNDLED, BARE = f"/evidence/{EVIDENCE}", "/bundled", "/bare"
"""Paths of the three pages."""

_TAGS = re.compile(r'<link rel="modulepreload"[^>]*>\s*|<script[^>]* src=[^>]*></script>\s*')
_IMPORT = re.compile(r'^import \{ ([^{}]* as [^{}]*) \} from "([^"]*)";\n', re.MULTILINE)
"""An import that renames something, the only form that the bundler does not support."""
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable", "content-encoding": "gzip"}
_READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const scripts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"));
  return {
    scripts: scripts.length,
    requests: scripts.filter(({ transferSize }) => transferSize > 0).length,
    ready: (page.domContentLoadedEventStart - page.responseStart) / 1000,
    whole: (Math.max(...[page, ...scripts].map((one) => one.responseEnd)) - page.responseStart) / 1000,
    since: page.domContentLoadedEventStart / 1000,
  };
}"""

Load = dict[str, float]
"""`scripts`: modules that the page has loaded; `requests`: those of them requested from the server; `ready`:
seconds from the page's first bytes until its form can be used, that is, all modules that the page waits for
have run; `whole`: until all that is needed to open a recording has arrived; `since`: `ready`, counted from
navigation."""


def measure(folder: Path, rounds: int) -> dict[tuple[str, str], tuple[list[Load], list[Load]]]:
    """Measure the pages over both connections, alternately.

    Returns, by connection and path, the loads with an empty cache and those of a second visit.
    """
    found: dict[tuple[str, str], tuple[list[Load], list[Load]]] = {}
    with _Pages() as pages, sync_playwright() as playwright, contextlib.ExitStack() as stack:
        pages.view(made_recording({"wide": [camera(1)]}, []))
        port = free_port()
        certificate = stack.enter_context(nginx(folder, port, urlsplit(pages.address).port or 0))
        plain = stack.enter_context(_slow_line(urlsplit(pages.address).port or 0))
        secured = stack.enter_context(_slow_line(port))
        trust = f"--ignore-certificate-errors-spki-list={_key_digest(certificate)}"
        browser = start(playwright, [trust])
        lines = {"HTTP/1.1": f"http://localhost:{plain}", "HTTP/2": f"https://localhost:{secured}"}
        for number in range(rounds + 1):
            for line, address in lines.items():
                for path in (MODULES, BUNDLED, BARE):
                    first, again = _visit_twice(browser, address + path)
                    if number:  # the first round warms up the server
                        fresh, later = found.setdefault((line, path), ([], []))
                        fresh.append(first)
                        later.append(again)
        browser.close()
    return found


def _visit_twice(browser: Browser, address: str) -> tuple[Load, Load]:
    context = browser.new_context(locale="en")
    try:
        return _visit(context, address), _visit(context, address)
    finally:
        context.close()


def _visit(context: BrowserContext, address: str) -> Load:
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    found: Load = page.evaluate(_READ)
    page.close()
    return found


def _read_module(name: str) -> str:
    """Return a module's text; a renamed import becomes a variable of the imported module."""

    def taken(match: re.Match[str]) -> str:
        variable = re.sub(r"\W", "_", posixpath.normpath(posixpath.join(posixpath.dirname(name), match[2])))
        names = [one.partition(" as ") for one in match[1].split(", ")]
        plain = ", ".join(one for one, _, other in names if not other)
        lines = [f"const {other} = {variable}.{one};\n" for one, _, other in names if other]
        return f'import {{ {plain} }} from "{match[2]}";\n{"".join(lines)}'

    text = files("web").joinpath("static", *name.split("/")).read_text("utf-8")
    if name == ENTRY:  # the bundle contains what the page imports later
        text = text.replace('import("./opened.js")', "Promise.resolve({ openHere })")
        text = text.replace("\nimport", '\nimport { openHere } from "./opened.js";\nimport', 1)
    return _IMPORT.sub(taken, text)


class _Pages(ViewingServer):
    """The server of an exhibit's page, and of the same page with one bundled script, and with none."""

    def __init__(self) -> None:
        super().__init__()
        self._script = gzip.compress(bundle(ENTRY, _read_module).encode())

    def _app(self) -> Starlette:
        app = super()._app()
        app.router.routes[:0] = [
            Route(BUNDLED, self._bundled),
            Route(f"{BUNDLED}.js", self._bundle),
            Route(BARE, self._bare),
        ]
        return app

    async def _bundled(self, request: Request) -> Response:
        text = bytes((await self._page(request)).body).decode()
        tag = f'<script defer src="{BUNDLED}.js"></script></head>'
        return HTMLResponse(_TAGS.sub("", text).replace("</head>", tag, 1))

    async def _bare(self, request: Request) -> Response:
        text = bytes((await self._page(request)).body).decode()
        return HTMLResponse(_TAGS.sub("", text))

    async def _bundle(self, _: Request) -> Response:
        return Response(self._script, media_type="text/javascript", headers=_FOR_GOOD)


@contextlib.contextmanager
def _slow_line(port: int) -> Iterator[int]:
    """Forward connections to the port with a delay; yield the port that accepts them."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = loop.time()
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _late(reader, inner_writer, opened + ROUND_TRIP), _late(inner_reader, writer, opened)
        )

    async def start() -> asyncio.Server:
        return await asyncio.start_server(connect, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened: float) -> None:
    """Forward data half a round trip later, in order; data that arrived before `opened` counts from then."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        while content := await reader.read(65536):
            loop.call_at(max(loop.time(), opened) + ROUND_TRIP / 2, _write, writer, content)
    loop.call_at(max(loop.time(), opened) + ROUND_TRIP / 2 + 0.001, writer.close)


def _write(writer: asyncio.StreamWriter, content: bytes) -> None:
    if not writer.is_closing():
        writer.write(content)


def _key_digest(certificate: Path) -> str:
    """Return the digest of a certificate's key, with which Chromium trusts the certificate, and caches."""
    shown = ("openssl", "x509", "-in", str(certificate), "-noout", "-pubkey")
    key = subprocess.run(shown, check=True, capture_output=True).stdout
    der = subprocess.run(
        ("openssl", "pkey", "-pubin", "-outform", "DER"), check=True, input=key, capture_output=True
    )
    return base64.b64encode(sha256(der.stdout).digest()).decode()
