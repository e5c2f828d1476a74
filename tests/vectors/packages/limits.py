"""What is bounded, so that two verifiers come to one end: numbers, depth, names, and who counts as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import VerifierKey, encode_base64
from chain_of_custody.statements import statement
from tests.support.ledger.made_tokens import certificate, der_of, key_of
from tests.support.packages.alterations import HOME, changed, lines, listed, renamed
from tests.support.packages.court_packages import EVIDENCE, Recording
from tests.vectors.packages.cases import INTACT, SMALL, Case, Make, refused
from tests.vectors.packages.centers import COURT, EXPORTED, SIZE, Deployment, enrol, record, view
from tests.vectors.packages.ledger import texted

BEYOND = 2**53
TOO_LARGE = "is larger than 2^53 - 1"
POLICY, DETAILS, TREE = "data/policy.txt", "data/details/7.json", "data/checkpoints/4.consistency"
STATEMENT, LEAF = "data/statements", f"data/statements/{EXPORTED}"


def nested(lists: int) -> Any:
    """A number in so many lists."""
    value: Any = 0
    for _ in range(lists):
        value = [value]
    return value


def nesting(event: int = 1, body: int = 0, details: int = 1) -> Make:
    """A center that nests what it says: a number lies in so many lists, and beside that in a leaf's body in
    three objects, in details in two, in an event in one. No type of statement has lists in its body as deep
    as they may be: with `body` it is one that says more than its type does."""

    def make(folder: Path) -> None:
        with (
            patch.object(canonical_json, "MAX_DEPTH", 400),
            patch.object(statement, "check_body", lambda type_, body: None),
        ):
            center, recording = Deployment.small(), Recording()
            enrol(center)
            center.open_interview()
            record(center, recording)
            recording.event("mark", 5_900_000, text=nested(event))
            center.seal(recording)
            center.say("evidence.viewed", EVIDENCE, {"as": nested(body)} if body else {})
            view(center, details={"name": nested(details)})
            center.export(folder, [recording])

    return make


def renumbered(folder: Path) -> None:
    for ending in ("json", "tlog-proof"):
        renamed(f"{LEAF}.{ending}", f"{STATEMENT}/{BEYOND}.{ending}")(folder)


def policy_line(line: str) -> Make:
    """A line more in the policy."""
    return listed(changed(POLICY, b"quorum two", f"{line}\nquorum two".encode()))


def witness_with_a_name_of(length: int) -> str:
    key = VerifierKey("w" * length, COURT.keys[1].kind, bytes(1312))
    return f"witness long {key.vkey()}"


def twin_of_the_first_authority() -> str:
    """Another certificate of its key."""
    key = key_of("first root")
    twin = certificate("first root", key, "first root", key, ca=True, serial=77)
    return f"authority twin {encode_base64(der_of(twin))}"


def number(name: str, altered: str, alter: Make, step: int, reason: str) -> Case:
    return Case(name, altered, refused(step, "Malformed", reason), alter=listed(alter))


def depth(name: str, altered: str, make: Make, step: int, reason: str) -> Case:
    return Case(name, altered, refused(step, "Malformed", reason), make, policy=SMALL)


CASES = (
    Case(
        "intact-nested-deeply",
        "Nothing: an event and details are as deep as they may be.",
        INTACT,
        nesting(199, details=198),
        policy=SMALL,
    ),
    depth(
        "statement-nested-deeply",
        "A value of a statement lies in 200 objects and lists, where its type has none.",
        nesting(body=197),
        6,
        "statement 5: evidence.viewed body: keys differ (missing: none; not known: as)",
    ),
    depth(
        "event-nested-too-deeply",
        "A value of an event lies in 201 objects and lists.",
        nesting(event=200),
        12,
        f"{HOME}/events.jsonl, record 25, at 00:00:05 of part 1 (2026-11-24 19:15:09 UTC): "
        "event: nested deeper than 200",
    ),
    depth(
        "statement-nested-too-deeply",
        "A value of a statement lies in 201 objects and lists.",
        nesting(body=198),
        6,
        "statement 5: leaf: nested deeper than 200",
    ),
    depth(
        "details-nested-too-deeply",
        "A value of details lies in 201 objects and lists.",
        nesting(details=199),
        10,
        "data/details/6.json: details: nested deeper than 200",
    ),
    number(
        "statement-number-of-2-53",
        "The last statement is filed under a number that not every reader holds.",
        renumbered,
        2,
        f"{STATEMENT}/{BEYOND}.json: its number {TOO_LARGE}",
    ),
    number(
        "proof-index-of-2-53",
        "A proof for a position that not every reader holds.",
        changed(f"{LEAF}.tlog-proof", f"index {EXPORTED}\n".encode(), f"index {BEYOND}\n".encode()),
        4,
        f"the proof's index {TOO_LARGE}",
    ),
    Case(
        "checkpoint-size-of-2-53",
        "A checkpoint of more entries than every reader can count.",
        refused(4, "Malformed", f"the checkpoint's size {TOO_LARGE}"),
        alter=texted(f"\n{SIZE}\n", f"\n{BEYOND}\n"),
    ),
    number(
        "earlier-tree-named-2-53",
        "An earlier tree is filed under a size that not every reader holds.",
        renamed(TREE, f"data/checkpoints/{BEYOND}.consistency"),
        2,
        f"data/checkpoints/{BEYOND}.consistency: its number {TOO_LARGE}",
    ),
    number(
        "earlier-tree-of-2-53",
        "An earlier tree of more entries than every reader can count.",
        changed(TREE, b"size 4\n", f"size {BEYOND}\n".encode()),
        8,
        f"the size of the earlier tree {TOO_LARGE}",
    ),
    number(
        "opened-index-of-2-53",
        "A content of a record with an index that not every reader holds.",
        lines(
            f"{HOME}/opened.jsonl",
            lambda each: [each[0].replace(b'"index":0', f'"index":{BEYOND}'.encode()), *each[1:]],
        ),
        12,
        "opened.jsonl line 1: a salt that is not 16 bytes, or a number out of range",
    ),
    Case(
        "witness-key-with-a-long-name",
        "A witness of the policy whose key has a name of 256 bytes.",
        refused(3, "Malformed", "policy: witness long has a key with a name of over 255 bytes"),
        alter=policy_line(witness_with_a_name_of(256)),
        policy=None,
    ),
    Case(
        "witness-key-with-the-longest-name",
        "A witness more in the policy, whose key has a name of 255 bytes.",
        refused(14, "Altered", "the package is not the one that was exported", "statement 8"),
        alter=policy_line(witness_with_a_name_of(255)),
        policy=None,
    ),
    Case(
        "authority-under-two-certificates",
        "An authority of the policy is there twice, under two names and two certificates of its one key.",
        refused(3, "Malformed", "policy: one authority under two names"),
        alter=policy_line(twin_of_the_first_authority()),
        policy=None,
    ),
)
