"""Timestamps: by whom, over what, in which order, and how many the policy asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha512
from pathlib import Path
from typing import Any

from chain_of_custody.tlog.checkpoint import Checkpoint
from tests.support.ledger.made_tokens import Authority, key_of
from tests.support.packages.alterations import flipped, listed, removed, renamed, write
from tests.support.packages.court_packages import DEPLOYMENT, SYSTEM, Recording
from tests.vectors.packages.cases import (
    ODD_AUTHORITIES,
    TIMED,
    TWO_AUTHORITIES,
    Case,
    Expected,
    Make,
    refused,
    unwitnessed,
)
from tests.vectors.packages.centers import (
    ENDED,
    FIRST,
    NOT_FOR_TIME,
    ODD,
    ONLY_TIME,
    STAMPED,
    Deployment,
    sealed,
    view,
)

TOKEN, TREE = "data/timestamps/7.first.tsr", "data/checkpoints/7.consistency"
UNSHOWN = "nothing shows that this earlier state begins the ledger"
SEAL = "statement 6"


def exported(change: Callable[[Deployment, Recording], object], **policy: Any) -> Make:
    """The honest package, but for what `change` does after the seal."""

    def make(folder: Path) -> None:
        center = Deployment(third_parties=replace(ONLY_TIME, **policy))
        center.persons = True
        center, recording = sealed(center)
        change(center, recording)
        view(center)
        center.export(folder, [recording])

    return make


def stamped(by: Authority = FIRST, size: int = 7, root: bytes | None = None, **told: Any) -> Make:
    """Another response in place of the authority's."""

    def make(center: Deployment, _: Recording) -> None:
        checkpoint = center.checkpoint(size)
        if root is not None:
            checkpoint = Checkpoint(checkpoint.origin, size, root)
        data = checkpoint.text().encode()
        center.stamps[size, "first"] = by.respond(data, told.pop("at", STAMPED), serial=9, **told)

    return exported(make)


def by_an_ended_one(center: Deployment, _: Recording) -> None:
    center.stamps = {(7, "ended"): ENDED.respond(center.checkpoint(7).text().encode(), STAMPED, serial=9)}


def by_one_not_for_time(center: Deployment, _: Recording) -> None:
    response = NOT_FOR_TIME.respond(center.checkpoint(7).text().encode(), STAMPED, serial=9)
    center.stamps = {(7, "other-use"): response}


def late_and_early(center: Deployment, _: Recording) -> None:
    """An earlier state of the ledger, stamped later than a later one."""
    center.stamp(at=STAMPED + timedelta(hours=1), size=5)


def before_the_seal(center: Deployment, _: Recording) -> None:
    center.stamps = {}
    center.stamp(size=5)


def renewed_wrongly(center: Deployment, _: Recording) -> None:
    token = sha512(center.stamps[7, "first"]).hexdigest()
    body = {"authority": "first", "root": center.checkpoint(6).root.hex(), "size": 6, "token": token}
    center.say("timestamp.renewed", DEPLOYMENT, body, case=None, actor=SYSTEM)


def none_at_all(center: Deployment, _: Recording) -> None:
    center.stamps = {}


def cut(folder: Path) -> None:
    path = folder / TOKEN
    path.write_bytes(path.read_bytes()[:-20])


def longer(folder: Path) -> None:
    path = folder / TOKEN
    path.write_bytes(path.read_bytes() + b"\0")


def time(name: str, altered: str, alter: Make, expected: Expected) -> Case:
    return Case(name, altered, expected, alter=listed(alter))


def wrong(
    name: str, altered: str, make: Make, reason: str, kind: str = "SignatureInvalid", where: str = TOKEN
) -> Case:
    return Case(name, altered, refused(9, kind, reason, where), make, policy=TIMED)


CASES = (
    time(
        "token-bit",
        "A bit of a timestamp's signature.",
        flipped(TOKEN, -3),
        refused(9, "SignatureInvalid", "the timestamp is not signed by the authority", TOKEN),
    ),
    time(
        "token-cut-short",
        "A timestamp's end is missing.",
        cut,
        refused(9, "Malformed", "timestamp: ends too early"),
    ),
    time(
        "token-longer",
        "A byte behind a timestamp.",
        longer,
        refused(9, "Malformed", "timestamp: something lies behind what must be there"),
    ),
    time(
        "token-empty",
        "A timestamp without a byte in it.",
        write(TOKEN, b""),
        refused(9, "Malformed", "timestamp: ends too early"),
    ),
    time(
        "token-of-another-authority",
        "The timestamp under another authority's name.",
        renamed(TOKEN, TOKEN.replace("first", "second")),
        refused(
            9,
            "NotProved",
            "the signer's certificate is not from this authority",
            TOKEN.replace("first", "second"),
        ),
    ),
    time(
        "token-of-no-authority",
        "The timestamp under the name of nobody the policy names.",
        renamed(TOKEN, TOKEN.replace("first", "third")),
        refused(9, "NotProved", "the policy does not name this authority", TOKEN.replace("first", "third")),
    ),
    time(
        "token-of-another-tree",
        "The timestamp said to be over another tree.",
        renamed(TOKEN, TOKEN.replace("7", "6")),
        refused(8, "Incomplete", UNSHOWN, TREE.replace("7", "6")),
    ),
    time(
        "token-tree-missing",
        "Nothing shows that the stamped tree begins this ledger.",
        removed(TREE),
        refused(8, "Incomplete", UNSHOWN, TREE),
    ),
    time(
        "token-taken-out",
        "The timestamp is taken out, its tree not.",
        removed(TOKEN),
        refused(8, "NotProved", "nothing here names this earlier state", TREE),
    ),
    time(
        "token-and-tree-taken-out",
        "The timestamp is taken out, and its tree.",
        lambda folder: [removed(TOKEN)(folder), removed(TREE)(folder)],
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", SEAL),
    ),
    wrong(
        "token-over-another-root",
        "The timestamp is over another root.",
        stamped(root=bytes(32)),
        "the timestamp is over something else",
        "Altered",
    ),
    wrong(
        "token-over-another-size",
        "The timestamp in its place is over another tree of the ledger.",
        exported(
            lambda center, _: center.stamps.update(
                {(7, "first"): FIRST.respond(center.checkpoint(6).text().encode(), STAMPED, serial=9)}
            )
        ),
        "the timestamp is over something else",
        "Altered",
    ),
    wrong(
        "token-by-another-key",
        "Signed with a key that is not the authority's.",
        stamped(key=key_of("thief")),
        "the timestamp is not signed by the authority",
    ),
    wrong(
        "token-by-an-impostor",
        "Signed by an authority that only calls itself the same.",
        stamped(Authority.make("first", "p384")),
        "the signer's certificate is not from this authority",
        "NotProved",
    ),
    wrong(
        "token-before-its-certificate",
        "Signed for a time before the authority's certificate.",
        stamped(at=STAMPED.replace(year=2025)),
        "a certificate was not valid at the time of the timestamp",
        "NotProved",
    ),
    Case(
        "token-by-an-ended-authority",
        "The authority's certificate had ended at the time that it states.",
        refused(
            9,
            "NotProved",
            "a certificate was not valid at the time of the timestamp",
            TOKEN.replace("first", "ended"),
        ),
        exported(by_an_ended_one, authorities=ODD),
        policy=ODD_AUTHORITIES,
    ),
    Case(
        "token-by-one-for-other-things",
        "The authority's certificate is not for timestamps.",
        refused(
            9,
            "NotProved",
            "the signer's certificate is not for timestamps alone",
            TOKEN.replace("first", "other-use"),
        ),
        exported(by_one_not_for_time, authorities=ODD),
        policy=ODD_AUTHORITIES,
    ),
    Case(
        "token-not-granted",
        "The authority answered that it did not grant it.",
        refused(9, "Malformed", "timestamp: the authority did not grant it"),
        stamped(status=bytes.fromhex("3003020102")),
        policy=TIMED,
    ),
    wrong(
        "token-of-a-wrong-order",
        "A later checkpoint has an earlier timestamp.",
        exported(late_and_early),
        "a later checkpoint has an earlier timestamp",
        "NotProved",
        "first, checkpoint of 7 entries",
    ),
    wrong(
        "renewal-of-another-token",
        "A renewal that names the token with another tree.",
        exported(renewed_wrongly),
        "a renewal names another timestamp than the one it is of",
        "NotProved",
        "first, checkpoint of 7 entries",
    ),
    Case(
        "stamps-none",
        "No authority stamped the seal, where the policy asks for one.",
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", SEAL),
        exported(none_at_all),
        policy=TIMED,
    ),
    Case(
        "stamp-before-the-seal",
        "An authority stamped the ledger before the seal, and not after it.",
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", SEAL),
        exported(before_the_seal),
        policy=TIMED,
    ),
    Case(
        "stamps-too-few",
        "One authority stamped the seal, where the policy asks for two.",
        unwitnessed("1 authorities have timestamped its seal, the policy asks for 2", SEAL),
        exported(lambda center, _: None, timestamps=2),
        policy=TWO_AUTHORITIES,
    ),
)
