"""A browser that unlocks the vault, as the health page's script does."""

from __future__ import annotations

import base64

import httpx

from casework.center import Center
from vault.keyholders import unlocking


async def unlock(browser: httpx.AsyncClient, center: Center, typed: str) -> httpx.Response:
    """Fetch a key, seal what is typed to it, and post both."""
    return await browser.post("/vault/unlock", data=await sealed(browser, center, typed))


async def sealed(browser: httpx.AsyncClient, center: Center, typed: str) -> dict[str, str]:
    """The fields of the form, sealed to a fresh key."""
    answer = await browser.post("/vault/key")
    assert answer.status_code == 200, answer.text
    key = base64.b64decode(answer.json()["key"])
    return form(key, unlocking.seal(typed, key, center.keyholder.public_keys().vault))


def form(key: bytes, passphrase: bytes) -> dict[str, str]:
    """The fields of the form, of a key and what was sealed to it."""
    return {"key": base64.b64encode(key).decode(), "sealed": base64.b64encode(passphrase).decode()}
