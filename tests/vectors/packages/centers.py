"""The centers of the corpus, and the honest packages that everything else is made from.

One center that is as it should be: a quorum of two witnesses out of three, an authority that stamps every
seal, a person with a key of his own. And a small one with neither, which is enough where a center lies.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.x509.oid import ExtendedKeyUsageOID

from chain_of_custody.items import rehashing
from chain_of_custody.package.writer import write_court_package
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.tlog.checkpoint import LocalSigner
from chain_of_custody.trust.named_parties import Group, ThirdParties
from tests.support.ledger.authenticators import Authenticator, es256
from tests.support.ledger.cosigners import both_of, keys_of
from tests.support.ledger.made_tokens import Authority
from tests.support.packages import court_packages
from tests.support.packages.court_packages import (
    DEPLOYMENT,
    EVIDENCE,
    PROSECUTOR,
    SECOND,
    SYSTEM,
    Center,
    Cut,
    Recording,
    key,
)
from tests.vectors.packages.clips import CLOSE, FROM, MICROPHONE, SECONDS, WIDE, WIDE_SMALLER, clip
from tests.vectors.packages.deterministic import Mldsa44, cosigner

COURT, BAR, MINISTRY = (cosigner(f"{who}.example/witness") for who in ("court", "bar", "ministry"))
FIRST, SECOND_AUTHORITY = Authority.make("first"), Authority.make("second")
THIRD_PARTIES = ThirdParties(
    witnesses=keys_of({"court": COURT, "bar": BAR, "ministry": MINISTRY}),
    groups=both_of("court", "bar", "ministry") | {"two": Group(2, ("court", "bar", "ministry"))},
    quorum="two",
    authorities={"first": FIRST.anchor, "second": SECOND_AUTHORITY.anchor},
    timestamps=1,
)
ENDED = Authority.make("ended", end=datetime(2026, 6, 1, tzinfo=UTC))
NOT_FOR_TIME = Authority.make("other-use", purposes=[ExtendedKeyUsageOID.CODE_SIGNING])
ODD = {"first": FIRST.anchor, "ended": ENDED.anchor, "other-use": NOT_FOR_TIME.anchor}
"""Authorities of a center that chose badly."""
ONLY_TIME = ThirdParties(authorities=THIRD_PARTIES.authorities, timestamps=1)
PASSKEY = es256(person=PROSECUTOR.id)
LOGGED_AT = 1_795_550_000
"""When checkpoints are signed: 2026-11-24T19:53:20Z."""
MORNING = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
RECORDED = datetime(2026, 11, 24, 19, 15, 3, 120_000, tzinfo=UTC)
STAMPED = datetime(2026, 11, 24, 19, 20, tzinfo=UTC)
"""When an authority saw the seal."""
EXPORTED_ON = date(2026, 11, 24)

# Positions in the ledger of the honest packages.
ENROLLED, ROLE, CREDENTIAL, OPENED, STARTED, PROGRESS, SEALED, VIEWED, EXPORTED = range(9)
SIZE = EXPORTED + 1


class Deployment(Center):
    """A center whose every byte can be made again."""

    def __init__(self, seed: int = 1, third_parties: ThirdParties | None = THIRD_PARTIES) -> None:
        super().__init__(seed, third_parties)
        quantum_safe = Mldsa44(bytes([seed + 3]) * 32)
        origin = self.signer.keys.origin
        self.signer = LocalSigner(key(seed + 2), quantum_safe, origin, now=lambda: LOGGED_AT)  # type: ignore[arg-type]
        self.witnesses = [COURT, BAR] if self.policy.witnesses else []
        self.persons = bool(self.witnesses)
        self.clock = MORNING
        self.stamps: dict[tuple[int, str], bytes] = {}

    @classmethod
    def small(cls, seed: int = 1) -> Deployment:
        """Without witnesses, authorities and persons' keys."""
        return cls(seed, None)

    @classmethod
    def with_persons(cls) -> Deployment:
        """Without witnesses and authorities."""
        center = cls(third_parties=None)
        center.persons = True
        return center

    def say(
        self,
        type_: str,
        evidence: str,
        body: Mapping[str, Any],
        *,
        change: Callable[[Statement], Statement] = lambda statement: statement,
        by: Sequence[Authenticator] = (),
        **options: Any,
    ) -> int:
        """As `Center.say`, at this center's own clock. `by`: whose own keys sign beside the center's."""
        at = f"{self.clock:%Y-%m-%dT%H:%M:%S}.{self.clock.microsecond // 1000:03}Z"
        self.clock += timedelta(minutes=1)

        def dated(statement: Statement) -> Statement:
            return change(replace(statement, at=at))

        options.setdefault("beside", lambda message: [one.beside(message) for one in by])
        return super().say(type_, evidence, body, change=dated, **options)

    def stamp(self, authority: str = "first", at: datetime = STAMPED, size: int | None = None) -> bytes:
        """An authority's response over the tree of now, or of `size`; exported with the package."""
        size = len(self.leaves) if size is None else size
        who = {"first": FIRST, "second": SECOND_AUTHORITY}[authority]
        response = who.respond(self.checkpoint(size).text().encode(), at, serial=size)
        self.stamps[size, authority] = response
        return response

    def export(  # type: ignore[override]
        self,
        folder: Path,
        items: Sequence[Recording | Cut],
        *,
        viewing_copies: bool = True,
        documents: Mapping[str, bytes] | None = None,
    ) -> Path:
        """As `Center.export`, with the stamps there are."""
        prepared = write_court_package(
            folder,
            items=[
                item.recording.excerpt(item.begin, item.end) if isinstance(item, Cut) else item.pieces()
                for item in items
            ],
            statements=dict(self.in_folder),
            policy=self.policy.data,
            details={n: content for n, content in self.details.items() if n in self.in_folder},
            documents=documents,
            viewing_copies=viewing_copies,
            today=EXPORTED_ON,
        )
        digest = prepared.package_digest()
        exported = []
        for item in items:
            cut = item if isinstance(item, Cut) else None
            evidence = item.recording.evidence if isinstance(item, Cut) else item.evidence
            exported.append(self.say("evidence.exported", evidence, self.exported(digest, cut)))
        trees = prepared.earlier_trees() | {size for size, _ in self.stamps}
        return prepared.finish(
            {position: self.in_folder[position] for position in exported},
            {position: self.prove(position) for position in self.in_folder},
            {size: self.consistency(size) for size in trees},
            self.stamps,
        )


# --- What happens in them ---------------------------------------------------------------------------------


def enrol(center: Deployment) -> None:
    """The recorder; where persons have keys, a person's role and key too."""
    center.enrol()
    if center.persons:
        role = {"organisation": "prosecution", "person": PROSECUTOR.id, "role": "prosecutor"}
        center.say("role.given", DEPLOYMENT, role, case=None, actor=SYSTEM)
        center.say("credential.enrolled", DEPLOYMENT, PASSKEY.enrolment, case=None, actor=SYSTEM)


def film(center: Deployment, recording: Recording, seconds: int = SECONDS) -> None:
    """What the cameras and the microphone saw, with what happened meanwhile."""
    for track, name in enumerate((WIDE, CLOSE, MICROPHONE), start=1):
        recording.add("init", clip(name).init, track)
    for second in range(seconds):
        wide = WIDE if second < FROM[WIDE_SMALLER] else WIDE_SMALLER
        if second == FROM[WIDE_SMALLER]:
            recording.event("size", second * SECOND, track=1, width=96, height=54)
            recording.add("init", clip(WIDE_SMALLER).init, 1, second * SECOND)
        for track, name in enumerate((wide, CLOSE, MICROPHONE), start=1):
            content = clip(name).fragments[second - FROM[name]]
            key_first = name == MICROPHONE or second % 2 == 0
            recording.add("media", content, track, second * SECOND, SECOND, key=key_first)
        if second == 3:
            recording.event("mark", second * SECOND, text="she names him")
            center.progress(recording)


def record(center: Deployment, recording: Recording, **options: Any) -> None:
    """A recording from its start to just before its seal."""
    center.clock = RECORDED if center.clock < RECORDED else center.clock
    at = center.clock
    epoch = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
    center.start(recording, epoch=epoch, **options)
    film(center, recording)


def sealed(
    center: Deployment | None = None, recording: Recording | None = None
) -> tuple[Deployment, Recording]:
    """A recording that was enrolled, opened, recorded and sealed as it should be; stamped, if asked for."""
    center, recording = center or Deployment(), recording or Recording()
    enrol(center)
    center.open_interview()
    record(center, recording)
    center.seal(recording)
    if center.policy.timestamps:
        center.stamp()
    return center, recording


def view(center: Deployment, **options: Any) -> int:
    """Somebody views it; signs it, where persons have keys."""
    options = {"details": {"name": "Person L", "why": "to prepare"}, **options}
    options.setdefault("by", [PASSKEY] if center.persons else [])
    return center.say("evidence.viewed", EVIDENCE, {}, **options)


def rehash(center: Deployment, recording: Recording, **wrong: Any) -> None:
    """The recording committed to anew, under SHA-512."""
    pieces = [(one, salt, rehashing.sha512(content).digest()) for one, salt, content in recording.opened]
    body = rehashing.rehash(recording.manifest.canonical(), pieces) | wrong
    center.say("evidence.rehashed", recording.evidence, body, actor=SYSTEM)


def honest(center: Deployment | None = None) -> tuple[Deployment, Recording]:
    """What the whole package and the excerpt are exported from."""
    center, recording = sealed(center)
    view(center)
    return center, recording


def whole(folder: Path) -> None:
    center, recording = honest()
    center.export(folder, [recording])


CUT = (2_500_000, 3_500_000)
"""From and to of the excerpt, in µs."""


def excerpt(folder: Path) -> None:
    center, recording = honest()
    center.export(folder, [Cut(recording, *CUT)])


def small(folder: Path) -> None:
    center, recording = honest(Deployment.small())
    center.export(folder, [recording])


def plant(center: Deployment, recording: Recording, folder: Path) -> None:
    """Export without the newest statement, which the package's writer would refuse, then put it in."""
    position = len(center.leaves) - 1
    leaf = center.in_folder.pop(position)
    center.details.pop(position, None)
    center.export(folder, [recording])
    (folder / f"data/statements/{position}.json").write_bytes(leaf)
    (folder / f"data/statements/{position}.tlog-proof").write_bytes(center.prove(position))
    court_packages.list_again(folder)


def export_otherwise(center: Deployment, folder: Path, evidence: str = EVIDENCE, **wrong: Any) -> None:
    """Put another `evidence.exported` in the place of the newest, about the same package."""
    position = len(center.leaves) - 1
    old = SignedStatement.parse(center.leaves.pop()).statement
    before = max(n for n in center.in_folder if n < position and _evidence(center.in_folder[n]) == evidence)
    center.heads[evidence] = SignedStatement.parse(center.leaves[before]).head
    center.clock -= timedelta(minutes=1)
    center._notes.clear()
    center.say("evidence.exported", evidence, {**old.body, **wrong})
    prove_again(center, folder)


def prove_again(center: Deployment, folder: Path) -> None:
    """All statements of the folder as the ledger has them now, their proofs, earlier trees, and the lists."""
    for path in court_packages.files_of(folder, "data/statements/*.json"):
        position = int(path.stem)
        path.write_bytes(center.leaves[position])
        path.with_suffix(".tlog-proof").write_bytes(center.prove(position))
    for path in sorted(folder.glob("data/checkpoints/*.consistency")):  # none, where no recording is here
        path.write_bytes(center.consistency(int(path.stem)))
    court_packages.list_again(folder)


def _evidence(leaf: bytes) -> str:
    return SignedStatement.parse(leaf).statement.evidence


def remove(folder: Path) -> None:
    shutil.rmtree(folder)
