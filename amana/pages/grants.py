"""The pages of sharing: grants and packages of a prosecutor, acceptance by the receiver of a grant, and
receipts of courts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from amana.pages.signing import Sign
from casework.access.grants_in_force import ItemExtent
from casework.access.permissions import Act
from casework.cases import cases, consent
from casework.center import Center
from casework.clock import now
from casework.codes import PURPOSES
from casework.database.models import Person
from casework.errors import ExtentUnclear, Refused
from casework.evidence import court_receipts
from casework.grants import granted_working_copies, grants
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.people import people
from casework.photographs import photographs
from casework.reports import sharing
from casework.reports.sharing import SharedPackage
from casework.web.request import Caller, CaseId, Code, OurCenter, Text, day, page, see_other
from chain_of_custody.acknowledge import MAX_RECEIPT
from player.pages.packages import PackageOrders

router = APIRouter()

Agreement = Annotated[str, Form(max_length=4000)]

_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_DAY = timedelta(days=1)


@router.get("/cases/{case_id}/sharing")
def show(
    request: Request, center: OurCenter, person: Caller, orders: PackageOrders, case_id: CaseId
) -> Response:
    """Show what of a case was shared with whom: grants and packages in one list."""
    shared = sharing.of_case(center, person, case_id)
    items = _grantable(center, person, case_id)
    held = interviews.of_case(center, person, case_id)
    return page(
        request,
        "sharing.html",
        case=cases.get(center, person, case_id),
        shared=shared,
        names={
            one.id: one
            for one in people.by_id(center, {one.by for one in shared if isinstance(one, SharedPackage)})
        },
        following=orders.states(person),
        interview_ids={one.id for one in held},
        packable=[one for one in held if _is_sealed(interviews.list_parts(one))],
        shown={one.id: one for one in items["exhibits"]},
        made={one.id: one for one in items["copies"]},
        items={part.evidence: part for part in items["sealed"]},
        withdrawals=grants.WITHDRAWALS,
    )


@router.get("/cases/{case_id}/grants/new")
def new_grant(request: Request, center: OurCenter, person: Caller, case_id: CaseId) -> Response:
    """Show the form that gives a grant."""
    return page(
        request,
        "give_grant.html",
        case=cases.get(center, person, case_id, Act.GIVE_CASE),
        **_grantable(center, person, case_id),
        receivers=grants.receivers(center, person),
        consents=consent.consents_in_force(center, person, case_id),
        purposes=PURPOSES,
        today=f"{now().astimezone():%Y-%m-%d}",
    )


def _grantable(center: Center, person: Person, case_id: str) -> dict[str, Any]:
    """Return the items of a case that can be granted: sealed recordings, photographs and documents, working
    copies."""
    return {
        "sealed": [
            part
            for interview in interviews.of_case(center, person, case_id)
            for part in interviews.list_items(interview)
            if part.state.sealed
        ],
        "exhibits": photographs.exportable(center, person, case_id),
        "copies": granted_working_copies.grantable(center, person, case_id),
    }


def _is_sealed(parts: Sequence[Part]) -> bool:
    return bool(parts) and all(part.state.sealed for part in parts)


@router.post("/cases/{case_id}/grants")
def give(
    sign: Sign,
    center: OurCenter,
    by: Caller,
    case_id: CaseId,
    person: Code,
    purpose: Code,
    kind: Code = "view",
    basis: Code = "consent",
    since: Code = "",
    until: Code = "",
    agreement: Agreement = "",
    reason: Text = "",
    reference: Text = "",
    extent: Code = "",
    item: Annotated[list[str], Form()] = [],  # noqa: B006  # the framework copies it for each request
    excerpt_from: Code = "",
    excerpt_to: Code = "",
) -> Response:
    """Give a grant in a case, then return to what is shared of the case.

    `since` and `until` are dates (`YYYY-MM-DD`) of the center's time zone, the last day included.

    Raises `Forbidden`, `Missing`, `Refused`, `ExtentUnclear`.
    """
    grants.require_giver(center, by, case_id)  # before any message about the form
    begins = day(since) if since else now()
    return sign(
        f"/cases/{case_id}/sharing",
        grants.give,
        case_id,
        person,
        purpose=purpose,
        kind=kind,
        basis=basis,
        begins=max(begins, now()),
        until=day(until, _DAY),
        agreement=agreement,
        reason=reason,
        reference=reference,
        items=_granted(extent, item, excerpt_from, excerpt_to),
    )


@router.post("/cases/{case_id}/receipts")
async def record_receipt(
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    key_fingerprint: Text,
    receipt: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Enter a court's receipt for a package of the case, then return to what is shared of it.

    Raises `ReceiptInvalid`, `ReceiptKeyDiffers`, `ReceiptKnown`, `PackageUnknown`, `Forbidden`.
    """
    data = b"" if receipt is None else await receipt.read(MAX_RECEIPT + 1)
    await run_in_threadpool(_record_receipt, center, person, case_id, data, key_fingerprint)
    return see_other(f"/cases/{case_id}/sharing")


def _record_receipt(center: Center, person: Person, case_id: str, data: bytes, key_fingerprint: str) -> None:
    cases.get(center, person, case_id, Act.GIVE_CASE)  # before any message about the file
    court_receipts.record(center, person, court_receipts.read(data, key_fingerprint), case_id=case_id)


@router.post("/grants/{grant_id}/withdraw")
def withdraw(sign: Sign, center: OurCenter, person: Caller, grant_id: str, reason: Code) -> Response:
    """Withdraw a grant, then return to what is shared of its case."""
    case_id = grants.case_of(center, person, Act.GIVE_CASE, grant_id)
    return sign(f"/cases/{case_id}/sharing", grants.withdraw, grant_id, reason=reason)


@router.post("/grants/{grant_id}/copy")
def authorise_copy(sign: Sign, center: OurCenter, person: Caller, grant_id: str, reference: Text) -> Response:
    """Authorise the receiver of a grant to make a package, then return to what is shared of its case."""
    case_id = grants.case_of(center, person, Act.AUTHORISE_COPY, grant_id)
    return sign(f"/cases/{case_id}/sharing", grants.authorise_copy, grant_id, reference=reference)


@router.get("/grants/{grant_id}")
def show_agreement(
    request: Request, center: OurCenter, person: Caller, grant_id: str, evidence: str = ""
) -> Response:
    """Show a grant and its agreement to the grant's receiver. Raises `Missing` for other people."""
    listed = grants.one(center, person, grant_id)
    return page(
        request,
        "agreement.html",
        listed=listed,
        shown={one.id: one for one in photographs.named(center, listed.grant)},
        made={one.id: one for one in granted_working_copies.named(center, listed.grant)},
        evidence=evidence,
        locked=not center.keyholder.status().unlocked,
    )


@router.post("/grants/{grant_id}/accept")
def accept(center: OurCenter, person: Caller, grant_id: str, evidence: Code = "") -> Response:
    """Accept the agreement of a grant, then redirect to the item `evidence`, or else to the case."""
    done = grants.accept(center, person, grant_id)
    # Only an id of ours is put into the address: anything else leads to the case.
    named = re.fullmatch(r"[0-9a-f]{32}", evidence) is not None
    if named and evidence in {one.id for one in photographs.reached(center, person, done.case_id)}:
        return see_other(f"/photographs/{evidence}")
    if named and evidence in {one.id for one in granted_working_copies.reached(center, person, done.case_id)}:
        return see_other(f"/derivatives/{evidence}")
    return see_other(f"/evidence/{evidence}" if named else f"/cases/{done.case_id}")


def _granted(extent: str, ids: list[str], begin: str, end: str) -> list[ItemExtent] | None:
    """Return the items in the form; None for all recordings, which must be chosen explicitly."""
    if extent == "chosen":
        return _items(ids, begin, end)
    if extent != "all" or ids or begin or end:
        raise ExtentUnclear("all recordings and single ones besides, or nothing was chosen")
    return None


def _items(ids: list[str], begin: str, end: str) -> list[ItemExtent]:
    excerpt = (_moment(begin), _moment(end)) if begin or end else None
    if excerpt is not None and len(ids) != 1:
        raise Refused("an excerpt is of one recording")
    return [ItemExtent(one, excerpt) for one in ids]


def _moment(text: str) -> int:
    """Return the µs of a time such as 0:12:30."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise Refused("a time of the recording is hours:minutes:seconds")
    hours, minutes, seconds = (int(part) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
