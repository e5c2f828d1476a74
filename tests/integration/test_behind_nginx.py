"""A real nginx with the project's own configuration in front of a running service: TLS, pages, events."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.centers.service import Service  # found by the line above
from tests.support.patience import PATIENCE
from tests.support.servers.ceph import free_port
from tests.support.servers.nginx import nginx

pytestmark = pytest.mark.slow


@dataclass
class Fronted:
    service: Service
    address: str
    authority: Path

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.address,
            verify=ssl.create_default_context(cafile=str(self.authority)),
            headers={"origin": self.address},
            timeout=PATIENCE,
        )


@pytest.fixture
async def fronted(tmp_path: Path) -> AsyncIterator[Fronted]:
    port = free_port()
    address = f"https://localhost:{port}"
    service = Service(tmp_path / "amana", {"AMANA_ADDRESS": address, "AMANA_TRUSTED_PROXIES": "127.0.0.1"})
    await service.start()
    (tmp_path / "nginx").mkdir()
    with nginx(tmp_path / "nginx", port, service.port) as certificate:
        yield Fronted(service, address, certificate)
    await service.stop()


@pytest.mark.alone  # it measures how long events take
async def test_people_come_over_tls_and_events_come_at_once(fronted: Fronted) -> None:
    async with fronted.browser() as browser:
        link = urlsplit(fronted.service.link)
        assert fronted.service.link.startswith(fronted.address)
        answer = await browser.post("/sign-in", json={"token": link.fragment})
        assert answer.status_code == 200
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]
        staff = await browser.post(
            "/staff", data={"name": "Prosecutor", "role": "prosecutor"}, follow_redirects=True
        )
        fragment = staff.text.split("/sign-in#", 1)[1].split('"', 1)[0]
        assert (await browser.post("/sign-in", json={"token": fragment})).status_code == 200
        compressed = {"accept-encoding": "gzip", "accept": "text/html"}
        page = await browser.get("/account", headers=compressed)
        assert page.status_code == 200
        assert "content-encoding" not in page.headers
        style = re.findall(r'rel="stylesheet" href="([^"]*)"', page.text)[0]
        assert (await browser.get(style, headers=compressed)).headers["content-encoding"] == "gzip"
        case = (await browser.post("/cases")).headers["location"]
        fields = {"purpose": "testimony", "room": "room-1"}
        console = (await browser.post(f"{case}/interviews", data=fields)).headers["location"]
        async with (
            asyncio.timeout(PATIENCE),
            browser.stream("GET", console.replace("console", "events")) as events,
        ):
            began, seen = time.monotonic(), 0
            async for line in events.aiter_lines():
                seen += line == "event: status"
                if seen == 3:
                    break
        assert time.monotonic() - began < 6.0, "at least one a second: nothing was held back"
        for path in ("/metrics", "/healthz"):
            assert (await browser.get(path)).status_code == 404


def test_of_a_request_that_nobody_answers_nothing_is_written_down(tmp_path: Path) -> None:
    port, interview = free_port(), "0123456789abcdef" * 2
    with nginx(tmp_path, port, free_port()) as certificate:
        trusted = ssl.create_default_context(cafile=str(certificate))
        answer = httpx.get(
            f"https://localhost:{port}/interviews/{interview}/console", verify=trusted, timeout=PATIENCE
        )
    assert answer.status_code == 502
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "error.log" in written
    assert not [path for path in written if interview.encode() in path.read_bytes()]
