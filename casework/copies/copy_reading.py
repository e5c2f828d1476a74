"""The reading of a copy of one sealed recording: every object in it, checked against the ledger.

What the copy must hold comes from `expected_objects`. Changes nothing: `scrub` notes, repairs and states what
is found here. Damage that a viewer meets is noted in `casework.evidence.sealed_recordings`.

Trusts: no place and no row, as `expected_objects`. Needs no key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeVar

from casework.copies.expected_objects import ExpectedContents, Segment, frame_of
from chain_of_custody.items.record import Record, timecode
from vault.errors import ObjectMissing, StoreUnavailable, VaultError
from vault.stores.base import Store

Wrong = Literal["missing", "unreadable", "altered", "shorter", "longer", "surplus"]
"""What can be wrong with an object. `unreadable`: the store returns other objects but not this one;
`surplus`: it does not belong to the item."""

Pace = Callable[[int], None]
"""Called with the number of bytes about to be read; may wait, and may raise to end the reading."""

AWAY = 3
"""Consecutive unreadable objects after which a store counts as unavailable: one bad block is not enough."""

Value = TypeVar("Value")
Given = TypeVar("Given")


@dataclass(frozen=True)
class Finding:
    """One object that is not as recorded."""

    key: str
    wrong: Wrong
    at: int | None = None
    """Approximate offset of the first wrong byte; for a segment the start of a frame."""
    span: tuple[int, int] | None = None
    """Begin and end in the part, µs, of the pieces that this copy lacks intact; None: no time affected."""
    records: int = 0
    """Number of those pieces."""

    def __str__(self) -> str:
        at = "" if self.at is None else f" from byte {self.at}"
        concerns = ""
        if self.span is not None:
            begin, end = (timecode(moment) for moment in self.span)
            concerns = f": {self.records} pieces, {begin} to {end}"
        return f"{self.key} {self.wrong}{at}{concerns}"


@dataclass(frozen=True)
class Reading:
    """The result of reading a copy of one recording."""

    read: frozenset[str]
    """Keys of the objects that were checked against the ledger; nothing is known of others."""
    findings: Sequence[Finding]
    size: int
    """Bytes read."""
    whole: bool
    """Whether that was everything the copy must hold."""


def read_copy(
    holding: ExpectedContents,
    store: Store,
    *,
    carried: bool = True,
    pace: Pace = lambda size: None,
    workers: int = 1,
) -> Reading:
    """Read every object of a recording in one store, and check it against the ledger.

    `carried`: whether all of it was copied there; if not, missing objects are not findings. `workers`:
    threads that read and hash. Raises `StoreUnavailable` if the store does not answer: there is no result.
    """
    prefix = f"recordings/{holding.evidence}/"
    there = set(store.list(prefix))
    wanted = [key for key in holding.keys if key in there]
    size = 0
    of_object: dict[str, Finding | None] = {}

    def sizes(key: str) -> int:
        segment = holding.segments.get(key)
        return segment.size if segment else len(holding.files.get(key.rpartition("/")[2], b""))

    def look(key: str) -> tuple[Finding | None, int]:
        return _look(holding, store, key)

    unreadable: list[str] = []
    in_a_row = 0
    with ThreadPoolExecutor(workers, "scrub") as pool:
        for key, data in _in_order(pool, workers, look, wanted, lambda key: pace(sizes(key))):
            if isinstance(data, StoreUnavailable):
                unreadable.append(key)
                in_a_row += 1
                if in_a_row == AWAY:
                    raise data
                continue
            in_a_row = 0
            of_object[key], length = data
            size += length
    for key in unreadable:
        # Retry, now that others were read: an unavailable store is "not read", never "damaged".
        try:
            of_object[key], length = look(key)
            size += length
        except StoreUnavailable:
            next(iter(store.list(prefix)), None)
            if not of_object:
                raise
            of_object[key] = _concerning(holding, key, Finding(key, "unreadable"))
    missing = [key for key in holding.keys if key not in there]
    if carried:
        of_object |= {key: _concerning(holding, key, Finding(key, "missing")) for key in missing}
    findings = [one for one in of_object.values() if one is not None]
    if holding.known:
        findings += [Finding(key, "surplus") for key in sorted(there - set(holding.keys))]
    return Reading(frozenset(of_object), findings, size, holding.known and (carried or not missing))


def _look(holding: ExpectedContents, store: Store, key: str) -> tuple[Finding | None, int]:
    """Read one object; return (its finding or None, bytes read). Raises `StoreUnavailable`."""
    try:
        data = store.get(key)
    except ObjectMissing:
        return _concerning(holding, key, Finding(key, "missing")), 0
    except StoreUnavailable:
        raise
    except VaultError:  # the store itself detects that the bytes have changed
        return _concerning(holding, key, Finding(key, "altered")), 0
    segment = holding.segments.get(key)
    if segment is not None:
        return _wrong(segment, data), len(data)
    name = key.rpartition("/")[2]
    if sha256(data).hexdigest() == holding.digests[name]:
        return None, len(data)
    return _differing(key, data, holding.files.get(name)), len(data)


def _wrong(segment: Segment, data: bytes) -> Finding | None:
    """Compare `data` with the segment; None if each byte is as recorded."""
    bad = [(record, place) for record, place in segment.frames if frame_of(record, place, data) is None]
    if not bad:
        return None if len(data) == segment.size else Finding(segment.key, "longer", segment.size)
    _, first = bad[0]
    if first.end > len(data):
        finding = Finding(segment.key, "shorter", len(data))
    else:
        finding = Finding(segment.key, "altered", first.offset)
    return _about(finding, [record for record, _ in bad])


def _differing(key: str, data: bytes, right: bytes | None) -> Finding:
    if right is None:
        return Finding(key, "altered")
    pairs = zip(data, right, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
    if at is not None:
        return Finding(key, "altered", at)
    shorter = len(data) < len(right)
    return Finding(key, "shorter" if shorter else "longer", min(len(data), len(right)))


def _concerning(holding: ExpectedContents, key: str, finding: Finding) -> Finding:
    """Add the time span of the whole object. A copy without its index is useless alone, but no time span can
    be stated for that."""
    segment = holding.segments.get(key)
    return finding if segment is None else _about(finding, [record for record, _ in segment.frames])


def _about(finding: Finding, records: Sequence[Record]) -> Finding:
    span = (min(record.start for record in records), max(record.end for record in records))
    return Finding(finding.key, finding.wrong, finding.at, span, len(records))


def _in_order(
    pool: ThreadPoolExecutor,
    workers: int,
    work: Callable[[Given], Value],
    given: Sequence[Given],
    before: Callable[[Given], None],
) -> Iterator[tuple[Given, Value | StoreUnavailable]]:
    """Yield the result of `work` for each, a few at a time, which bounds the objects in memory."""
    under_way: deque[tuple[Given, Future[Value]]] = deque()

    def finished() -> tuple[Given, Value | StoreUnavailable]:
        key, future = under_way.popleft()
        try:
            return key, future.result()
        except StoreUnavailable as away:
            return key, away

    for one in given:
        before(one)
        under_way.append((one, pool.submit(work, one)))
        if len(under_way) > workers:
            yield finished()
    while under_way:
        yield finished()
