"""A running center in which there is something of everything, and somebody of every role, to look at pages.

Cases are worked on over HTTP; a film is sent for what cameras have to send (`filmed_room`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO

import httpx
from PIL import Image

from tests.support.centers.case_forms import (
    accept_grant,
    give_case,
    give_grant,
    given_grant,
    record_consent,
)
from tests.support.centers.filmed_room import record
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE, wait_until

NOBODY = "nobody"
COLLEAGUES = ("interviewer", "observer", "examiner", "social-worker", "advocate")
OTHERS = ("custodian", "monitoring", "defence", "court")
NAMES = {
    "administrator": "Administrator",
    "prosecutor": "A prosecutor",
    **{role: f"Person of {role}" for role in (*COLLEAGUES, *OTHERS)},
}
"""Of the people, by role."""
RECORDED = 2  # seconds


@dataclass
class PeopledCenter:
    """Who is there, and what addresses can name: for each name in them every id that there is."""

    running: RunningCenter
    people: dict[str, httpx.Client] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def make(cls, running: RunningCenter, seconds: float = RECORDED) -> PeopledCenter:
        """`seconds`: of what is recorded."""
        made = cls(running)
        made.people = {
            "prosecutor": running.prosecutor,
            "administrator": running.administrator,
            **{role: running.invite(NAMES[role], role) for role in (*COLLEAGUES, *OTHERS)},
            NOBODY: httpx.Client(base_url=running.address, timeout=PATIENCE),
        }
        running.administrator.post("/rooms", data={"code": "room-1", "name": "Room 1"}).raise_for_status()
        case, done = made._case()
        evidence = record(running, done, seconds)
        photographs, sets = made._photographs(case)
        received = made._received(case)
        record_of_examination, examination = made._examinations(case)
        specimens = made._specimens(case)
        going_on = made._interview(case, again="New matters only.")
        appointment = made._appointments(case)
        grants = made._grants(case, photographs[0])
        edits, redacted = made._redaction(done, evidence)
        films = made._films(done)
        kept, draft = made._transcripts(done, evidence)
        made._accept(kept)
        made._until_made(redacted)
        made._keeping(case, evidence)
        made.ids = {
            "appointment_id": [appointment],
            "case_id": [case],
            "derivative_id": [*films, kept, redacted],
            "draft_id": [draft],
            "exam_id": sets,
            "examination_id": [examination],
            "topic": ["interview"],
            "evidence_id": [evidence, *photographs, received, record_of_examination],
            "grant_id": grants,
            "list_id": [edits],
            "specimen_id": specimens,
            "interview_id": [done],
            "interview": [going_on],
        }
        return made

    def named_by(self, path: str) -> Iterator[str]:
        """This path of a route with ids that there are, each that there can be."""
        names = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        for chosen in itertools.product(*(self.ids.get(name, ["0" * 32]) for name in names)):
            filled = iter(chosen)
            yield re.sub(r"\{[^}]*\}", lambda _, filled=filled: next(filled), path)  # type: ignore[misc]

    def cookies(self, role: str, language: str) -> list[Mapping[str, str]]:
        """For the browser of somebody of this role."""
        chosen = {"name": "language", "value": language, "url": self.running.address}
        person = self.running.administrator if role == "administrator" else self.people[role]
        return [*self.running.cookies_of(person), chosen]

    def _send(self, role: str, path: str, fields: Mapping[str, object]) -> httpx.Response:
        return self.people[role].post(path, data=fields).raise_for_status()

    def _case(self) -> tuple[str, str]:
        case = str(self._send("prosecutor", "/cases", {}).url).rsplit("/", 1)[1]
        self._send("prosecutor", f"/cases/{case}/description", {"called": "Person A", "notes": "A note"})
        for role in COLLEAGUES:
            give_case(self.people["prosecutor"], f"/cases/{case}", NAMES[role])
        agreed = ("recording", "photographs", "share-court")
        record_consent(self.people["examiner"], f"/cases/{case}", "Person B", *agreed)
        return case, self._interview(case)

    def _interview(self, case: str, again: str = "") -> str:
        fields = {"purpose": "testimony", "room": "room-1", "place": "Room 1", "who": "Person C"}
        fields |= {"role": "interpreter", "wish": "The door stays open.", "again": again}
        answer = self._send("prosecutor", f"/cases/{case}/interviews", fields)
        return str(answer.url).split("/")[-2]

    def _appointments(self, case: str) -> str:
        """Two of the next day that need the room at the same time; the first one's id."""
        day = f"{datetime.now().astimezone() + timedelta(days=1):%Y-%m-%d}"
        fields = {"purpose": "supplementary", "room": "room-1", "day": day, "minutes": 90, "anyway": "true"}
        for clock in ("09:30", "10:30"):
            self._send("prosecutor", f"/cases/{case}/appointments", {**fields, "clock": clock})
        page = self.people["prosecutor"].get(f"/schedule?day={day}").raise_for_status().text
        return str(re.findall(r'"/appointments/(\w+)"', page)[0])

    def _photographs(self, case: str) -> tuple[list[str], list[str]]:
        """Two that are in a closed set and in an open one that follows it, and an intimate one that somebody
        asks for; their ids, and those of the sets, the open one first."""
        sets: list[str] = []
        sealed = []
        for seed in (1, 2):
            follows = {"follows": sets[-1]} if sets else {}
            opened = self._send("examiner", f"/cases/{case}/exams", {"figure": "woman", **follows})
            sets.append(str(opened.url).rsplit("/", 1)[1])
            sealed.append(self._upload(case, seed, exam=sets[-1], view="identifying"))
            injury = {"side": "front", "region": "right-chest", "x": 420, "y": 260, "term": "bruise"}
            noted = self.people["examiner"].post(
                f"/exams/{sets[-1]}/notes", json={"injuries": [injury | {"words": "oval, 30 mm"}]}
            )
            noted.raise_for_status()
        self._send("examiner", f"/exams/{sets[0]}/close", {})
        intimate = self._upload(case, 3, intimate=True, agreed=True)
        asked = {"purpose": "charging", "reason": "To compare."}
        self._send("examiner", f"/photographs/{intimate}/requests", asked)
        return [*sealed, intimate], sets[::-1]

    def _received(self, case: str) -> str:
        """A file from outside that two people gave; its id."""
        neighbour = {"source": "person", "giver": "Person D", "device": "A telephone"}
        police = {"source": "seizure", "giver": "Person E", "place": "A flat", "basis": "Order 14/2026"}
        [file] = {self._upload(case, 4, kind="received", origin=one) for one in (neighbour, police)}
        return file

    def _specimens(self, case: str) -> list[str]:
        """A kit that waits for its receipt, and a swab that the examiner has; their ids."""
        ids = []
        for kind, seal in (("kit", "K-1001"), ("swab", "S-1002")):
            fields = {"kind": kind, "seal": seal, "what": "dry", "storage": "cooled", "figure": "woman"}
            taken = self._send(
                "examiner", f"/cases/{case}/specimens", {**fields, "place": "front:left-forearm"}
            )
            ids.append(str(taken.url).rsplit("/", 1)[1])
        to = {"organisation": "one-stop-center", "role": "custodian", "hours": 24}
        self._send("examiner", f"/specimens/{ids[0]}/hand-over", {**to, "intact": "yes", "stored": "yes"})
        return ids

    def _examinations(self, case: str) -> tuple[str, str]:
        """A sealed record, and one that is filled in; their ids."""
        examiner, ids = self.people["examiner"], []
        values = {"began": "2026-11-24T20:15", "examiner": "Doctor D", "sex": "female", "arms": "findings"}
        values |= {"arms-described": "Oval, 30 mm.", "consent-explained": "yes", "self-harm": "no"}
        values |= {
            "consent-examination": "given",
            "safe": "yes",
            "specimens": "no",
            "consistency": "consistent",
        }
        for _ in range(2):
            begun = self._send("examiner", f"/cases/{case}/examinations", {"form": "adult-examination"})
            ids.append(str(begun.url).rsplit("/", 1)[1])
            filled = {"version": 0, "values": values}
            examiner.post(f"/examinations/{ids[-1]}/values", json=filled).raise_for_status()
        sealed = examiner.post(f"/examinations/{ids[0]}/seal", json={"version": 1}).raise_for_status()
        return str(sealed.json()["id"]), ids[1]

    def _upload(self, case: str, seed: int, **about: object) -> str:
        image, out = Image.linear_gradient("L").resize((640, 480)).rotate(20 * seed), BytesIO()
        image.save(out, "JPEG")
        data, examiner = out.getvalue(), self.people["examiner"]
        announced = {"kind": "photograph", "name": f"IMG_{seed}.JPG", "size": len(data)}
        announced |= {"digest": sha256(data).hexdigest(), **about}
        begun = examiner.post(f"/cases/{case}/uploads", json=announced).raise_for_status().json()
        examiner.post(f"/uploads/{begun['id']}/pieces?offset=0", content=data).raise_for_status()
        return str(examiner.post(f"/uploads/{begun['id']}/finish").raise_for_status().json()["id"])

    def _films(self, interview: str) -> list[str]:
        """A working copy that is made, and one that was cancelled."""
        fields = {"picture": "picture-in-picture:wide,close", "sound": "microphone", "purpose": "hearing"}
        address = f"/interviews/{interview}/derivatives"
        pages = [str(self._send("prosecutor", address, fields).url) for _ in range(2)]
        made, cancelled = (page.rsplit("/", 1)[1] for page in pages)
        self._send("prosecutor", f"/derivatives/{cancelled}/cancel", {})
        self._until_made(made)
        return [made, cancelled]

    def _until_made(self, derivative: str) -> None:
        address = f"/derivatives/{derivative}/progress"
        wait_until(lambda: self.people["prosecutor"].get(address).json()["state"] == "made", every=0.2)

    def _redaction(self, interview: str, evidence: str) -> tuple[str, str]:
        """A list of what is covered, and the redacted film that was ordered of it; nobody has reviewed it."""
        fields = {"picture": "one:wide", "sound": "microphone"}
        begun = self._send("prosecutor", f"/interviews/{interview}/redactions", fields)
        edits = str(begun.url).rsplit("/", 1)[1]
        address = f"/redactions/{edits}"
        listed = self.people["prosecutor"].get(f"{address}/edits").raise_for_status().json()
        box = {"x": 2000, "y": 2000, "width": 3000, "height": 4000}
        region = {
            "evidence": evidence,
            "picture": "wide",
            "shape": "ellipse",
            "cover": "pixelate",
            "path": [{"at": 0, **box}, {"at": 1_000_000, **box}],
        }
        changed = {"version": listed["version"], "edits": {**listed["edits"], "regions": [region]}}
        kept = self.people["prosecutor"].post(f"{address}/edits", json=changed).raise_for_status().json()
        ordered = self._send(
            "prosecutor", f"{address}/order", {"purpose": "hearing", "version": kept["version"]}
        )
        return edits, str(ordered.url).rsplit("/", 1)[1]

    def _transcripts(self, interview: str, evidence: str) -> tuple[str, str]:
        """One that is kept, and the draft of its translation."""
        client, address = self.people["prosecutor"], f"/interviews/{interview}/transcripts"

        def begin(language: str, **more: str) -> str:
            fields = {"part": evidence, "language": language, **more}
            return str(self._send("prosecutor", address, fields).url).rsplit("/", 1)[1]

        opened = client.post(f"/evidence/{evidence}/viewings", json={"purpose": "hearing"}).raise_for_status()
        writing = f"/viewings/{opened.json()['viewing']}/transcript-drafts/{begin('en')}"
        cue = {"begin": 0, "end": 1000, "speaker": "Person A", "text": "What was said."}
        client.post(writing, json={"version": 0, "cues": [cue]}).raise_for_status()
        told = client.post(f"{writing}/keep", json={"version": 1}).raise_for_status().json()
        kept = str(told["derivative"])
        return kept, begin("ar", translates=kept)

    def _accept(self, derivative: str) -> None:
        """A colleague opens it, and accepts it."""
        opened = self.people["interviewer"].post(
            f"/evidence/{derivative}/viewings", json={"purpose": "hearing"}
        )
        opened.raise_for_status()
        self._send("interviewer", f"/derivatives/{derivative}/check", {"accepted": "yes"})

    def _grants(self, case: str, photograph: str) -> list[str]:
        """To the judge, who accepts the conditions, and to the defence, which has not yet; their ids. And a
        photograph to the judge."""
        address, prosecutor = f"/cases/{case}", self.people["prosecutor"]
        about = {"purpose": "hearing", "agreement": "For this hearing only."}
        give_grant(prosecutor, address, NAMES["court"], **about)
        give_grant(prosecutor, address, NAMES["defence"], basis="court-order", reference="6/2076", **about)
        grants = [accept_grant(self.people["court"]), given_grant(self.people["defence"])]
        give_grant(prosecutor, address, NAMES["court"], extent="chosen", item=photograph, **about)
        accept_grant(self.people["court"])
        return grants

    def _keeping(self, case: str, evidence: str) -> None:
        self._send("custodian", f"/cases/{case}/holds", {"reason": "appeal", "reference": "4/2076"})
        self._send("custodian", f"/cases/{case}/retention", {"kind": "child", "reference": "5/2076"})
