"""`amana hold` and `amana retention`: legal holds over cases, and how long cases are kept."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from amana.commands.center import acting, find_case
from amana.commands.parser import by_person, command, group, with_grounds
from amana.errors import Unusable
from amana.settings import Settings
from casework import codes
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case
from casework.retention import legal_holds, schedules
from casework.retention.schedules import RetentionEnd

_RESTS_ON = "of the order or request it is based on"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `amana hold`."""
    holds = group(parser)
    place = command(holds, "place", _place, "place a legal hold over a case")
    with_grounds(place, _RESTS_ON, codes.HOLDING)
    place.add_argument("case", metavar="CASE", help="the case's code, such as 2026-0001, or its id")
    lift = command(holds, "lift", _lift, "end a legal hold")
    with_grounds(lift, _RESTS_ON, codes.LIFTING)
    lift.add_argument("hold", metavar="HOLD", help="the number of the hold, as listed")
    listed = command(holds, "list", _list, "the holds over a case, and how far the copies are with it")
    _of_a_case(listed, "who is looking")


def add_retention(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `amana retention`."""
    parser_group = group(parser)
    command(parser_group, "rules", _rules, "the rules in force")
    stated = command(
        parser_group, "set", _set, "say of which type a case is, and until when a court wants it"
    )
    _of_a_case(stated, "who says so")
    stated.add_argument("--kind", metavar="TYPE", required=True, help="one of those that `rules` lists")
    stated.add_argument("--until", metavar="DATE", help="stated by a court, such as 2040-12-31")
    stated.add_argument("--reference", metavar="TEXT", required=True, help="of the order that it is based on")
    shown = command(parser_group, "list", _retention, "until when each item of a case is kept, and why")
    _of_a_case(shown, "who is looking")


def _of_a_case(made: argparse.ArgumentParser, who: str) -> None:
    made.add_argument("case", metavar="CASE")
    by_person(made, who)


def why(retention: RetentionEnd) -> str:
    """Return the rule that decides, in words."""
    return {
        "any": "the rule for every case",
        "kind": f"the rule for {retention.rule}",
        "voided": "the rule for cases that were voided as opened in error",
        "unspecified": f"the type of the case is not set, so the longest rule counts ({retention.rule})",
        "court": "a court has stated this date",
    }[retention.why]


def _place(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        case = find_case(center, parsed.case)
        placed = legal_holds.place(
            center,
            person,
            case.id,
            reason=parsed.reason,
            reference=parsed.reference,
            text=parsed.note,
        )
    print(
        f"Case {case.code} is under legal hold {placed.id}: nothing of it is destroyed until that is lifted."
    )
    print("Each copy gets it in the background, within a minute if it answers: amana hold list")


def _lift(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        legal_holds.lift(
            center, person, parsed.hold, reason=parsed.reason, reference=parsed.reference, text=parsed.note
        )
    print(f"Hold {parsed.hold} is lifted. Other holds, and the retention rules, still apply.")


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    with acting(parsed, settings) as (center, person):
        case = find_case(center, parsed.case)
        holds, statuses = legal_holds.listed(center, person, case.id), legal_holds.standings(center, case.id)
    for one in holds:
        hold = one.hold
        state = "in force" if hold.lifted_at is None else f"lifted {_day(hold.lifted_at)}"
        reference = one.reference or "reference not readable now"
        print(f"{hold.id}  placed {_day(hold.placed_at)}  {state}  {hold.reason}  {reference}")
    if not holds:
        print("No hold was ever placed over this case.")
    for status in statuses:
        done = "held" if status.held else "not held"
        print(f"    {status.place:14} {_TROUBLE.get(status.trouble or '', done)}  {_day(status.at)}")
    return 0


_TROUBLE = {
    "away": "does not answer; it is tried again",
    "failed": "NOT ALL OF IT could be set; it is tried again",
    "no-locks": "cannot hold: only Amana itself keeps to it",
}


def _rules(_: argparse.Namespace, settings: Settings) -> None:
    rules = schedules.read(settings.retention)
    print(f"From {settings.retention.absolute() if settings.retention.exists() else 'Amana itself'}:")
    for kind, term in rules.terms.items():
        length = f"{term.days} days" if term.days else f"{term.months} months"
        if term.months and term.months % 12 == 0:
            length = f"{term.months // 12} years"
        print(f"    {kind:24} {length}")


def _set(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        case = find_case(center, parsed.case)
        schedules.set_for(
            center,
            person,
            case.id,
            kind=parsed.kind,
            until=None if parsed.until is None else _date(parsed.until),
            reference=parsed.reference,
        )
        _print_retention(center, find_case(center, case.id))


def _retention(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        _print_retention(center, cases.get(center, person, find_case(center, parsed.case).id))


def _print_retention(center: Center, case: Case) -> None:
    for item, retention in schedules.of_case(center, case).items():
        what = "details" if item == case.id else f"part {item}"
        print(f"{what:38} until {_day(retention.until)}: {why(retention)}")


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").astimezone(UTC)  # a day of the center's local time
    except (ValueError, OverflowError):
        raise Unusable(f"{text!r} is no date such as 2040-12-31") from None


def _day(when: datetime) -> str:
    return f"{when.astimezone():%Y-%m-%d}"
