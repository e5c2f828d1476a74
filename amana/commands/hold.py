"""`amana hold` and `amana retention`: legal holds over cases, and how long cases are kept."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amana.commands.parser import Commands, Unusable, command, find_case, find_person, group, with_data
from amana.settings import Settings
from casework import codes

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Case
    from casework.retention.schedules import Kept

FAILED = 1


def add(commands: Commands) -> None:
    """Put the commands into the parser."""
    made = group(commands, "hold", "legal holds: while one is over a case, nothing of it is destroyed")
    place = _acting(command(made, "place", _place, "place a legal hold over a case"), codes.HOLDING)
    place.add_argument("case", metavar="CASE", help="the case's code, such as 2026-0001, or its id")
    lift = _acting(command(made, "lift", _lift, "end a legal hold"), codes.LIFTING)
    lift.add_argument("hold", metavar="HOLD", help="the number of the hold, as listed")
    listed = with_data(
        command(made, "list", _list, "the holds over a case, and how far the copies are with it")
    )
    listed.add_argument("case", metavar="CASE")
    listed.add_argument("--as", dest="person", metavar="PERSON", required=True, help="who is looking")

    kept = group(commands, "retention", "how long cases are kept")
    with_data(command(kept, "rules", _rules, "the rules in force"))
    said = with_data(
        command(kept, "set", _set, "say of which type a case is, and until when a court wants it")
    )
    said.add_argument("case", metavar="CASE")
    said.add_argument("--kind", metavar="TYPE", required=True, help="one of those that `rules` lists")
    said.add_argument("--until", metavar="DATE", help="stated by a court, such as 2040-12-31")
    said.add_argument("--reference", metavar="TEXT", required=True, help="of the order or file it rests on")
    said.add_argument("--as", dest="person", metavar="PERSON", required=True, help="who says so")
    shown = with_data(command(kept, "list", _kept, "until when each item of a case is kept, and why"))
    shown.add_argument("case", metavar="CASE")
    shown.add_argument("--as", dest="person", metavar="PERSON", required=True, help="who is looking")


def why(kept: Kept) -> str:
    """Return the rule that decides, in words."""
    return {
        "any": "the rule for every case",
        "kind": f"the rule for {kept.rule}",
        "unspecified": f"nobody has said of which type the case is, so the longest rule counts ({kept.rule})",
        "court": "a court has stated this date",
    }[kept.why]


def _acting(made: argparse.ArgumentParser, reasons: tuple[str, ...]) -> argparse.ArgumentParser:
    with_data(made)
    made.add_argument("--reason", choices=reasons, required=True)
    made.add_argument(
        "--reference", metavar="TEXT", required=True, help="of the order or request it rests on"
    )
    made.add_argument("--note", metavar="TEXT", default="", help="more about why; sealed, like the reference")
    made.add_argument("--as", dest="person", metavar="PERSON", required=True, help="who does this")
    return made


def _place(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from casework.retention import legal_holds

    with attached_center(settings) as center:
        person, case = find_person(center, parsed.person), find_case(center, parsed.case)
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
    print("The copies are told in the background, within a minute where they answer: amana hold list")
    return 0


def _lift(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from casework.retention import legal_holds

    with attached_center(settings) as center:
        person = find_person(center, parsed.person)
        legal_holds.lift(
            center, person, parsed.hold, reason=parsed.reason, reference=parsed.reference, text=parsed.note
        )
    print(f"Hold {parsed.hold} is lifted. Other holds, and the rules of retention, go on.")
    return 0


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from casework.retention import legal_holds

    with attached_center(settings) as center:
        person, case = find_person(center, parsed.person), find_case(center, parsed.case)
        found, standings = legal_holds.listed(center, person, case.id), legal_holds.standings(center, case.id)
    for one in found:
        hold = one.hold
        state = "in force" if hold.lifted_at is None else f"lifted {_day(hold.lifted_at)}"
        reference = one.reference or "reference not readable now"
        print(f"{hold.id}  placed {_day(hold.placed_at)}  {state}  {hold.reason}  {reference}")
    if not found:
        print("No hold was ever placed over this case.")
    for standing in standings:
        done = "held" if standing.held else "not held"
        print(f"    {standing.place:14} {_TROUBLE.get(standing.trouble or '', done)}  {_day(standing.at)}")
    return 0


_TROUBLE = {
    "away": "does not answer; it is tried again",
    "failed": "NOT ALL OF IT could be set; it is tried again",
    "no-locks": "cannot hold: only Amana itself keeps to it",
}


def _rules(_: argparse.Namespace, settings: Settings) -> int:
    from casework.retention import schedules

    rules = schedules.read(settings.retention)
    print(f"From {settings.retention.absolute() if settings.retention.exists() else 'Amana itself'}:")
    for kind, term in rules.terms.items():
        length = f"{term.days} days" if term.days else f"{term.months} months"
        if term.months and term.months % 12 == 0:
            length = f"{term.months // 12} years"
        print(f"    {kind:24} {length}")
    return 0


def _set(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from casework.retention import schedules

    with attached_center(settings) as center:
        person, case = find_person(center, parsed.person), find_case(center, parsed.case)
        schedules.set_for(
            center,
            person,
            case.id,
            kind=parsed.kind,
            until=None if parsed.until is None else _date(parsed.until),
            reference=parsed.reference,
        )
        return _tell_kept(center, find_case(center, case.id))


def _kept(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from casework.cases import cases

    with attached_center(settings) as center:
        case = cases.get(center, find_person(center, parsed.person), find_case(center, parsed.case).id)
        return _tell_kept(center, case)


def _tell_kept(center: Center, case: Case) -> int:
    from casework.retention import schedules

    for item, kept in schedules.of_case(center, case).items():
        what = "details" if item == case.id else f"part {item}"
        print(f"{what:38} until {_day(kept.until)}: {why(kept)}")
    return 0


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Unusable(f"{text!r} is no date such as 2040-12-31") from None


def _day(when: datetime) -> str:
    return f"{when:%Y-%m-%d}"
