"""The retention page of a case: retention period, legal holds, and destruction by two people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import Sign
from casework import codes
from casework.access.permissions import Act, may
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, EvidenceState, Person
from casework.errors import Missing, WrongState
from casework.interviews import interviews
from casework.retention import destruction_certificates, disposal_requests, legal_holds, schedules
from casework.retention.schedules import RulesUnreadable
from casework.specimens import listing
from casework.specimens.listing import Listed
from casework.web.request import MEDIA_TYPES, Caller, CaseId, Code, OurCenter, Text, day, download, page
from player.papers import destruction_certificate

router = APIRouter()


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/keeping"


@router.get("/cases/{case_id}/keeping")
def show(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the retention page of a case: legal holds, retention periods and disposals."""
    case = cases.get(center, person, case_id)
    return page(request, "keeping.html", case=case, **_facts(center, person, case))


def _facts(center: Center, person: Person, case: Case) -> dict[str, Any]:
    try:
        kept, rules = schedules.of_case(center, case), schedules.rules(center)
        types = {kind: rules.terms[kind] for kind in rules.kinds}
    except RulesUnreadable:
        kept, types = None, {}
    disposals = disposal_requests.listed(center, person, case.id)
    pending = {details.disposal.item for details in disposals if details.state != "refused"}
    return {
        "holds": legal_holds.listed(center, person, case.id),
        "standings": legal_holds.standings(center, case.id),
        "decided": legal_holds.last_decided(center, case.id),
        "reasons": codes.HOLDING,
        "endings": codes.LIFTING,
        "disposals": disposals,
        "disposal_codes": codes.DESTROYING,
        "refusals": codes.REFUSING,
        "free": [item for item in kept or () if item not in pending and _is_free(center, case, item)],
        "kept": kept,
        "types": types,
        "items": [
            {
                "id": part.evidence,
                "kind": "recording",
                "part": part.number,
                "day": f"{part.begins.astimezone():%Y-%m-%d}",
                "safety": isinstance(part, interviews.Safety),
                "disposed": part.state is EvidenceState.DISPOSED,
            }
            for interview in interviews.of_case(center, person, case.id)
            for part in interviews.list_items(interview)
        ],
        "added": _added(center, person, case) if may(person, Act.KEEP_CASE) else [],
        "specimens": _existing(center, person, case) if may(person, Act.HOLD_SPECIMENS) else [],
    }


def _added(center: Center, person: Person, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "number": one.number,
            "day": f"{(one.sealed_at or one.opened_at).astimezone():%Y-%m-%d}",
            "disposed": one.state is EvidenceState.DISPOSED,
        }
        for one in schedules.added(center, person, case.id)
    ]


def _existing(center: Center, person: Person, case: Case) -> list[Listed]:
    """Return the specimens of which no end is stated: objects, which no disposal of records reaches."""
    return [one for one in listing.of_case(center, person, case.id) if one.exists]


def _is_free(center: Center, case: Case, item: str) -> bool:
    """Return whether its destruction may be requested now, so that the form offers it."""
    with center.database() as session:
        try:
            disposal_requests.require_free(center, session, case, item)
        except WrongState:
            return False
        return True


@router.post("/cases/{case_id}/retention")
def set_retention(sign: Sign, case_id: CaseId, kind: Code, reference: Text, until: Code = "") -> Response:
    """Set type and retention date (`YYYY-MM-DD`, or empty) of a case, then return to its retention page."""
    date = day(until) if until else None
    return sign(_page_of(case_id), schedules.set_for, case_id, kind=kind, until=date, reference=reference)


@router.post("/cases/{case_id}/holds")
def place_hold(sign: Sign, case_id: CaseId, reason: Code, reference: Text, text: Text = "") -> Response:
    """Place a legal hold over a case, then return to its retention page."""
    place = legal_holds.place
    return sign(_page_of(case_id), place, case_id, reason=reason, reference=reference, text=text)


@router.post("/cases/{case_id}/holds/{hold_id}/lift")
def lift_hold(sign: Sign, case_id: CaseId, hold_id: str, reason: Code, reference: Text) -> Response:
    """Lift a legal hold, then return to the retention page of its case."""
    return sign(_page_of(case_id), legal_holds.lift, hold_id, reason=reason, reference=reference)


@router.post("/cases/{case_id}/disposals")
def ask_for_disposal(
    sign: Sign, case_id: CaseId, item: Code, reason: Code, reference: Text, text: Text = ""
) -> Response:
    """Request the disposal of an item, then return to the retention page of its case."""
    ask = disposal_requests.request
    return sign(_page_of(case_id), ask, item, reason=reason, reference=reference, text=text)


@router.post("/cases/{case_id}/disposals/{disposal_id}/approve")
def approve_disposal(sign: Sign, case_id: CaseId, disposal_id: str, reference: Text) -> Response:
    """Approve another person's disposal request, then return to the retention page of its case."""
    return sign(_page_of(case_id), disposal_requests.approve, disposal_id, reference=reference)


@router.post("/cases/{case_id}/disposals/{disposal_id}/refuse")
def refuse_disposal(sign: Sign, case_id: CaseId, disposal_id: str, reason: Code, reference: Text) -> Response:
    """Refuse, withdraw or reverse a disposal, then return to the retention page of its case."""
    refuse = disposal_requests.refuse
    return sign(_page_of(case_id), refuse, disposal_id, reason=reason, reference=reference)


@router.get("/cases/{case_id}/disposals/{disposal_id}/certificate.{kind}")
def certificate(center: OurCenter, person: Caller, case_id: str, disposal_id: str, kind: str) -> Response:
    """Download the certificate of a disposal as `pdf` or `json`.

    Raises `Forbidden`, `Missing`, `WrongState` for a disposal that is not approved.
    """
    if kind not in ("pdf", "json"):
        raise Missing(f"no certificate as {kind[:16]}")
    certified = destruction_certificates.certified(center, person, disposal_id)
    content: bytes | str
    if kind == "pdf":
        content = destruction_certificate.certificate(center, certified)
    else:
        content = destruction_certificate.certificate_json(certified)
    return download(f"destruction-{disposal_id}.{kind}", content, MEDIA_TYPES[kind])
