"""Packages that hold, each in another of the shapes that a package may have."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from hashlib import sha512
from pathlib import Path
from typing import Any

from tests.support.packages.court_packages import (
    DEPLOYMENT,
    INTERVIEW,
    SECOND,
    SECOND_EVIDENCE,
    SYSTEM,
    Cut,
    Recording,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import CONSISTENT, INTACT, SMALL, TIMED, Case
from tests.vectors.packages.centers import BAR, COURT, MINISTRY, STAMPED, Deployment, honest, sealed, view

SAFETY_EVIDENCE = "e2" * 16


def interrupted(folder: Path) -> None:
    center, recording = sealed(recording=Recording(state="interrupted"))
    view(center)
    center.export(folder, [recording])


def two_parts(folder: Path) -> None:
    center, first = sealed(recording=Recording(state="interrupted"))
    second = Recording(SECOND_EVIDENCE, part=2)
    centers.record(center, second)
    center.seal(second)
    center.stamp(at=STAMPED + timedelta(minutes=5))
    center.export(folder, [first, Cut(second, SECOND, 2 * SECOND)])


def with_a_safety_recording(folder: Path, *, alone: bool = False, **wrong: Any) -> None:
    """The room's own recording of the first part, brought in after the second; or that `alone`."""
    center, first = sealed(Deployment.small(), recording=Recording(state="interrupted"))
    second = Recording(SECOND_EVIDENCE, part=2)
    begins = centers.RECORDED + timedelta(seconds=centers.SECONDS + 2)
    center.start(second, epoch=f"{begins:%Y-%m-%dT%H:%M:%S}.000Z")
    centers.film(center, second)
    center.seal(second)
    safety = Recording(
        SAFETY_EVIDENCE, **{"part": 1, "beside": first.evidence, "state": "interrupted"} | wrong
    )
    center.start(safety)
    centers.film(center, safety)
    center.seal(safety)
    if alone:
        for position, leaf in enumerate(center.leaves):
            if any(b'"evidence":"%s"' % one.evidence.encode() in leaf for one in (first, second)):
                center.in_folder.pop(position, None)
    center.export(folder, [safety] if alone else [first, second, safety])


def no_viewing_copies(folder: Path) -> None:
    center, recording = honest()
    center.export(folder, [recording], viewing_copies=False)


def no_details(folder: Path) -> None:
    center, recording = honest()
    center.details.clear()
    center.export(folder, [recording])


def documents(folder: Path) -> None:
    center, recording = honest()
    papers = {"certificate.pdf": b"%PDF-1.7\n%%EOF\n", "custody.jsonld": b'{"@context":{}}'}
    center.export(folder, [recording], documents=papers)


def other_two_witnesses(folder: Path) -> None:
    center = Deployment()
    center.witnesses = [COURT, MINISTRY]
    center, recording = honest(center)
    center.export(folder, [recording])


def three_witnesses(folder: Path) -> None:
    center = Deployment()
    center.witnesses = [COURT, BAR, MINISTRY]
    center, recording = honest(center)
    center.export(folder, [recording])


def stamped_twice(folder: Path) -> None:
    center, recording = sealed()
    center.stamp("second", STAMPED + timedelta(seconds=3))
    view(center)
    center.export(folder, [recording])


def stamped_inaccurately(folder: Path) -> None:
    center = Deployment(third_parties=centers.ONLY_TIME)
    center.persons = True
    center, recording = sealed(center)
    size = len(center.leaves)
    center.stamps[size, "first"] = centers.FIRST.respond(
        center.checkpoint(size).text().encode(),
        STAMPED + timedelta(milliseconds=300),
        serial=9,
        accuracy=timedelta(hours=1, milliseconds=1),
    )
    view(center)
    center.export(folder, [recording])


def a_pause_of_a_quarter(folder: Path) -> None:
    center, first = sealed(Deployment.small())
    second = Recording(SECOND_EVIDENCE, part=2)
    begins = centers.RECORDED + timedelta(seconds=centers.SECONDS, milliseconds=250)
    center.start(second, epoch=f"{begins:%Y-%m-%dT%H:%M:%S}.{begins.microsecond // 1000:03}Z")
    centers.film(center, second)
    center.seal(second)
    center.export(folder, [first, second])


def renewed(folder: Path) -> None:
    center, recording = sealed()
    (size, authority), response = next(iter(center.stamps.items()))
    body = {
        "authority": authority,
        "root": center.checkpoint(size).root.hex(),
        "size": size,
        "token": sha512(response).hexdigest(),
    }
    center.say("timestamp.renewed", DEPLOYMENT, body, case=None, actor=SYSTEM)
    center.stamp("second", STAMPED + timedelta(minutes=2))
    view(center)
    center.export(folder, [recording])


def rehashed(folder: Path) -> None:
    center, recording = sealed()
    centers.rehash(center, recording)
    center.export(folder, [recording])


def disposal_refused(folder: Path) -> None:
    center, recording = sealed(Deployment.small())
    disposal = {"disposal": "d1" * 16}
    center.say("disposal.authorised", recording.evidence, disposal | {"reason": "retention-ended"})
    center.say("disposal.refused", recording.evidence, disposal | {"reason": "legal-hold"}, actor=SYSTEM)
    center.export(folder, [recording])


def passages_excluded(folder: Path) -> None:
    """The prosecutor orders it with what a court has excluded; one exclusion was ended by another order."""
    center, recording = sealed(Deployment.small())
    first, second = {"exclusion": "c1" * 16}, {"exclusion": "c2" * 16}
    passage = {"excerpt": {"from": SECOND, "to": 2 * SECOND}, "reason": "question"}
    order = {"reference": "Order 12/2076"}
    center.say("passage.excluded", recording.evidence, first | passage, details=order)
    center.say("passage.excluded", recording.evidence, second | {"excerpt": None, "reason": "unlawful"})
    center.say("passage.restored", recording.evidence, second | {"reason": "appeal"})
    center.export(folder, [recording])


def keys_exchanged(folder: Path) -> None:
    center, recording = sealed(Deployment.small())
    escrow = {"items": 1, "key": "e1" * 8, "kind": "escrow", "replaces": None, "state": "begun"}
    vault = {"items": 1, "key": "a2" * 8, "kind": "vault", "replaces": "a1" * 8, "state": "begun"}
    for body in (escrow, vault, escrow | {"state": "complete"}, vault | {"state": "complete"}):
        center.say("key.rotated", DEPLOYMENT, body, case=None, actor=SYSTEM)
    center.export(folder, [recording])


def copies_read_again(folder: Path) -> None:
    center, recording = sealed()
    for copy, repaired, damaged in (("first-copy", 0, 0), ("second-copy", 2, 0), ("second-copy", 0, 1)):
        body = {"copy": copy, "damaged": damaged, "repaired": repaired, "sound": 7, "surplus": 0}
        center.say("evidence.verified", recording.evidence, body, actor=SYSTEM)
    center.export(folder, [recording])


def revoked_afterwards(folder: Path) -> None:
    center, recording = honest()
    body = {"key": centers.PASSKEY.id, "proof": "center", "reason": "lost"}
    center.say("credential.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    center.export(folder, [recording])


def second_export(folder: Path) -> None:
    center, recording = honest()
    center.export(folder, [recording])
    first = folder.rename(folder.with_name("first"))
    center.export(folder, [recording])
    centers.remove(first)


def without_consent(folder: Path) -> None:
    center, recording = Deployment.small(), Recording()
    centers.enrol(center)
    center.open_interview()
    center.say("interview.decided", INTERVIEW, {"consent": "refused"}, details={"text": "ordered by a court"})
    centers.record(center, recording)
    center.seal(recording)
    center.export(folder, [recording])


def an_empty_beginning(folder: Path) -> None:
    center = Deployment.small()
    center.start(Recording(SECOND_EVIDENCE), epoch="2026-11-24T19:00:00.000Z", into_folder=False)
    del center.heads[SECOND_EVIDENCE]
    center, recording = honest(center)
    center.export(folder, [recording])


CASES = (
    Case(
        "intact", "Nothing: one whole recording, witnessed, stamped, viewed by a person who signed.", INTACT
    ),
    Case(
        "intact-small",
        "Nothing: a center without witnesses, authorities and persons' keys.",
        INTACT,
        centers.small,
        policy=SMALL,
    ),
    Case("intact-excerpt", "Nothing: one second of the recording, as an excerpt.", INTACT, centers.excerpt),
    Case("intact-interrupted", "Nothing: the recording was interrupted, and says so.", INTACT, interrupted),
    Case(
        "intact-without-consent",
        "Nothing: it was decided to record although consent was refused.",
        INTACT,
        without_consent,
        policy=SMALL,
    ),
    Case(
        "intact-two-parts",
        "Nothing: an interrupted part whole, and an excerpt of the next.",
        INTACT,
        two_parts,
    ),
    Case(
        "intact-safety-recording",
        "Nothing: two parts, and the room's own safety recording of the first.",
        INTACT,
        with_a_safety_recording,
        policy=SMALL,
    ),
    Case(
        "intact-safety-recording-alone",
        "Nothing: a safety recording, without the part it stands beside.",
        INTACT,
        partial(with_a_safety_recording, alone=True),
        policy=SMALL,
    ),
    Case("intact-without-viewing-copies", "Nothing: made without viewing copies.", INTACT, no_viewing_copies),
    Case(
        "intact-without-details",
        "Nothing: made without the details that statements commit to.",
        INTACT,
        no_details,
    ),
    Case(
        "intact-with-documents", "Nothing: a certificate and a custody record lie in it.", INTACT, documents
    ),
    Case(
        "intact-other-two-witnesses",
        "Nothing: two others of the three witnesses cosigned.",
        INTACT,
        other_two_witnesses,
    ),
    Case("intact-three-witnesses", "Nothing: all three witnesses cosigned.", INTACT, three_witnesses),
    Case("intact-stamped-twice", "Nothing: two authorities stamped the seal.", INTACT, stamped_twice),
    Case(
        "intact-stamped-inaccurately",
        "Nothing: the authority says that its time may be an hour and a millisecond off.",
        INTACT,
        stamped_inaccurately,
        policy=TIMED,
    ),
    Case(
        "intact-pause",
        "Nothing: between two parts lies a quarter of a second, which rounds to 0.3 s.",
        INTACT,
        a_pause_of_a_quarter,
        policy=SMALL,
    ),
    Case("intact-renewed", "Nothing: the timestamp was renewed by another authority.", INTACT, renewed),
    Case(
        "intact-copies-read-again",
        "Nothing: the center read its copies again and stated what it found.",
        INTACT,
        copies_read_again,
    ),
    Case(
        "intact-disposal-refused",
        "Nothing: its destruction was asked for, and refused.",
        INTACT,
        disposal_refused,
        policy=SMALL,
    ),
    Case(
        "intact-passages-excluded",
        "Nothing: a court excluded a passage, and all of the recording, which another order restored.",
        INTACT,
        passages_excluded,
        policy=SMALL,
    ),
    Case(
        "intact-keys-exchanged",
        "Nothing: the center escrowed its keys, and exchanged its vault key.",
        INTACT,
        keys_exchanged,
        policy=SMALL,
    ),
    Case("intact-rehashed", "Nothing: the recording was committed to anew under SHA-512.", INTACT, rehashed),
    Case(
        "intact-revoked-afterwards",
        "Nothing: a key that had signed was revoked later.",
        INTACT,
        revoked_afterwards,
    ),
    Case("intact-second-export", "Nothing: the package tells of an export before it.", INTACT, second_export),
    Case(
        "intact-among-others",
        "Nothing: the ledger holds entries of which nothing is here.",
        INTACT,
        an_empty_beginning,
        policy=SMALL,
    ),
    Case("consistent", "Nothing, but no policy was registered.", CONSISTENT, policy=None),
)
