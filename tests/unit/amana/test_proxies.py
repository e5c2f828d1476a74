"""Behind a reverse proxy each browser has its own address, and nobody chooses theirs."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from amana.app import create_app
from amana.http.link_throttle import FAILURES_PER_MINUTE
from amana.http.proxies import FORWARDED, X_FORWARDED_FOR, BehindProxies
from amana.settings import SettingInvalid, Settings
from casework.center import Center

PROXY, SECOND_PROXY, STRANGER = "10.0.0.5", "2001:db8::5", "198.51.100.9"
HERE = "http://127.0.0.1:8420"


async def client(
    peer: str, *headers: tuple[str, str], header: str = X_FORWARDED_FOR, trusted: tuple[str, ...] = ()
) -> str:
    """The address that the application sees."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(message: Message) -> None:
        raise AssertionError("nothing is answered")

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "client": (peer, 1), "headers": raw}
    await BehindProxies(app, trusted or (PROXY, SECOND_PROXY), header)(scope, receive, send)
    return seen[0]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8:1::1", "2001:db8:1::1"),
        ("[2001:db8:1::1]:4711", "2001:db8:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("203.0.113.7, 192.0.2.1", "192.0.2.1"),  # what stands before is the browser's own claim
        (f"203.0.113.7, 192.0.2.1, {SECOND_PROXY}", "192.0.2.1"),
        (f"{PROXY}, {SECOND_PROXY}", PROXY),
        ("203.0.113.7, unknown", PROXY),
        ("203.0.113.7,", PROXY),
        ("", PROXY),
        ("192.0.2.1 or so", PROXY),
    ],
)
async def test_the_last_address_that_is_no_trusted_proxy_is_the_browsers(sent: str, seen: str) -> None:
    assert await client(PROXY, (X_FORWARDED_FOR, sent)) == seen


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("for=192.0.2.1", "192.0.2.1"),
        ("for=192.0.2.1;proto=https;by=10.0.0.5", "192.0.2.1"),
        ('proto=https; For="[2001:db8:1::1]:4711"', "2001:db8:1::1"),
        ('for=203.0.113.7, for="192.0.2.1"', "192.0.2.1"),
        (f'for=192.0.2.1, for="[{SECOND_PROXY}]"', "192.0.2.1"),
        ('for="203.0.113.7, for=203.0.113.8"', PROXY),  # one string, and no address
        ('for=203.0.113.7, host="a;for=203.0.113.8"', PROXY),
        ('for="a;for=203.0.113.8;b=, for="[2001:db8:1::1]"', "2001:db8:1::1"),  # the browser's own quote
        ('for="a, for="[2001:db8:1::1]:4711";proto=https', "2001:db8:1::1"),
        ('for=192.0.2.1;host="a, b;for=203.0.113.8;c"', "192.0.2.1"),
        (f'for=203.0.113.7, for="192.0.2.1, for="[{SECOND_PROXY}]"', SECOND_PROXY),
        ("for=203.0.113.7, for=_hidden", PROXY),
        ("for=203.0.113.7, for=unknown", PROXY),
        ("for=203.0.113.7, proto=https", PROXY),
        ("192.0.2.1", PROXY),
    ],
)
async def test_the_registered_header_is_read_where_the_proxies_set_it(sent: str, seen: str) -> None:
    assert await client(PROXY, (FORWARDED, sent), header=FORWARDED) == seen


async def test_lines_of_a_header_are_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (X_FORWARDED_FOR, "203.0.113.7"), (X_FORWARDED_FOR, "192.0.2.1")
    assert await client(PROXY, *lines) == "192.0.2.1"


async def test_the_header_that_the_proxies_do_not_set_passes_through_them_and_does_not_count() -> None:
    both = (X_FORWARDED_FOR, "192.0.2.1"), (FORWARDED, "for=203.0.113.7")
    assert await client(PROXY, *both) == "192.0.2.1"
    assert await client(PROXY, *both, header=FORWARDED) == "203.0.113.7"


async def test_nobody_but_a_trusted_proxy_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await client(STRANGER, (X_FORWARDED_FOR, "192.0.2.1")) == STRANGER
        assert (
            await client("127.0.0.1", (X_FORWARDED_FOR, "192.0.2.1"), trusted=("10.0.0.50",)) == "127.0.0.1"
        )
    assert "AMANA_TRUSTED_PROXIES" in caplog.text
    assert "192.0.2.1" not in caplog.text


async def test_a_proxy_is_known_in_either_spelling_of_its_address() -> None:
    assert await client(f"::ffff:{PROXY}", (X_FORWARDED_FOR, "192.0.2.1")) == "192.0.2.1"
    assert await client("2001:DB8:0::5", (X_FORWARDED_FOR, "192.0.2.1")) == "192.0.2.1"


def test_proxies_are_named_by_addresses_and_without_a_setting_there_are_none() -> None:
    assert Settings().trusted_proxies == ()
    for wrong in ("*", "proxy.example", "10.0.0.0/8"):
        with pytest.raises(SettingInvalid, match="AMANA_TRUSTED_PROXIES"):
            Settings(trusted_proxies=(wrong,))
    with pytest.raises(SettingInvalid, match="AMANA_PROXY_HEADER"):
        Settings(proxy_header="x-real-ip")


@pytest.mark.parametrize("trusted", [(PROXY,), ()])
async def test_one_visitor_who_guesses_links_does_not_slow_the_others_behind_the_proxy(
    center: Center, settings: Settings, trusted: tuple[str, ...]
) -> None:
    app = create_app(center, replace(settings, trusted_proxies=trusted))
    transport = httpx.ASGITransport(app=app, client=(PROXY, 1))

    async def guessed(visitor: str) -> int:
        headers = {"origin": HERE, X_FORWARDED_FOR: visitor}
        async with httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers) as browser:
            return (await browser.post("/sign-in", json={"token": "guessed"})).status_code

    for _ in range(FAILURES_PER_MINUTE):
        assert await guessed("192.0.2.1") == 403
    assert await guessed("192.0.2.1") == 429
    assert await guessed("192.0.2.2") == (403 if trusted else 429)
