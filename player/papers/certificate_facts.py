"""Facts for the certificate of a court package: what a qualified person would certify about it.

Process, versions, digests, signers, chain of custody, and what is *not* proved; in Arabic and English, with
room for the qualified person's own signature (compare US FRE 902(13) and (14), which require a process
described by a qualified person, based on digests). The paper is in the package and the package's digest
covers it, so the last statement of each item vouches for it. The paper cannot name that statement, because it
is made before.

Facts only; words and layout are in `documents/certificate.typ` and `certificate-words.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.items.record import timecode
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Actor, SignedStatement
from chain_of_custody.trust.policy import TrustPolicy
from player.papers.case_uco import RecordedFile


@dataclass(frozen=True)
class Stamp:
    """An independent authority's timestamp that a seal existed at a time."""

    at: datetime
    authority: str


@dataclass(frozen=True)
class CertifiedItem:
    """One recording, or an excerpt of one, as it is in the package."""

    evidence: str
    part: int
    state: str
    """`complete` or `interrupted`."""
    excerpt: tuple[int, int] | None
    """Begin and end, µs of the part's timeline."""
    epoch: datetime
    duration: int | None
    """µs; None if unknown, as for the whole recording of an excerpt."""
    recorder: str
    recorder_name: str
    tracks: Sequence[str]
    records: int
    manifest: str
    root: str
    sealed: tuple[int, str]
    """Ledger position and time of `recording.sealed`."""
    stamps: Sequence[Stamp]
    files: Sequence[RecordedFile]
    safety: bool = False
    """Whether it is the safety recording of that part, made by the room's browser."""


@dataclass(frozen=True)
class CertifiedFile:
    """One photograph, document or derivative, as it is in the package. `kind`: which; `number`: of its kind
    in the case; `sealed`: ledger position and time of its seal; `files`: itself and what was made from it."""

    evidence: str
    kind: str
    number: int
    records: int
    manifest: str
    root: str
    sealed: tuple[int, str]
    stamps: Sequence[Stamp]
    files: Sequence[RecordedFile]


@dataclass(frozen=True)
class Exporting:
    """Who makes the package, when and why."""

    actor: Actor
    name: str | None
    at: datetime
    purpose: str


def certificate_facts(
    *,
    case: str,
    items: Sequence[CertifiedItem],
    exhibits: Sequence[CertifiedFile],
    statements: Mapping[int, SignedStatement],
    names: Mapping[int, str],
    exporting: Exporting,
    policy: TrustPolicy,
    authority: bytes,
    software: str,
) -> dict[str, Any]:
    """Return the input of `certificate.typ`. `statements`: position → the items' and interviews' statements
    until now; `names`: position → the person's name at that time; `authority`: the center's, X.509 in DER."""
    return {
        "deployment": policy.deployment,
        "trial": policy.trial,
        "case": case,
        "software": software,
        "origin": policy.log_keys.origin,
        "policy": policy.fingerprint,
        "center_key": policy.center_key.id,
        "authority": sha256(authority).hexdigest(),
        # By name. Whether they cosign is not known yet: they cosign a checkpoint made after this paper.
        "witnesses": witness_facts(policy),
        "exported": {
            "at": _moment(exporting.at),
            "purpose": exporting.purpose,
            **_who(exporting.actor, exporting.name),
        },
        "items": [_item(item) for item in items],
        "exhibits": [_exhibit(one) for one in exhibits],
        "history": list(_history(statements, names)),
        "unproved": _unproved(items, exhibits, statements, policy),
    }


def witness_facts(policy: TrustPolicy) -> list[dict[str, Any]]:
    """Return the policy's witnesses for papers: a witness with two keys is listed once."""
    return [{"name": one.name, "keys": len(one.keys)} for one in policy.third_parties.named_witnesses]


def _item(item: CertifiedItem) -> dict[str, Any]:
    excerpt = item.excerpt
    length = excerpt[1] - excerpt[0] if excerpt else item.duration
    return {
        "part": item.part,
        "safety": item.safety,
        "evidence": item.evidence,
        "state": item.state,
        "excerpt": None if excerpt is None else {"from": timecode(excerpt[0]), "to": timecode(excerpt[1])},
        "began": _moment(item.epoch),
        "length": "–" if length is None else timecode(length),
        "recorder": item.recorder,
        "recorder_name": item.recorder_name,
        "tracks": list(item.tracks),
        "records": item.records,
        "manifest": item.manifest,
        "root": item.root,
        **_sealed(item),
    }


def _exhibit(one: CertifiedFile) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "number": one.number,
        "evidence": one.evidence,
        "records": one.records,
        "manifest": one.manifest,
        "root": one.root,
        **_sealed(one),
    }


def _sealed(item: CertifiedItem | CertifiedFile) -> dict[str, Any]:
    return {
        "sealed": {"position": item.sealed[0], "at": _moment(moment(item.sealed[1]))},
        "timestamps": [{"at": _moment(stamp.at), "authority": stamp.authority} for stamp in item.stamps],
        "files": [
            {
                "path": file.path.removeprefix("data/").replace(item.evidence, item.evidence[:8] + "…"),
                "size": f"{file.size:,}",
                "sha256": file.sha256,
            }
            for file in item.files
        ],
    }


def _history(statements: Mapping[int, SignedStatement], names: Mapping[int, str]) -> Iterable[dict[str, Any]]:
    """Return one line per statement; a recorder's half-minute commitments are one line, at the last."""
    progress: dict[str, list[int]] = {}
    for position, signed in statements.items():
        if signed.statement.type == "recording.progress":
            progress.setdefault(signed.statement.evidence, []).append(position)
    last = {max(positions): len(positions) for positions in progress.values()}
    for position, signed in sorted(statements.items()):
        statement = signed.statement
        if statement.type == "recording.progress" and position not in last:
            continue
        yield {
            "at": _moment(moment(statement.at)),
            "type": statement.type,
            "position": position,
            "count": last.get(position, 1),
            "personal": _personal(signed),
            **_who(statement.actor, names.get(position)),
        }


def _unproved(
    items: Sequence[CertifiedItem],
    exhibits: Sequence[CertifiedFile],
    statements: Mapping[int, SignedStatement],
    policy: TrustPolicy,
) -> list[str]:
    found = {
        "trial-keys": policy.trial,
        "person-not-signed": any(
            signed.statement.actor.role not in ("system", "recorder") and not _personal(signed)
            for signed in statements.values()
        ),
        "witness": bool(policy.witnesses),
        "no-witness": not policy.witnesses,
        "no-timestamp": not all([*(item.stamps for item in items), *(one.stamps for one in exhibits)]),
        "interrupted": any(item.state == "interrupted" for item in items),
        "excerpt": any(item.excerpt for item in items),
        "other-parts": bool(items),
        "other-files": any(one.kind != "derivative" for one in exhibits),
        "no-monitor": True,
        "before-camera": bool(items),
        "files-origin": any(one.kind != "derivative" for one in exhibits),
        "derivatives": any(one.kind == "derivative" for one in exhibits),
    }
    return [code for code, holds in found.items() if holds]


def _personal(signed: SignedStatement) -> bool:
    return any(isinstance(signature, WebAuthnSignature) for signature in signed.signatures)


def _who(actor: Actor, name: str | None) -> dict[str, Any]:
    return {"role": actor.role, "id": actor.id, "name": name}


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
