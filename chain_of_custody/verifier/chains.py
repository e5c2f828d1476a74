"""Check that a court package's statements are in the ledger, correctly signed and without gaps.

Steps 4 to 7 of `verify`. They work on bytes only and do not touch the disk. Call them in this order: each
step relies on what the earlier ones proved. Each raises `Malformed` or a `NotProved`.

Trusts: the policy's keys. This module does not prove that no branch and no later statement exists. Only a
party that monitors the ledger can show that.

Specification: docs/spec/court-package.md, docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved, SignatureInvalid, located
from chain_of_custody.items.file_manifest import NAMES, FileKind
from chain_of_custody.statements.keys import Holder
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.signatures import Signature, check_sheet, signed_by
from chain_of_custody.statements.statement import Head, SignedStatement, Statement, check_follows
from chain_of_custody.statements.types import (
    EXAMINATION,
    RECORDER_TYPES,
    REGISTRY_TYPES,
    SEALS,
    TYPES,
    ChainKind,
)
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import Witnessing, witnessed
from chain_of_custody.trust.policy import TrustPolicy

_CHAIN = "chains"
_CHECKED = "derivative.checked"
_CERTIFIED = "examination.certified"
_TAKEN = "specimen.taken"


@dataclass(frozen=True, slots=True)
class LedgerStatement:
    """A statement at its position in the ledger."""

    position: int
    signed: SignedStatement

    @property
    def statement(self) -> Statement:
        """Return the statement without its signatures."""
        return self.signed.statement

    @property
    def where(self) -> str:
        """Return the statement's place for error messages: `statement 12`."""
        return f"statement {self.position}"


@dataclass(frozen=True)
class Signers:
    """Findings of step 6. `registry`: who may sign what; `by`: position → who answers for that statement."""

    registry: Registry
    by: Mapping[int, Holder]


@dataclass(frozen=True)
class Chains:
    """Proved chains.

    `items`, `interviews` and `specimens`: id of the evidence, interview or specimen → its statements from
    number 0; `registry`: the statements about the deployment itself.
    """

    items: Mapping[str, tuple[LedgerStatement, ...]]
    interviews: Mapping[str, tuple[LedgerStatement, ...]]
    specimens: Mapping[str, tuple[LedgerStatement, ...]]
    registry: tuple[LedgerStatement, ...]

    @property
    def recordings(self) -> tuple[tuple[LedgerStatement, ...], ...]:
        """Return the chains of the items that are recordings, whole or an excerpt."""
        return tuple(chain for chain in self.items.values() if chain[0].statement.type == "recording.started")

    @property
    def all(self) -> tuple[LedgerStatement, ...]:
        """Return every statement, in the ledger's order."""
        groups = (self.items, self.interviews, self.specimens)
        chains = (*(chain for group in groups for chain in group.values()), self.registry)
        return tuple(sorted((filed for chain in chains for filed in chain), key=lambda filed: filed.position))


def newest_check(chain: Sequence[LedgerStatement]) -> LedgerStatement | None:
    """Return a derivative's newest check: a statement by which a second person accepted or refused it."""
    return next((one for one in reversed(chain) if one.statement.type == _CHECKED), None)


def open_common_checkpoint(
    proofs: Mapping[int, TlogProof], policy: TrustPolicy
) -> tuple[Checkpoint, Witnessing]:
    """Step 4: check that all proofs are under one checkpoint and that its signatures are valid.

    The ledger must have signed it with both keys, and no signature by a witness that the policy names may be
    wrong. One checkpoint, because two unconnected ones could belong to two histories.
    """
    notes = {proof.checkpoint_note for proof in proofs.values()}
    if not notes:
        raise Incomplete("checkpoint", "there is no statement, so no checkpoint")
    if len(notes) > 1:
        raise NotProved("checkpoint", "the proofs are not all under the same checkpoint")
    note = notes.pop()
    checkpoint = open_checkpoint(note, policy.log_keys)
    return checkpoint, witnessed(Note.parse(note), checkpoint, policy)


def check_inclusion(
    leaves: Mapping[int, bytes], proofs: Mapping[int, TlogProof], checkpoint: Checkpoint
) -> None:
    """Step 5: check that each statement is in the ledger, at the position its file is named after."""
    for position, leaf in leaves.items():
        proof = proofs[position]
        where = f"statement {position}"
        if proof.index != position:
            raise Altered("inclusion", f"its proof is for position {proof.index}", where)
        if proof.extra is not None:
            raise NotProved("inclusion", "its proof carries extra data, which nothing vouches for", where)
        with located(where):
            proof.verify_under(leaf, checkpoint)


def check_signatures(filed: Sequence[LedgerStatement], policy: TrustPolicy) -> Signers:
    """Step 6: check that each statement is signed by a key valid for it then, and the registry is complete.

    1. The statements about the deployment itself, from number 0 on, say whose key was valid when.
    2. They reach at least as far as the newest export states.
    3. Every other statement is signed by keys that were valid at its position.

    The order in the ledger decides what was earlier, not clocks.
    """
    registry = Registry(policy.deployment, policy.center_key)
    about_center = [one for one in filed if one.statement.evidence == policy.deployment]
    for one in about_center:  # 1
        registry.add(one.position, one.signed)
    named = [one.statement.body["registry"] for one in filed if one.statement.type == "evidence.exported"]
    if named:  # 2
        registry.require(max(named))
    by: dict[int, Holder] = {}
    for one in filed:  # 3
        with located(one.where):
            by[one.position] = signed_by(one.signed.verify(registry.keys, one.position))
    return Signers(registry, by)


def check_chains(
    filed: Sequence[LedgerStatement],
    items: Collection[str],
    policy: TrustPolicy,
    files: Mapping[str, FileKind] | None = None,
) -> Chains:
    """Step 7: check that each chain is numbered and linked from 0 without a gap and has its kind's content.

    1. Every statement belongs to an item of the package, to the interview of one, to a specimen of the case
       of one, or to the registry.
    2. In each chain every statement names its predecessor, and every sheet that a person signed is whole.
    3. A recording begins with `recording.started`, is sealed once, and nothing is recorded after that. One
       recorder signs all of this.
    4. Its interview was opened before it began, in the same case. No other recording is the same part of it.
       A safety recording names the part it accompanies. If that part is in the package, it has the same
       number and interview and is not itself a safety recording.
    5. An interview is opened once, in its own chain, and nothing is recorded there.
    6. A file begins with the seal of its kind and is sealed once. No other of its kind has its number in the
       case. Only a derivative is checked, by a person other than the one who had it made.
    7. The chain of a specimen begins with `specimen.taken`, by a person, and is about nothing else. No other
       specimen has its number in the case. `specimens.check_specimens` checks what is said there.

    `files`: the `items` that are a file, and of which kind.
    """
    files = files or {}
    chains = _sort(filed, policy)
    registry = chains.pop(policy.deployment, ())
    for evidence in items:  # 1
        if evidence not in chains:
            raise Incomplete(_CHAIN, "there is no statement about the item", f"evidence {evidence}")
    mine = {evidence: chains.pop(evidence) for evidence in items}
    for chain in (*mine.values(), *chains.values()):  # 2
        _check_linked(chain)
    for chain in (registry, *mine.values(), *chains.values()):
        _check_sheets(chain)
    for evidence, kind in files.items():  # 6
        _check_file(mine[evidence], kind, policy)
    _check_numbers([(kind, mine[evidence][0]) for evidence, kind in files.items()])
    specimens = {
        evidence: chains.pop(evidence)
        for evidence, chain in list(chains.items())
        if chain[0].statement.type == _TAKEN
    }
    _check_specimens(specimens, {chain[0].statement.case for chain in mine.values()}, policy)  # 7
    recordings = [chain for evidence, chain in mine.items() if evidence not in files]
    for chain in recordings:  # 3
        _check_recording(chain)
    interviews = {chain[0].statement.body["interview"] for chain in recordings}
    for interview, chain in chains.items():
        if interview not in interviews:
            raise NotProved(_CHAIN, "the statement belongs to none of the items here", chain[0].where)
    for chain in recordings:  # 4
        _check_interview(chain, chains.get(chain[0].statement.body["interview"], ()))
    _check_parts([chain[0] for chain in recordings])
    for chain in recordings:  # 5
        _check_kind(chain, "recording")
    for chain in chains.values():
        _check_kind(chain, "interview")
    return Chains(mine, chains, specimens, registry)


def _sort(filed: Sequence[LedgerStatement], policy: TrustPolicy) -> dict[str, tuple[LedgerStatement, ...]]:
    """Group statements into chains by the evidence they are about, each in the ledger's order."""
    chains: dict[str, list[LedgerStatement]] = {}
    for statement in sorted(filed, key=lambda statement: statement.position):
        about = statement.statement.evidence
        if (statement.statement.type in REGISTRY_TYPES) != (about == policy.deployment):
            raise NotProved(_CHAIN, "the statement belongs into another chain", statement.where)
        chains.setdefault(about, []).append(statement)
    return {about: tuple(chain) for about, chain in chains.items()}


def _check_linked(chain: Sequence[LedgerStatement]) -> None:
    head: Head | None = None
    for filed in chain:
        with located(filed.where):
            check_follows(head, filed.statement)
        if filed.statement.case != chain[0].statement.case:
            raise NotProved(_CHAIN, "the statement is of another case than its chain", filed.where)
        head = filed.signed.head


def _check_sheets(chain: Sequence[LedgerStatement]) -> None:
    """Check that every sheet that a person signed is complete: its acts directly follow each other."""
    before: Sequence[Signature] = ()
    for filed in chain:
        with located(filed.where, _CHAIN):
            check_sheet(before, filed.signed.signatures)
        before = filed.signed.signatures
    for last in chain[-1:]:
        with located(last.where, _CHAIN):
            check_sheet(before, ())


def _check_recording(chain: Sequence[LedgerStatement]) -> None:
    start, types = chain[0], [one.statement.type for one in chain]
    recorded = [type_ for type_ in types if type_ in RECORDER_TYPES]
    if types[: len(recorded)] != recorded:
        raise NotProved(_CHAIN, "something is said to be recorded after the seal", start.where)
    if "recording.sealed" not in types:
        raise Incomplete(_CHAIN, "the recording was never sealed", chain[-1].where)
    interrupted = recorded.count("recording.interrupted")
    ending = ["recording.interrupted"] * interrupted + ["recording.sealed"]
    middle = ["recording.progress"] * (len(recorded) - 1 - len(ending))
    if interrupted > 1 or recorded != ["recording.started", *middle, *ending]:
        raise NotProved(_CHAIN, "the recording was not started, then sealed, once each", start.where)
    if start.statement.body["not_before"]["size"] > start.position:
        raise NotProved(_CHAIN, "it names a ledger that cannot have been there before it", start.where)
    recorder = start.statement.body["recorder"]
    for one in chain[: len(recorded)]:
        if [signature.key for signature in one.signed.signatures] != [recorder]:
            raise SignatureInvalid(
                _CHAIN, "it is signed by another recorder than the one that began", one.where
            )
    seal = chain[len(recorded) - 1]
    if (seal.statement.body["state"] == "interrupted") != (interrupted == 1):
        raise NotProved(_CHAIN, "seal and interruption contradict each other", seal.where)


def _check_file(chain: Sequence[LedgerStatement], kind: FileKind, policy: TrustPolicy) -> None:
    if chain[0].statement.type != SEALS[kind]:
        raise NotProved(_CHAIN, f"the chain does not begin with the seal of a {NAMES[kind]}", chain[0].where)
    _check_kind(chain, kind)
    excluded = (chain[0].statement.actor.id, policy.deployment)
    for one in chain[1:]:
        if one.statement.type == _CHECKED and one.statement.actor.id in excluded:
            raise NotProved(_CHAIN, "it was checked by nobody but who had it made", one.where)


def _check_numbers(seals: Sequence[tuple[FileKind, LedgerStatement]]) -> None:
    """Reject two files of one kind that are one number of their case: one could replace the other."""
    taken: set[tuple[FileKind, str | None, int]] = set()
    for kind, seal in sorted(seals, key=lambda one: one[1].position):
        number = seal.statement.body["number"]
        if (kind, seal.statement.case, number) in taken:
            reason = f"another {NAMES[kind]} is also number {number} of its case"
            raise NotProved(_CHAIN, reason, seal.where)
        taken.add((kind, seal.statement.case, number))


def _check_specimens(
    specimens: Mapping[str, Sequence[LedgerStatement]], cases: Collection[str | None], policy: TrustPolicy
) -> None:
    taken: set[tuple[str | None, int]] = set()
    for chain in specimens.values():
        first = chain[0].statement
        if first.case not in cases:
            raise NotProved(_CHAIN, "the statement belongs to none of the items here", chain[0].where)
        if first.actor.id == policy.deployment:
            raise NotProved(_CHAIN, "a specimen was taken by nobody", chain[0].where)
        if (first.case, number := first.body["number"]) in taken:
            reason = f"another specimen is also number {number} of its case"
            raise NotProved(_CHAIN, reason, chain[0].where)
        taken.add((first.case, number))
        for one in chain[1:]:
            if one.statement.type == _TAKEN or TYPES[one.statement.type].chain != "specimen":
                raise NotProved(_CHAIN, "the statement belongs into another chain", one.where)


def _check_interview(recording: Sequence[LedgerStatement], interview: Sequence[LedgerStatement]) -> None:
    if not interview or interview[0].statement.type != "interview.opened":
        raise Incomplete(_CHAIN, "there is no statement that opened its interview", recording[0].where)
    if interview[0].position >= recording[0].position:
        raise NotProved(_CHAIN, "the interview was opened only after the recording began", recording[0].where)
    if interview[0].statement.case != recording[0].statement.case:
        raise NotProved(_CHAIN, "the recording and its interview are of different cases", recording[0].where)
    if interview[0].statement.body["practice"]:
        raise NotProved(_CHAIN, "the interview was for practice and is not evidence", interview[0].where)
    for one in interview:
        if one.statement.type == "interview.voided":
            raise NotProved(_CHAIN, "the interview was voided, and something is recorded in it", one.where)


def _check_kind(chain: Sequence[LedgerStatement], kind: ChainKind) -> None:
    """Check that each statement after the first may occur in a chain of this kind, which none can change."""
    record = chain[0].statement.body.get("format") == EXAMINATION  # of an examination
    for one in chain[1:]:
        type_ = TYPES[one.statement.type]
        stray = one.statement.type == _CERTIFIED and not record
        if type_.begins or type_.chain not in (None, kind) or stray:
            raise NotProved(_CHAIN, "the statement belongs into another chain", one.where)


def _check_parts(starts: Sequence[LedgerStatement]) -> None:
    """Reject two recordings that are the same part of an interview: one could replace the other."""
    parts: set[tuple[str, int]] = set()
    here = {start.statement.evidence: start.statement.body for start in starts}
    for start in sorted(starts, key=lambda start: start.position):
        part = (start.statement.body["interview"], start.statement.body["part"])
        if (beside := start.statement.body.get("beside")) is not None:
            main = here.get(beside)
            if main is not None and ("beside" in main or (main["interview"], main["part"]) != part):
                raise NotProved(_CHAIN, "it stands beside another part than it says", start.where)
            continue
        if part in parts:
            raise NotProved(_CHAIN, f"another recording is also part {part[1]} of its interview", start.where)
        parts.add(part)


def parse_statements(leaves: Mapping[int, bytes]) -> list[LedgerStatement]:
    """Return the statements, not verified, in the order of their positions."""
    filed = []
    for position, leaf in sorted(leaves.items()):
        try:
            filed.append(LedgerStatement(position, SignedStatement.parse(leaf)))
        except Malformed as error:
            raise Malformed(f"statement {position}: {error}") from error
    return filed
