"""A person at the center, without a browser: the same requests that the pages make.

Used by the demonstration. It has the same access as people: it redeems a one-time link, stores a cookie, and
signs the connections of its cameras with its own device key.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Mapping
from html import unescape
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from amana.demo.device_key import DeviceKey, fingerprint_of

TIMEOUT = 70.0  # seconds: the center waits up to 60 seconds for a disk or a ledger


class RequestRefused(Exception):  # short for "turned away"
    """The service refused a request; the message is what it showed the person."""


class Visitor:
    """One signed-in person.

    Raises ``RequestRefused`` for every refusal, ``httpx.HTTPError`` without an answer.
    """

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(base_url=address, headers={"origin": address}, timeout=TIMEOUT)
        self._page = secrets.token_hex(8)
        self._device = DeviceKey()
        self._requests = itertools.count()

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @classmethod
    async def arrive(cls, link: str) -> Visitor:
        """Sign in with a one-time link, as printed or shown."""
        parts = urlsplit(link)
        visitor = cls(f"{parts.scheme}://{parts.netloc}")
        await visitor.post_json("/sign-in", token=parts.fragment)
        return visitor

    async def fill_in(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a page does; return the response, which may be a redirect."""
        return _accepted(await self._http.post(path, data=fields))

    async def post_json(self, path: str, **fields: Any) -> Mapping[str, Any]:
        """Send JSON as the pages' scripts do, with a new request number; return the response's JSON."""
        numbered = {"request": f"{self._page}-{next(self._requests)}", "page": self._page, **fields}
        answer = _accepted(await self._http.post(path, json=numbered))
        reply: Mapping[str, Any] = answer.json()
        return reply

    async def offer(self, interview: str, camera: str, sdp: str) -> str:
        """Offer a camera as the room page does, signed by this visitor's device; return the answer (SDP)."""
        challenge = await self.post_json(f"/interviews/{interview}/challenge")
        proof = self._device.prove(interview, camera, fingerprint_of(sdp), challenge)
        reply = await self.post_json(
            f"/interviews/{interview}/cameras/{camera}", sdp=sdp, proof=proof.to_json()
        )
        return str(reply["sdp"])

    async def look(self, path: str) -> Mapping[str, Any]:
        """Send a GET and return the response's JSON."""
        reply: Mapping[str, Any] = _accepted(await self._http.get(path)).json()
        return reply

    async def fetch(self, path: str) -> bytes:
        """Send a GET and return the response's bytes."""
        return _accepted(await self._http.get(path)).content

    # What people do, in the terms of the pages.

    async def invite(self, name: str, role: str) -> Visitor:
        """Add a person to the staff, and return a visitor signed in as that person, with their one-time
        link."""
        page = await self.fill_in("/staff", name=name, role=role)
        shown = re.search(r'value="([^"]*/sign-in#[^"]*)"', page.text)
        if shown is None:
            raise RequestRefused("the staff page shows no one-time link")
        return await Visitor.arrive(unescape(shown.group(1)))

    async def open_case(self) -> str:
        """Open a new case and return its id."""
        return _redirect_target(await self.fill_in("/cases"), "/cases/")

    async def record_consent(self, case: str, subject: str = "recording") -> None:
        """Record that the person consents, as the page *Consent* does."""
        sheet = {f"answer-{subject}": "given", "decided_by": "self", "form": "oral", "spoken": "ar"}
        await self.fill_in(f"/cases/{case}/consent", explained_by="Demonstration", **sheet)

    async def open_interview(self, case: str, **reply: str) -> str:
        """Open a new interview in a case and return its id."""
        return _redirect_target(await self.fill_in(f"/cases/{case}/interviews", **reply), "/interviews/")


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:
        return answer
    try:
        trouble = answer.json()["error"]
        raise RequestRefused(f"{trouble['what']} {trouble['meaning']} {trouble['todo']}")
    except (ValueError, KeyError, TypeError):
        raise RequestRefused(f"{answer.request.url.path} was answered with {answer.status_code}") from None


def _redirect_target(answer: httpx.Response, folder: str) -> str:
    path = urlsplit(str(answer.headers.get("location", ""))).path
    if not path.startswith(folder):
        raise RequestRefused(f"expected to be led to {folder}, was led to {path or 'nowhere'}")
    return path.removeprefix(folder).split("/")[0]
