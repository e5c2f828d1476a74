"""`amana recorders …`: the recorders that the center vouches for, and revoking one."""

from __future__ import annotations

import argparse

from amana.centers import attached_center
from amana.commands.parser import as_unusable, command, group
from amana.errors import Unusable
from amana.install import installation
from amana.settings import Settings
from casework.errors import Missing, Refused, WrongState
from casework.people import recorder_keys


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    recorders = group(parser)
    command(recorders, "list", _list, "every recorder, and from when until when it counts")
    revoke = command(recorders, "revoke", _revoke, "take nothing more from a recorder, for ever")
    revoke.add_argument("key", metavar="KEY", help="its key id, as the list shows it")
    revoke.add_argument("--reason", required=True, metavar="CODE", help="such as stolen, replaced, worn-out")
    revoke.add_argument(
        "--at-once",
        action="store_true",
        help="also while it records: what it is recording then can never be sealed",
    )


def _list(_: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        found = recorder_keys.listed(center)
    here = installation.read(settings).recorder_id
    for recorder in found:
        until = "" if recorder.revoked is None else f"   revoked by statement {recorder.revoked}"
        mine = "   this machine" if recorder.key == here else ""
        busy = "   recording" if recorder.open else ""
        print(
            f"{recorder.key}   {recorder.name:24} enrolled by statement {recorder.enrolled}"
            f"{until}{mine}{busy}"
        )


def _revoke(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center, as_unusable(Refused):
        try:
            recorder_keys.revoke(center, None, parsed.key, parsed.reason, at_once=parsed.at_once)
        except WrongState as recording:
            raise Unusable(
                f"{recording}. Stop and seal first. If the key is in wrong hands now, add --at-once: "
                "what is being recorded then cannot be sealed."
            ) from None
        except Missing:
            raise Unusable(f"no recorder {parsed.key[:16]}; see amana recorders list") from None
    print(f"Recorder {parsed.key} is revoked. What it sealed before stays proved; it can say nothing more.")
    if parsed.key == installation.read(settings).recorder_id:
        print("It was this machine's own. To record here again: stop Amana, move the file")
        print(f"    {settings.keys / 'recorder.key'}")
        print(
            "to a place where it is kept as it was, and start Amana: it makes a new key and vouches for it."
        )
