"""Facts for the certificate of a court package, as a qualified person would certify them.

Process, versions, digests, signers, chain of custody, and what is *not* proved; in Arabic and English, with
room for the qualified person's own signature (compare US FRE 902(13) and (14), which require a process
described by a qualified person, based on digests). The paper is in the package and the package's digest
covers it, so the last statement of each item vouches for it. The paper cannot name that statement, because it
is made before.

Facts only; words and layout are in `documents/certificate.typ` and `certificate-words.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from casework.evidence.export import ExportedFile, ExportedItem, ExportFacts
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.items.record import timecode
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Actor, SignedStatement
from chain_of_custody.trust.policy import TrustPolicy
from player.papers import typeset
from player.papers.case_uco import is_safety, recorded_files


def certificate_facts(facts: ExportFacts) -> dict[str, Any]:
    """Return the input of `certificate.typ`."""
    policy = facts.policy
    return {
        **typeset.center_facts(policy, facts.authority),
        "case": {"number": facts.case_number, "id": facts.case},
        "center_key": policy.center_key.id,
        # By name. It is not known yet whether they cosign: their checkpoint is made after this paper.
        "witnesses": witness_facts(policy),
        "exported": {
            "at": typeset.moment(facts.at),
            "purpose": facts.purpose,
            **_who(facts.actor, facts.name),
        },
        "items": [_item(facts, item) for item in facts.items],
        "exhibits": [_exhibit(facts, one) for one in facts.exhibits],
        "history": list(_history(facts.statements, facts.names)),
        "unproved": _unproved(facts),
    }


def witness_facts(policy: TrustPolicy) -> list[dict[str, Any]]:
    """Return the policy's witnesses for papers: a witness with two keys is listed once."""
    return [{"name": one.name, "keys": len(one.keys)} for one in policy.third_parties.named_witnesses]


def _item(facts: ExportFacts, item: ExportedItem) -> dict[str, Any]:
    excerpt = item.excerpt
    length = excerpt[1] - excerpt[0] if excerpt else item.duration
    return {
        "part": item.part,
        "safety": is_safety(facts, item.evidence),
        "state": item.manifest.state,
        "excerpt": None if excerpt is None else {"from": timecode(excerpt[0]), "to": timecode(excerpt[1])},
        "began": typeset.moment(moment(item.header.epoch)),
        "length": "–" if length is None else timecode(length),
        "recorder": item.header.recorder,
        "recorder_name": item.recorder_name,
        "tracks": [track.name for track in item.header.tracks],
        "records": item.manifest.records,
        "root": item.manifest.root,
        **_sealed(facts, item),
    }


def _exhibit(facts: ExportFacts, file: ExportedFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "number": file.number,
        "records": file.records,
        "root": file.root,
        "source": facts.statements[file.sealed].statement.body.get("source"),
        **_sealed(facts, file),
    }


def _sealed(facts: ExportFacts, item: ExportedItem | ExportedFile) -> dict[str, Any]:
    at = facts.statements[item.sealed].statement.at
    return {
        "evidence": item.evidence,
        "manifest": item.manifest_digest,
        "sealed": {"position": item.sealed, "at": typeset.moment(moment(at))},
        "timestamps": [
            {"at": typeset.moment(stamp.at), "authority": stamp.authority} for stamp in item.stamps
        ],
        "files": [
            {
                "path": file.path.removeprefix("data/").replace(item.evidence, item.evidence[:8] + "…"),
                "size": f"{file.size:,}",
                "sha256": file.sha256,
            }
            for file in recorded_files(facts, item.evidence)
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
            "at": typeset.moment(moment(statement.at)),
            "type": statement.type,
            "position": position,
            "count": last.get(position, 1),
            "personal": _personal(signed),
            **_who(statement.actor, names.get(position)),
        }


def _unproved(facts: ExportFacts) -> list[str]:
    policy, items, exhibits = facts.policy, facts.items, facts.exhibits
    limitations = {
        "trial-keys": policy.trial,
        "person-not-signed": any(
            signed.statement.actor.role not in ("system", "recorder") and not _personal(signed)
            for signed in facts.statements.values()
        ),
        "witness": bool(policy.witnesses),
        "no-witness": not policy.witnesses,
        "no-timestamp": not all([*(item.stamps for item in items), *(one.stamps for one in exhibits)]),
        "interrupted": any(item.manifest.state == "interrupted" for item in items),
        "excerpt": any(item.excerpt for item in items),
        "other-parts": bool(items),
        "other-files": any(one.kind != "derivative" for one in exhibits),
        "no-monitor": True,
        "before-camera": bool(items),
        "files-origin": any(one.kind != "derivative" for one in exhibits),
        "files-received": any(one.kind == "received" for one in exhibits),
        "derivatives": any(one.kind == "derivative" for one in exhibits),
    }
    return [code for code, holds in limitations.items() if holds]


def _personal(signed: SignedStatement) -> bool:
    return any(isinstance(signature, WebAuthnSignature) for signature in signed.signatures)


def _who(actor: Actor, name: str | None) -> dict[str, Any]:
    return {"role": actor.role, "id": actor.id, "name": name}
