"""`amana export`: make a court package for the USB stick."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from amana.centers import attached_center
from amana.commands.center import find_person
from amana.commands.parser import by_person, runs
from amana.errors import Unusable
from amana.settings import Settings
from casework.errors import UnseenAlarm
from casework.witnesses import alarms
from chain_of_custody.encoding.passphrase import LANGUAGES, in_words
from player.package.delivery import PLAIN, SEALED, deliver, wanted

_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:\.(\d{1,3}))?")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _export)
    parser.add_argument(
        "evidence",
        nargs="+",
        metavar="EVIDENCE",
        help="id of a recording part, an interview, a photograph or a document",
    )
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="must not exist yet")
    parser.add_argument("--purpose", required=True, metavar="CODE", help="hearing, disclosure, charging, …")
    by_person(parser, "who exports")
    parser.add_argument("--from", dest="begin", metavar="TIME", help="an excerpt: from 00:10:00 of the part")
    parser.add_argument("--until", metavar="TIME", help="until 00:20:00 of it")
    parser.add_argument("--plain", action="store_true", help="a folder that is not encrypted")
    parser.add_argument(
        "--without-viewing-copy", action="store_true", help="no file with all tracks in one; half the size"
    )
    parser.add_argument(
        "--despite-alarm", action="store_true", help="despite an alarm about the ledger (amana alarms)"
    )
    parser.add_argument(
        "--with-excluded", action="store_true", help="although a court has excluded a passage that is in it"
    )


def _export(parsed: argparse.Namespace, settings: Settings) -> None:
    excerpt = _excerpt(parsed)
    with attached_center(settings) as center:
        if not parsed.despite_alarm:
            try:
                alarms.require_seen(center)
            except UnseenAlarm as unseen:
                raise Unusable(f"{unseen}. To export all the same: --despite-alarm") from None
        person = find_person(center, parsed.person)
        made = deliver(
            center,
            person,
            wanted(center, person, parsed.evidence, excerpt),
            parsed.purpose,
            parsed.to,
            settings.scratch,
            plain=parsed.plain,
            viewing_copies=not parsed.without_viewing_copy,
            despite_alarm=parsed.despite_alarm,
            excluded=parsed.with_excluded,
            progress=_print_progress if sys.stderr.isatty() else None,
        )
    print(f"Written to {made.folder}: the testimony, the page that verifies it, and a sheet what to do.")
    if made.passphrase is None:
        print("What is in it is NOT encrypted.")
    else:
        print("It opens with these nine words, shown once and kept nowhere. Send them by another way.")
        print("In Arabic, in English, or as digits: one line is enough.\n")
        for line in (*(" ".join(in_words(made.passphrase, one)) for one in LANGUAGES), made.passphrase):
            print(f"    {line}")
        print()
    if not made.confirmed:
        print("NOT YET WITNESSED: witnesses or timestamps that the policy asks for are missing, and the")
        print("court will see that. What is missing: amana status. Once it is there, export again.")
    if made.uncredited:
        print("WITHOUT CONTENT CREDENTIALS (C2PA) of these; the package is whole and proved without them:")
        print(f"    {', '.join(made.uncredited)}")
    print("To check it on any machine, with the policy that the court registered (amana policy publish):")
    print(f"    amana verify {made.folder / (PLAIN if made.passphrase is None else SEALED)} --policy POLICY")


def _excerpt(parsed: argparse.Namespace) -> tuple[int, int] | None:
    if parsed.begin is None and parsed.until is None:
        return None
    if parsed.begin is None or parsed.until is None or len(parsed.evidence) != 1:
        raise Unusable("an excerpt is of one part, and needs both --from and --until")
    begin, until = _microseconds(parsed.begin), _microseconds(parsed.until)
    if begin >= until:
        raise Unusable("the excerpt ends before it begins")
    return begin, until


def _microseconds(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unusable(f"{text!r} is not a time of the recording like 00:10:00 or 10:00.500")
    hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1_000_000 + int((fraction or "0").ljust(3, "0")) * 1_000


def _print_progress(done: int, total: int) -> None:
    share = done * 100 // max(total, 1)
    print(f"\r{share:3} %", end="" if done < total else "\n", file=sys.stderr, flush=True)
