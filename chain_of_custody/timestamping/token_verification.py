"""Timestamps: an independent authority's attestation of the ledger's state at a given time.

A token is an RFC 3161 response over the text of a checkpoint. It covers every statement in that tree: they
existed not later than the token's time. Anyone who rewrites the ledger afterwards, even with all the
center's keys, cannot get a token of that day for it.

`verify_token` proves one response:

1. **form**: it is a TimeStampResp in the one accepted form (`rfc3161_token_form`).
2. **data**: the digest in it is that of the data.
3. **certificate**: the signer's certificate is included and is the one that the signed attributes name; it
   is for timestamps alone.
4. **chain**: it leads to the authority's own certificate, each issued by the next, all of them valid **at the
   token's time**. A court verifies years later, when they may have expired; renewal addresses the causes of
   that.
5. **signature**: by that certificate's key, over exactly this.

No library reads the bytes: only digests and signatures are left to one, over values that were read here
(decision 0043).

`consider` combines tokens: it checks that no larger tree is earlier, and finds the tokens and renewals that
cover each seal.

Trusts the anchors, which the policy names. Raises only `Malformed` and `NotProved`.

Specification: docs/spec/time.md; RFC 3161; RFC 5280 section 6 (chains); RFC 4998 section 5.2 (renewal).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from chain_of_custody.errors import Altered, NotProved, SignatureInvalid
from chain_of_custody.timestamping.certificate_chain import STEP, chain_to, check_purpose, parse_anchor
from chain_of_custody.timestamping.certificate_form import Certificate, parse_certificate
from chain_of_custody.timestamping.public_keys import kind_of, verifies
from chain_of_custody.timestamping.renewal_index import Successors
from chain_of_custody.timestamping.rfc3161_token_form import Response, parse_response
from chain_of_custody.timestamping.stamp import Stamp, Token


def verify_token(response: bytes, data: bytes, anchor: bytes) -> Token:
    """Return the token in `response` (DER) over `data` by the authority with certificate `anchor` (DER).

    Raises `Malformed` and `NotProved`; the module's docstring lists the steps.
    """
    authority = parse_anchor(anchor)
    read = parse_response(response)  # 1
    info = read.info
    if hashlib.new(info.hash, data).digest() != info.imprint:  # 2
        raise Altered(STEP, "the timestamp is over something else")
    certificates = [parse_certificate(one) for one in read.certificates]
    signer = _signer(read, certificates)  # 3
    chain = chain_to(authority, signer, certificates, info.at)  # 4
    _verify_signature(read, signer)  # 5
    return Token(
        at=info.at,
        accuracy=info.accuracy,
        serial=info.serial,
        hash=info.hash,
        expires_at=min(one.end for one in chain),
        nonce=info.nonce,
        digest=token_digest(response),
    )


def token_digest(response: bytes) -> str:
    """Return the SHA-512 of a whole response, in hexadecimal."""
    return hashlib.sha512(response).hexdigest()


def _signer(read: Response, certificates: Sequence[Certificate]) -> Certificate:
    """Return the signer's certificate, after checking that it is the one that was signed for."""
    who = read.signer
    named = [
        one for one in certificates if (one.issuer, one.serial_number) == (who.issuer, who.serial_number)
    ]
    if len(named) != 1:
        raise NotProved(STEP, "the signer's certificate did not come with the timestamp")
    for name, digest in who.certificate_digests:
        if hashlib.new(name, named[0].der, usedforsecurity=name != "sha1").digest() != digest:
            raise SignatureInvalid(STEP, "the timestamp was signed under another certificate")
    check_purpose(named[0])
    if named[0].key is not None and kind_of(named[0].key) != who.signing[0]:
        raise SignatureInvalid(STEP, "the signature is of another kind than the signer's key")
    return named[0]


def _verify_signature(read: Response, certificate: Certificate) -> None:
    who = read.signer
    digest = hashlib.new(who.signing[1], read.content).digest()
    if digest != who.message_digest or not verifies(certificate.key, who.signing, who.signature, who.signed):
        raise SignatureInvalid(STEP, "the timestamp is not signed by the authority")


# --- together ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Renewal:
    """A `timestamp.renewed` at `position` of the ledger.

    It names the token of `authority` over the checkpoint of `size` and `root` by `token`, SHA-512 of the
    response in hexadecimal.
    """

    position: int
    authority: str
    size: int
    root: str
    token: str


@dataclass(frozen=True)
class Cover:
    """The first token of one authority that covers something, and the tokens that renewed it, in order.

    `until`: the time until which valid certificates support it. A renewal extends only a cover that had not
    expired when the renewal was made; it may be by another authority.
    """

    stamp: Stamp
    renewed: tuple[Stamp, ...]
    until: datetime


@dataclass(frozen=True)
class Times:
    """Covers by position.

    `covers`: for each requested position, a cover for each authority that has one, the earliest first.
    """

    covers: Mapping[int, tuple[Cover, ...]]

    def authorities(self, position: int) -> int:
        """Return how many different authorities cover the entry at `position`."""
        return len(self.covers[position])


def consider(stamps: Iterable[Stamp], positions: Iterable[int], renewals: Iterable[Renewal] = ()) -> Times:
    """Combine tokens: find those that cover the entries at `positions`.

    1. For one authority, a larger tree is never earlier than a smaller one, beyond the accuracy of both: the
       ledger had not grown so far yet.
    2. A renewal is of the token that it names, if that token is present.
    3. For each position and authority, the smallest tree that contains it; then its renewals.

    1 and 2 raise `NotProved`.
    """
    ordered = sorted(stamps, key=lambda stamp: (stamp.size, stamp.token.at))
    renewal_of = {renewal.token: renewal for renewal in sorted(renewals, key=lambda one: -one.position)}
    _check_order(ordered)  # 1
    for stamp in ordered:  # 2
        renewal = renewal_of.get(stamp.token.digest)
        if renewal and (renewal.authority, renewal.size, renewal.root) != (
            stamp.authority,
            stamp.size,
            stamp.root,
        ):
            raise NotProved(STEP, "a renewal names another timestamp than the one it is of", _where(stamp))
    covering = _Covering(ordered, renewal_of)
    return Times({position: covering.covers(position) for position in positions})  # 3


def clocks_ahead(stamps: Sequence[Stamp], clocks: Mapping[int, datetime]) -> dict[int, timedelta]:
    """Find statements whose clock is later than a token that covers them: position → by how much at least.

    `clocks`: position → the statement's time. This is not an alteration: a clock was wrong, and anyone who
    relies on that time has to know.
    """
    ordered = sorted(stamps, key=lambda stamp: stamp.size)
    sizes = [stamp.size for stamp in ordered]
    # The earliest bound that any tree of this size or a larger one gives.
    bounds = list(accumulate((stamp.token.latest for stamp in reversed(ordered)), min))[::-1]
    ahead = {}
    for position, clock in clocks.items():
        place = bisect_right(sizes, position)
        if place < len(bounds) and clock > bounds[place]:
            ahead[position] = clock - bounds[place]
    return ahead


def _check_order(ordered: Sequence[Stamp]) -> None:
    latest_start: dict[str, datetime] = {}
    for stamp in ordered:
        before = latest_start.get(stamp.authority)
        if before is not None and stamp.token.latest < before:
            raise NotProved(STEP, "a later checkpoint has an earlier timestamp", _where(stamp))
        earliest = stamp.token.earliest
        latest_start[stamp.authority] = earliest if before is None else max(before, earliest)


class _Covering:
    """Lookup of covers for many positions, without a linear search; follows each token's renewals once."""

    def __init__(self, ordered: Sequence[Stamp], renewal_of: Mapping[str, Renewal]) -> None:
        self._ordered, self._renewal_of = ordered, renewal_of
        self._successors = Successors(ordered) if renewal_of else None
        self._of: dict[str, tuple[list[int], list[int]]] = {}
        for place, stamp in enumerate(ordered):
            sizes, places = self._of.setdefault(stamp.authority, ([], []))
            sizes.append(stamp.size)
            places.append(place)
        self._known: dict[int, Cover] = {}

    def covers(self, position: int) -> tuple[Cover, ...]:
        """Return each authority's cover by the smallest tree, if it has one; the earliest first."""
        covering = [
            self._cover(places[at])
            for sizes, places in self._of.values()
            if (at := bisect_right(sizes, position)) < len(places)
        ]
        return tuple(sorted(covering, key=lambda cover: (cover.stamp.token.at, cover.stamp.authority)))

    def _cover(self, place: int) -> Cover:
        if place not in self._known:
            self._known[place] = self._carried_on(self._ordered[place])
        return self._known[place]

    def _carried_on(self, stamp: Stamp) -> Cover:
        renewed: list[Stamp] = []
        last, until = stamp, stamp.token.expires_at
        while self._successors and (renewal := self._renewal_of.get(last.token.digest)):
            # A renewal is in a larger tree than what it renews, so this ends.
            following = self._successors.earliest(max(renewal.position, last.size), until)
            if following is None:
                break
            last = following
            renewed.append(last)
            until = max(until, last.token.expires_at)
        return Cover(stamp, tuple(renewed), until)


def _where(stamp: Stamp) -> str:
    return f"{stamp.authority}, checkpoint of {stamp.size} entries"
