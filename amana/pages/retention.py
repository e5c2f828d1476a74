"""The retention page of a case: retention period, legal holds, and destruction by two people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import personally
from casework import codes
from casework.access.permissions import Act, may
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, EvidenceState, Person
from casework.errors import Missing, Refused, WrongState
from casework.interviews import interviews
from casework.retention import destruction_certificates, disposal_requests, legal_holds, schedules
from casework.retention.schedules import RulesUnreadable
from casework.web.request import center_of, person_of
from player.papers import destruction_certificate

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
Code = Annotated[str, Form(max_length=64)]
CaseId = Annotated[str, Path(max_length=32)]


def _page_of(case_id: str) -> str:
    return f"/cases/{case_id}/keeping"


@router.get("/cases/{case_id}/keeping")
def show(request: Request, case_id: str) -> Response:
    """Show the retention page of a case: legal holds, retention periods and disposals."""
    center, person = center_of(request), person_of(request)
    case = cases.get(center, person, case_id)
    response: Response = request.app.state.templates.TemplateResponse(
        request, "keeping.html", {"case": case, **_told(center, person, case)}
    )
    return response


def _told(center: Center, person: Person, case: Case) -> dict[str, Any]:
    try:
        kept, types = schedules.of_case(center, case), schedules.rules(center).kinds
    except RulesUnreadable:
        kept, types = None, []
    found = disposal_requests.listed(center, person, case.id)
    pending = {told.disposal.item for told in found if told.state != "refused"}
    return {
        "holds": legal_holds.listed(center, person, case.id),
        "standings": legal_holds.standings(center, case.id),
        "reasons": codes.HOLDING,
        "endings": codes.LIFTING,
        "disposals": found,
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
                "day": f"{part.begins:%Y-%m-%d}",
                "safety": isinstance(part, interviews.Safety),
                "disposed": part.state is EvidenceState.DISPOSED,
            }
            for interview in interviews.of_case(center, person, case.id)
            for part in interviews.list_items(interview)
        ],
        "added": _added(center, person, case) if may(person, Act.KEEP_CASE) else [],
    }


def _added(center: Center, person: Person, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "number": one.number,
            "day": f"{one.sealed_at or one.opened_at:%Y-%m-%d}",
            "disposed": one.state is EvidenceState.DISPOSED,
        }
        for one in schedules.added(center, person, case.id)
    ]


def _is_free(center: Center, case: Case, item: str) -> bool:
    """Whether its destruction could be requested now: the form offers it."""
    with center.database() as session:
        try:
            disposal_requests.require_free(center, session, case, item)
        except WrongState:
            return False
        return True


@router.post("/cases/{case_id}/retention")
def set_retention(
    request: Request, case_id: CaseId, kind: Code, reference: Text, until: Code = ""
) -> Response:
    """Set type and retention date (`YYYY-MM-DD`, or empty) of a case, then return to its retention page."""
    date = _date(until) if until else None
    keep = partial(schedules.set_for, center_of(request), person_of(request), case_id)
    return personally(request, partial(keep, kind=kind, until=date, reference=reference), _page_of(case_id))


@router.post("/cases/{case_id}/holds")
def place_hold(request: Request, case_id: CaseId, reason: Code, reference: Text, text: Text = "") -> Response:
    """Place a legal hold over a case, then return to its retention page."""
    place = partial(legal_holds.place, center_of(request), person_of(request), case_id)
    return personally(
        request, partial(place, reason=reason, reference=reference, text=text), _page_of(case_id)
    )


@router.post("/cases/{case_id}/holds/{hold_id}/lift")
def lift_hold(request: Request, case_id: CaseId, hold_id: str, reason: Code, reference: Text) -> Response:
    """Lift a legal hold, then return to the retention page of its case."""
    lift = partial(legal_holds.lift, center_of(request), person_of(request), hold_id)
    return personally(request, partial(lift, reason=reason, reference=reference), _page_of(case_id))


@router.post("/cases/{case_id}/disposals")
def ask_for_disposal(
    request: Request, case_id: CaseId, item: Code, reason: Code, reference: Text, text: Text = ""
) -> Response:
    """Request the disposal of an item, then return to the retention page of its case."""
    ask = partial(disposal_requests.request, center_of(request), person_of(request), item)
    return personally(request, partial(ask, reason=reason, reference=reference, text=text), _page_of(case_id))


@router.post("/cases/{case_id}/disposals/{disposal_id}/approve")
def approve_disposal(request: Request, case_id: CaseId, disposal_id: str, reference: Text) -> Response:
    """Approve another person's disposal request, then return to the retention page of its case."""
    approve = partial(disposal_requests.approve, center_of(request), person_of(request), disposal_id)
    return personally(request, partial(approve, reference=reference), _page_of(case_id))


@router.post("/cases/{case_id}/disposals/{disposal_id}/refuse")
def refuse_disposal(
    request: Request, case_id: CaseId, disposal_id: str, reason: Code, reference: Text
) -> Response:
    """Refuse, withdraw or reverse a disposal, then return to the retention page of its case."""
    refuse = partial(disposal_requests.refuse, center_of(request), person_of(request), disposal_id)
    return personally(request, partial(refuse, reason=reason, reference=reference), _page_of(case_id))


@router.get("/cases/{case_id}/disposals/{disposal_id}/certificate.{kind}")
def certificate(request: Request, case_id: str, disposal_id: str, kind: str) -> Response:
    """Download the certificate of a disposal as `pdf` or `json`.

    Raises `Forbidden`, `Missing`, `WrongState` for a disposal that is not approved.
    """
    if kind not in ("pdf", "json"):
        raise Missing(f"no certificate as {kind[:16]}")
    center = center_of(request)
    certified = destruction_certificates.certified(center, person_of(request), disposal_id)
    if kind == "pdf":
        content, media = destruction_certificate.certificate(center, certified), "application/pdf"
    else:
        content, media = destruction_certificate.certificate_json(certified), "application/json"
    named = f'attachment; filename="destruction-{disposal_id}.{kind}"'
    return Response(
        content, media_type=media, headers={"content-disposition": named, "cache-control": "no-store"}
    )


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("that is no date") from None
