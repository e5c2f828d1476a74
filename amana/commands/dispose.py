"""`amana dispose`: destruction of items that need no longer be retained, by two people."""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.commands.center import acting, find_case
from amana.commands.parser import FAILED, by_person, command, group, with_grounds
from amana.settings import Settings
from casework import codes
from casework.cases import cases
from casework.retention import destruction_certificates, disposal_requests
from casework.retention.disposal_requests import DisposalDetails
from player.papers import destruction_certificate

_RESTS_ON = "of what it is based on"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    made = group(parser)
    request = command(made, "request", _request, "ask for the destruction of an item")
    with_grounds(request, _RESTS_ON, codes.DESTROYING)
    request.add_argument(
        "item", metavar="ITEM", help="a recording part's id; or a case's code or id, for its details"
    )
    approve = command(made, "approve", _approve, "agree to another person's request: nothing opens it")
    with_grounds(approve, _RESTS_ON)
    approve.add_argument("disposal", metavar="DISPOSAL", help="its number, as listed")
    refuse = command(made, "refuse", _refuse, "refuse a request, or take back what is not gone yet")
    with_grounds(refuse, _RESTS_ON, codes.REFUSING)
    refuse.add_argument("disposal", metavar="DISPOSAL", help="its number, as listed")
    paper = command(made, "certificate", _certificate, "the certificate of destruction, PDF and JSON")
    paper.add_argument("disposal", metavar="DISPOSAL", help="its number, as listed")
    paper.add_argument("--to", type=Path, metavar="DIR", required=True, help="a folder; made when needed")
    by_person(paper, "who asks for it")
    listed = command(made, "list", _list, "the disposals of a case, and what is left until when")
    listed.add_argument("case", metavar="CASE", help="the case's code or id")
    by_person(listed, "who is looking")


def state_of(details: DisposalDetails) -> str:
    """Return the state of a disposal, in words."""
    until = (
        "" if details.pending_until is None else f", pending until {details.pending_until:%Y-%m-%d %H:%M} UTC"
    )
    match details.state:
        case "requested":
            return "waiting for a second person"
        case "refused":
            return "refused or cancelled"
        case "pending":
            return f"being destroyed: {details.wraps_left} of {details.wraps} wrapped keys left{until}"
        case "disposed":
            left = f"{details.objects_left} of {details.objects} objects that nothing opens left{until}"
            return f"disposed of {details.disposal.disposed_at:%Y-%m-%d}; {left}"
    return f"disposed of {details.disposal.disposed_at:%Y-%m-%d}; nothing of it is left"


def _request(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        case = cases.find(center, parsed.item)
        requested = disposal_requests.request(
            center,
            person,
            parsed.item if case is None else case.id,
            reason=parsed.reason,
            reference=parsed.reference,
            text=parsed.note,
        )
    print(f"Disposal {requested.id} waits for a second person:")
    print(f"    amana dispose approve {requested.id} --reference … --as …")


def _approve(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        disposal = disposal_requests.approve(
            center, person, parsed.disposal, reference=parsed.reference, text=parsed.note
        )
    print(f"Nothing opens {disposal.item} any more. The service destroys it as its locks run out;")
    print("what is left until when says: amana dispose list. Until then a legal hold takes it back.")


def _refuse(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        disposal_requests.refuse(
            center,
            person,
            parsed.disposal,
            reason=parsed.reason,
            reference=parsed.reference,
            text=parsed.note,
        )
    print(f"Disposal {parsed.disposal} is refused. What it was about is kept.")


def _certificate(parsed: argparse.Namespace, settings: Settings) -> int:
    with acting(parsed, settings) as (center, person):
        certified = destruction_certificates.certified(center, person, parsed.disposal)
        made = {
            "pdf": destruction_certificate.certificate(center, certified),
            "json": destruction_certificate.certificate_json(certified),
        }
    parsed.to.mkdir(parents=True, exist_ok=True)
    for kind, content in made.items():
        path = parsed.to / f"destruction-{certified.disposal.id}.{kind}"
        path.write_bytes(content)
        print(path)
    print(state_of(certified.disposal_details))
    return FAILED if certified.pending else 0


def _list(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        case = find_case(center, parsed.case)
        disposals = disposal_requests.listed(center, person, case.id)
    for listed in disposals:
        disposal = listed.disposal
        what = "details" if disposal.item == disposal.case_id else f"part {disposal.item}"
        reference = listed.reference or "reference not readable now"
        print(f"{disposal.id}  {what}  {disposal.reason}  {reference}")
        print(f"    {state_of(listed)}")
        for place in listed.places:
            if place.trouble:
                says = "does not let us destroy it" if place.trouble == "refused" else "does not answer"
                print(f"    {place.place}: {says}; it is tried again")
    if not disposals:
        print("No disposal was ever asked for in this case.")
