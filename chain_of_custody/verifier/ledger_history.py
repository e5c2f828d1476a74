"""Check that earlier states are prefixes of this ledger, and find when authorities timestamped them.

Steps 8 and 9 of `verify`. A recording's start names the state that it came after, and a timestamp covers a
state. Both count only if that state is a prefix of *this* ledger, which a consistency file proves.

Trusts: the common checkpoint, the chains, and the policy's authorities. Raises `Malformed` and `NotProved`.

Specification: docs/spec/court-package.md, docs/spec/time.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Incomplete, NotProved, located
from chain_of_custody.package.contents import consistency_path, timestamp_path
from chain_of_custody.timestamping.stamp import Stamp
from chain_of_custody.timestamping.token_verification import (
    Renewal,
    Times,
    clocks_ahead,
    consider,
    verify_token,
)
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.merkle import EMPTY_ROOT
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import Chains, LedgerStatement

_HISTORY, _TIME = "history", "time"


@dataclass(frozen=True)
class TimeFindings:
    """Findings of step 9.

    `stamps`: proved timestamps; `times`: what covers each seal; `ahead`: position of a statement → by how
    much its own clock is later than a timestamp that covers it.
    """

    stamps: tuple[Stamp, ...]
    times: Times
    ahead: Mapping[int, timedelta]


def check_history(
    files: Mapping[int, bytes], timestamped: Iterable[int], chains: Chains, checkpoint: Checkpoint
) -> dict[int, bytes]:
    """Step 8: check that each earlier state that something names has one consistency file.

    Each state must be a prefix of the common checkpoint's tree. Returns size → root.

    `files`: size → consistency file. `timestamped`: sizes that timestamps cover.
    """
    started = [chain[0] for chain in chains.recordings]
    named = {one.statement.body["not_before"]["size"] for one in started} - {0}
    needed = named | set(timestamped)
    for size in sorted(needed - files.keys()):
        raise Incomplete(
            _HISTORY, "nothing shows that this earlier state begins the ledger", consistency_path(size)
        )
    for size in sorted(files.keys() - needed):
        raise NotProved(_HISTORY, "nothing here names this earlier state", consistency_path(size))
    roots = {size: _root(size, content, checkpoint) for size, content in sorted(files.items())}
    for one in started:
        _check_not_before(one, roots)
    return roots


def _root(size: int, content: bytes, checkpoint: Checkpoint) -> bytes:
    parsed = ConsistencyFile.parse(content)
    if parsed.size != size:
        raise NotProved(_HISTORY, f"it is about a tree of {parsed.size} entries", consistency_path(size))
    with located(consistency_path(size), _HISTORY):
        parsed.verify(checkpoint)
    return parsed.root


def _check_not_before(started: LedgerStatement, roots: Mapping[int, bytes]) -> None:
    named = started.statement.body["not_before"]
    root = roots[named["size"]] if named["size"] else EMPTY_ROOT
    if root.hex() != named["root"]:
        raise NotProved(
            _HISTORY, "the ledger that it was begun after is not the one proved here", started.where
        )


def check_times(
    responses: Mapping[tuple[int, str], bytes],
    roots: Mapping[int, bytes],
    chains: Chains,
    seals: Iterable[LedgerStatement],
    policy: TrustPolicy,
) -> TimeFindings:
    """Step 9: check that each timestamp is by an authority of the policy, over an earlier ledger state.

    No timestamp may contradict another. `responses`: (size, authority) → TimeStampResp in DER.
    """
    stamps = []
    for (size, authority), response in sorted(responses.items()):
        where = timestamp_path(size, authority)
        anchor = policy.third_parties.authorities.get(authority)
        if anchor is None:
            raise NotProved(_TIME, "the policy does not name this authority", where)
        text = Checkpoint(policy.log_keys.origin, size, roots[size]).text().encode()
        with located(where, _TIME):
            token = verify_token(response, text, anchor)
        stamps.append(Stamp(authority, size, roots[size].hex(), token))
    renewals = [
        Renewal(one.position, **one.statement.body)
        for one in chains.registry
        if one.statement.type == "timestamp.renewed"
    ]
    times = consider(stamps, [seal.position for seal in seals], renewals)
    clocks = {one.position: canonical_json.moment(one.statement.at) for one in chains.all}
    return TimeFindings(tuple(stamps), times, clocks_ahead(stamps, clocks))
