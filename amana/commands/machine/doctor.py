"""`amana doctor`: check whether this machine and its environment meet Amana's needs, and how to correct
problems."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from dataclasses import asdict

from amana.commands.parser import FAILED, runs
from amana.health import doctor
from amana.settings import Settings

MARKS = {"ok": "OK", "check": "CHECK", "wrong": "WRONG"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _doctor)
    parser.add_argument("--json", action="store_true", help="for programs")


def _doctor(parsed: argparse.Namespace, settings: Settings) -> int:
    count: Counter[str] = Counter()
    found = []
    for one in doctor.look(settings, os.environ):
        count[one.state] += 1
        found.append(asdict(one))
        if not parsed.json:
            print(f"{MARKS[one.state]:5} {one.subject:14} {one.found}", flush=True)
            if one.todo:
                print(f"{'':20} -> {one.todo}", flush=True)
    if parsed.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"\n{count['wrong']} wrong, {count['check']} to check, {count['ok']} OK")
    return FAILED if count["wrong"] else 0
