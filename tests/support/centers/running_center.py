"""A whole center as `amana serve` runs it, with a prosecutor signed in."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext

from amana.settings import Settings
from amana.supervisor.supervisor_client import CommandChannel
from casework.people.confirmations import CONFIRMED_FOR
from tests.support.centers.case_forms import accept_grant, give_case, give_grant, record_consent
from tests.support.centers.command_line import amana
from tests.support.patience import PATIENCE, wait_until
from vault.spool.reader import SpoolReader

PHONE = 390  # CSS pixels


class RunningCenter:
    """Its address, its processes, and somebody's cookie."""

    def __init__(self, data: Path) -> None:
        self.settings = Settings(data=data)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "amana", "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._arrive()
        except BaseException:
            self.stop()  # or its processes would be left behind
            raise

    def _arrive(self) -> None:
        """Wait until it answers, and sign in."""
        said = ""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                break
        self.address = re.findall(r"answers at\s+(\S+)", said)[0]
        self._administrator = self._sign_in(said)
        self._confirmed = time.monotonic()
        self.prosecutor = self.invite("A prosecutor", "prosecutor")

    @property
    def administrator(self) -> httpx.Client:
        """Signed in some minutes ago at most: what an administrator does asks for that."""
        if time.monotonic() - self._confirmed > CONFIRMED_FOR.total_seconds() / 3:
            self._administrator = self._sign_in(self.link_of("Administrator"))
            self._confirmed = time.monotonic()
        return self._administrator

    def invite(self, name: str, role: str, organisation: str = "") -> httpx.Client:
        """Somebody new, signed in."""
        fields = {"name": name, "role": role, "organisation": organisation, "namesake": "true"}
        return self._sign_in(self.administrator.post("/staff", data=fields).text)

    def _sign_in(self, page: str) -> httpx.Client:
        link = _link(page)
        client = httpx.Client(
            base_url=self.address, headers={"origin": self.address}, timeout=PATIENCE, follow_redirects=True
        )
        client.post("/sign-in", json={"token": urlsplit(link).fragment}).raise_for_status()
        return client

    def sign_in_again(self) -> httpx.Client:
        """A second session of the prosecutor's, beside the first."""
        return self._sign_in(self.link_again())

    def link_again(self) -> str:
        """A one-time link for the prosecutor."""
        page = self.administrator.get("/staff").text
        person = re.findall(r"A prosecutor.*?/staff/([0-9a-f]{32})/link", page, re.DOTALL)[0]
        return _link(self.administrator.post(f"/staff/{person}/link").text)

    def link_of(self, name: str) -> str:
        """A one-time link for the one person of this name."""
        return _link(amana("link", "--data", str(self.settings.data), name).stdout)

    @property
    def cookies(self) -> list[dict[str, str]]:
        """For the prosecutor's browser."""
        return self.cookies_of(self.prosecutor)

    def cookies_of(self, client: httpx.Client) -> list[dict[str, str]]:
        return [
            {"name": one.name, "value": str(one.value), "url": self.address} for one in client.cookies.jar
        ]

    def invite_judge(self, interview: str, name: str = "A judge") -> list[dict[str, str]]:
        """A judge to whom the case of an interview is granted for deliberation, and who has undertaken what
        that asks for; cookies for the judge's browser."""
        judge = self.invite(name, "court")
        about = {"basis": "court-order", "reference": "order 7", "agreement": "For this deliberation only."}
        case = f"/cases/{self.case_of(interview)}"
        give_grant(self.prosecutor, case, name, purpose="deliberation", **about)
        accept_grant(judge)
        return self.cookies_of(judge)

    def invite_to(self, interview: str, name: str, role: str) -> list[dict[str, str]]:
        """Somebody to whom the prosecutor gives the case of an interview; cookies for their browser."""
        invited = self.invite(name, role)
        give_case(self.prosecutor, f"/cases/{self.case_of(interview)}", name)
        return self.cookies_of(invited)

    def open_interview(self, practice: bool = False, consent: bool = True) -> str:
        """A new case with consent to recording, and an interview; the interview's id."""
        case = str(self.prosecutor.post("/cases").url).rsplit("/", 1)[1]
        if consent:
            record_consent(self.prosecutor, f"/cases/{case}", "A colleague", "recording")
        fields = {"purpose": "testimony", "room": "room-1"} | ({"practice": "true"} if practice else {})
        console = str(self.prosecutor.post(f"/cases/{case}/interviews", data=fields).url)
        return console.split("/")[-2]

    def case_of(self, interview: str) -> str:
        """The id of its case."""
        page = self.prosecutor.get(f"/interviews/{interview}/console").text
        return str(re.findall(r"/cases/([0-9a-f]{32})", page)[0])

    def status(self, interview: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self.prosecutor.get(f"/interviews/{interview}/status").json()
        return told

    def live_records(self, interview: str) -> list[dict[str, Any]]:
        """The clear records of the part that is being recorded, as far as they are durable."""
        now = self.status(interview)["evidence"]
        answer = self.prosecutor.get(f"/interviews/{interview}/live/records", params={"evidence": now})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["records"]
        return found

    @property
    def processes(self) -> Mapping[str, Any]:
        """What the supervisor says of its processes."""
        return CommandChannel(self.settings.supervisor_socket).ask("processes")

    def pid(self, name: str, interview: str = "") -> int:
        """`web`, `keyholder`, or the recorder of an interview."""
        found = self.processes
        return int(found["recorders"][interview] if name == "recorder" else found[name]["pid"])

    def kill(self, name: str, interview: str = "") -> None:
        """`kill -9`, and no warning."""
        os.kill(self.pid(name, interview), signal.SIGKILL)

    def folder(self, evidence: str) -> Path:
        return SpoolReader(self.settings.spool, evidence).folder

    def index(self, evidence: str) -> list[dict[str, Any]]:
        """The clear records of a sealed part."""
        return [json.loads(line) for line in (self.folder(evidence) / "index").read_text().splitlines()]

    @property
    def second_copy(self) -> Path:
        """Where the second copy lies; while it is elsewhere, that store is away."""
        return self.settings.data / "second-copy"

    def carried(self, evidence: str) -> list[str]:
        """The objects of a part in the second copy, in the order in which they were carried there."""
        notes = (self.folder(evidence) / "copied" / "second-copy").read_text().splitlines()
        return [json.loads(note)[0].split("/", 2)[2] for note in notes]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)


def _link(page: str) -> str:
    """The one-time link that a page or a command shows."""
    return str(re.findall(r'[^\s"]+/sign-in#[^\s"]+', page)[0])


def record(center: RunningCenter, context: BrowserContext, interview: str, seconds: float) -> str:
    """At least so much of an interview, by console and room in one browser, sealed; the recording's id."""
    console, room = context.new_page(), context.new_page()
    console.goto(f"{center.address}/interviews/{interview}/console")
    room.goto(f"{center.address}/interviews/{interview}/room")
    room.select_option("#close-device", label="fake_device_2")
    console.wait_for_selector('#console[data-state="checked"][data-colour="green"]')
    console.click("#begin")
    console.wait_for_selector('#console[data-state="recording"]')
    wait_until(lambda: center.status(interview)["safe"] >= seconds * 1_000_000, every=0.3)
    evidence = str(center.status(interview)["evidence"])
    console.click("#stop")
    console.click("#stop-dialog .grave")
    console.wait_for_selector('#console[data-state="sealed"]')
    context.close()
    return evidence


def context_for(browser: Browser, center: RunningCenter, cookies: list[Any], language: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": PHONE, "height": 900})
    context.add_cookies([*cookies, {"name": "language", "value": language, "url": center.address}])
    return context
