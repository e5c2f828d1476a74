"""Timestamps: what a token proves, and everything it must not be taken for."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Any

import pytest
import rfc3161_client
from cryptography import x509
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import Altered, CustodyError, Malformed, NotProved, SignatureInvalid
from chain_of_custody.timestamping.certificate_chain import parse_anchor
from chain_of_custody.timestamping.rfc3161_token_form import in_order
from chain_of_custody.timestamping.stamp import Stamp, Token
from chain_of_custody.timestamping.token_verification import (
    Cover,
    Renewal,
    clocks_ahead,
    consider,
    token_digest,
    verify_token,
)
from tests.support.ledger import made_tokens, timestamp_corpus
from tests.support.ledger.made_tokens import BEGIN, END, NOON, Authority
from tests.support.ledger.timestamp_corpus import DATA, EC, RSA, Case

GOOD_EC = EC.respond(DATA)
GOOD_RSA = RSA.respond(DATA)


# --- one token --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa"])
@pytest.mark.parametrize("intermediate", [False, True])
@pytest.mark.parametrize("hash_", ["sha256", "sha384", "sha512"])
def test_a_token_gives_the_authoritys_time(kind: str, intermediate: bool, hash_: str) -> None:
    authority = Authority.make("any", kind, intermediate=intermediate)
    response = authority.respond(DATA, hash_=hash_, digest_hash=hash_)
    token = verify_token(response, DATA, authority.anchor)
    assert token == Token(NOON, timedelta(seconds=1), 1, hash_, END, 7, token_digest(response))


def test_what_the_authority_does_not_say_is_not_made_up() -> None:
    token = verify_token(EC.respond(DATA, accuracy=None, nonce=None), DATA, EC.anchor)
    assert (token.accuracy, token.nonce, token.earliest, token.latest) == (None, None, NOON, NOON)


def test_a_token_rests_on_the_certificate_that_ends_first() -> None:
    soon = NOON + timedelta(days=30)
    for told in ({"end": soon}, {"intermediate_is": {"end": soon}}, {"root_is": {"end": soon}}):
        authority = Authority.make(intermediate=True, **told)
        expected = soon.replace(microsecond=0)  # certificates know whole seconds only
        assert verify_token(authority.respond(DATA), DATA, authority.anchor).expires_at == expected


def test_certificates_are_judged_at_the_tokens_time_not_at_todays() -> None:
    past = {"begin": datetime(2001, 1, 1, tzinfo=UTC), "end": datetime(2003, 1, 1, tzinfo=UTC)}
    authority = Authority.make(root_is=past, **past)
    at = datetime(2002, 2, 2, tzinfo=UTC)
    assert verify_token(authority.respond(DATA, at), DATA, authority.anchor).at == at


@pytest.mark.parametrize("which", ["signer", "intermediate", "root"])
@pytest.mark.parametrize("at", [BEGIN - timedelta(seconds=1), END + timedelta(seconds=1)])
def test_a_certificate_that_had_ended_or_not_begun_proves_nothing(which: str, at: datetime) -> None:
    longer = {"begin": BEGIN - timedelta(days=9), "end": END + timedelta(days=9)}
    is_ = {one: {} if one == which else longer for one in ("signer", "intermediate", "root")}
    authority = Authority.make(
        intermediate=True, intermediate_is=is_["intermediate"], root_is=is_["root"], **is_["signer"]
    )
    with pytest.raises(NotProved, match="not valid at the time"):
        verify_token(authority.respond(DATA, at), DATA, authority.anchor)


def test_a_token_over_something_else_is_refused() -> None:
    with pytest.raises(Altered, match="over something else"):
        verify_token(GOOD_EC, DATA + b"\n", EC.anchor)


def test_another_authoritys_token_is_refused() -> None:
    with pytest.raises(NotProved, match="not from this authority"):
        verify_token(GOOD_EC, DATA, RSA.anchor)


def test_an_authority_of_the_same_name_with_another_key_is_refused() -> None:
    liar = Authority.make("first", "p384")
    assert parse_anchor(liar.anchor).subject == parse_anchor(EC.anchor).subject
    with pytest.raises(NotProved, match="not from this authority"):
        verify_token(liar.respond(DATA), DATA, EC.anchor)


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="not signed by the authority"):
        verify_token(EC.respond(DATA, key=made_tokens.key_of("thief")), DATA, EC.anchor)


def test_a_signature_under_another_certificate_of_the_same_key_is_refused() -> None:
    other = made_tokens.certificate(
        "first T", EC.key, "first root", made_tokens.key_of("first root"), serial=9
    )
    with pytest.raises(SignatureInvalid, match="another certificate"):
        verify_token(EC.respond(DATA, named=made_tokens.der_of(other)), DATA, EC.anchor)


def test_a_chain_with_a_certificate_missing_is_refused() -> None:
    with pytest.raises(NotProved, match="not from this authority"):
        verify_token(RSA.respond(DATA, path=[made_tokens.der_of(RSA.signer)]), DATA, RSA.anchor)
    with pytest.raises(NotProved, match="did not come with"):
        verify_token(RSA.respond(DATA, path=[]), DATA, RSA.anchor)


def test_certificates_out_of_order_are_refused_and_can_be_put_in_order() -> None:
    ordered = sorted((made_tokens.der_of(RSA.signer), made_tokens.der_of(RSA.path[0])))
    response = RSA.respond(DATA, path=ordered[::-1])
    with pytest.raises(Malformed, match="not in order"):
        verify_token(response, DATA, RSA.anchor)
    assert verify_token(in_order(response), DATA, RSA.anchor).at == NOON
    assert in_order(GOOD_RSA) == GOOD_RSA


REFUSED, TAKEN = timestamp_corpus.refused(), timestamp_corpus.taken()


@pytest.mark.parametrize(("case", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_token_of_the_authority_is_refused(case: Case, says: str) -> None:
    with pytest.raises((Malformed, NotProved), match=says):
        verify_token(*case)


@pytest.mark.parametrize("case", TAKEN.values(), ids=TAKEN)
def test_what_is_a_token_of_the_authority_is_taken(case: Case) -> None:
    assert verify_token(*case).at == NOON


def test_a_library_by_others_accepts_the_same_tokens() -> None:
    """It reads them in its own way, so our builders and our readers do not merely agree with each other."""
    for name, case in TAKEN.items():
        root = x509.load_der_x509_certificate(case.anchor)
        response = rfc3161_client.decode_timestamp_response(case.response)
        verifier = rfc3161_client.VerifierBuilder(roots=[root]).build()
        assert verifier.verify_message(response, case.data), name


def test_an_authority_is_known_by_a_certificate_that_signs_itself() -> None:
    assert parse_anchor(EC.anchor).der == EC.anchor
    for anchor, says in (
        (made_tokens.der_of(RSA.path[0]), "signs itself"),
        (EC.anchor + b"\x00", "authority"),
        (EC.anchor[:-1], "authority"),
        (bytes(9000), "more than"),
        (b"", "authority"),
    ):
        with pytest.raises(Malformed, match=says):
            parse_anchor(anchor)
        with pytest.raises(Malformed, match=says):
            verify_token(GOOD_EC, DATA, anchor)


def _alterations(whole: bytes) -> st.SearchStrategy[bytes]:
    place = st.integers(0, len(whole) - 1)
    flips = st.builds(
        lambda at, bit: whole[:at] + bytes((whole[at] ^ 1 << bit,)) + whole[at + 1 :],
        place,
        st.integers(0, 7),
    )
    cuts = st.builds(lambda at: whole[:at], place)
    gaps = st.builds(lambda a, b: whole[: min(a, b)] + whole[max(a, b) + 1 :], place, place)
    other = st.builds(
        lambda at, put: whole[:at] + put + whole[at + len(put) :], place, st.binary(min_size=1, max_size=8)
    )
    return st.one_of(flips, cuts, gaps, other)


@settings(max_examples=400, deadline=None)
@given(st.one_of(_alterations(GOOD_EC), _alterations(GOOD_RSA), st.binary(max_size=200)))
def test_an_altered_token_is_refused_with_an_error_of_ours(altered: bytes) -> None:
    for good, authority in ((GOOD_EC, EC), (GOOD_RSA, RSA)):
        if altered != good:
            with pytest.raises((Malformed, NotProved)):
                verify_token(altered, DATA, authority.anchor)


@settings(max_examples=200, deadline=None)
@given(_alterations(EC.anchor))
def test_an_altered_anchor_is_refused_with_an_error_of_ours(altered: bytes) -> None:
    if altered != EC.anchor:
        with pytest.raises(CustodyError):
            verify_token(GOOD_EC, DATA, altered)


def test_no_single_byte_of_a_token_can_be_changed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for at in range(len(GOOD_EC)):
            altered = bytearray(GOOD_EC)
            altered[at] ^= 1 << at % 8
            with pytest.raises((Malformed, NotProved)):
                verify_token(bytes(altered), DATA, EC.anchor)


# --- tokens together --------------------------------------------------------------------------------------


def stamp(
    size: int,
    days: float,
    *,
    authority: str = "a",
    accuracy: float = 0,
    until: float = 1000,
    digest: str = "",
    root: str = "",
) -> Stamp:
    token = Token(
        at=NOON + timedelta(days=days),
        accuracy=timedelta(days=accuracy),
        serial=1,
        hash="sha512",
        expires_at=NOON + timedelta(days=until),
        nonce=None,
        digest=digest or f"{authority}{size}",
    )
    return Stamp(authority, size, root or f"root {size}", token)


def test_each_position_is_covered_by_the_smallest_tree_of_each_authority_that_has_it() -> None:
    stamps = [stamp(10, 1), stamp(20, 2), stamp(15, 3, authority="b")]
    times = consider(stamps, [0, 9, 10, 14, 15, 19, 20])
    found = {at: [(one.stamp.authority, one.stamp.size) for one in of] for at, of in times.covers.items()}
    assert found == {
        0: [("a", 10), ("b", 15)],
        9: [("a", 10), ("b", 15)],
        10: [("a", 20), ("b", 15)],
        14: [("a", 20), ("b", 15)],
        15: [("a", 20)],
        19: [("a", 20)],
        20: [],
    }
    assert [times.authorities(position) for position in (9, 15, 20)] == [2, 1, 0]


def test_a_larger_tree_is_never_earlier() -> None:
    with pytest.raises(NotProved, match=r"earlier timestamp \(a, checkpoint of 20"):
        consider([stamp(20, 1), stamp(10, 2)], [])
    with pytest.raises(NotProved, match="earlier timestamp"):
        consider([stamp(10, 5), stamp(20, 6), stamp(30, 1, accuracy=3)], [])


def test_order_is_judged_within_what_the_authority_says_of_its_accuracy_and_for_each_by_itself() -> None:
    consider([stamp(10, 2, accuracy=0.5), stamp(20, 1, accuracy=0.5)], [])
    consider([stamp(10, 2), stamp(20, 1, authority="b")], [])
    consider([stamp(10, 2), stamp(10, 1)], [])


def test_a_renewal_carries_a_token_on() -> None:
    stamps = [
        stamp(10, 0, until=100, digest="first"),
        stamp(30, 90, until=200, digest="second"),
        stamp(60, 150, authority="b", until=400),
    ]
    renewals = [Renewal(25, "a", 10, "root 10", "first"), Renewal(50, "a", 30, "root 30", "second")]
    (cover, other) = consider(stamps, [9], renewals).covers[9]
    assert cover.renewed == (stamps[1], stamps[2])
    assert cover.until == NOON + timedelta(days=400)
    assert (other.stamp, other.renewed) == (stamps[2], ())


def test_a_renewal_after_the_end_carries_nothing_on() -> None:
    stamps = [stamp(10, 0, until=100, digest="first"), stamp(30, 101, until=200)]
    (cover,) = consider(stamps, [9], [Renewal(25, "a", 10, "root 10", "first")]).covers[9]
    assert (cover.renewed, cover.until) == ((), NOON + timedelta(days=100))


def test_a_renewal_counts_once_a_token_covers_its_statement() -> None:
    stamps = [stamp(10, 0, until=100, digest="first"), stamp(25, 90, until=200)]
    (cover,) = consider(stamps, [9], [Renewal(25, "a", 10, "root 10", "first")]).covers[9]
    assert cover.renewed == ()


def told_one_by_one(stamps: list[Stamp], position: int, renewals: list[Renewal]) -> list[Cover]:
    """What covers a position, by going through all tokens for each: as the specification has it."""
    ordered = sorted(stamps, key=lambda one: (one.size, one.token.at))
    of = {one.token: one for one in sorted(renewals, key=lambda one: -one.position)}
    first: dict[str, Stamp] = {}
    for one in ordered:
        if one.covers(position):
            first.setdefault(one.authority, one)
    found = []
    for one in first.values():
        last, until, renewed = one, one.token.expires_at, list[Stamp]()
        while renewal := of.get(last.token.digest):
            above = max(renewal.position, last.size)
            timely = [one for one in ordered if one.covers(above) and one.token.latest < until]
            if not timely:
                break
            last = min(timely, key=lambda one: one.token.at)
            renewed.append(last)
            until = max(until, last.token.expires_at)
        found.append(Cover(one, tuple(renewed), until))
    return sorted(found, key=lambda one: (one.stamp.token.at, one.stamp.authority))


small = st.integers(0, 12)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(small, small, st.sampled_from("ab"), st.integers(0, 3), small), max_size=12),
    st.lists(st.tuples(st.integers(0, 11), small), max_size=12),
)
def test_many_tokens_are_looked_up_as_if_they_were_gone_through(
    tokens: list[tuple[int, int, str, int, int]], renewing: list[tuple[int, int]]
) -> None:
    stamps = [
        stamp(size, days, authority=authority, accuracy=accuracy, until=days + lasting, digest=f"{number}")
        for number, (size, days, authority, accuracy, lasting) in enumerate(tokens)
    ]
    renewals = [
        Renewal(position, one.authority, one.size, one.root, one.token.digest)
        for number, position in renewing
        for one in stamps[number : number + 1]
    ]
    try:
        times = consider(stamps, range(13), renewals)
    except NotProved:
        assume(False)
    for position in range(13):
        assert list(times.covers[position]) == told_one_by_one(stamps, position, renewals)
    clocks = {position: NOON + timedelta(days=6) for position in range(13)}
    bounds = {at: [one.token.latest for one in stamps if one.covers(at)] for at in clocks}
    late = {at: clocks[at] - min(of) for at, of in bounds.items() if of and clocks[at] > min(of)}
    assert clocks_ahead(stamps, clocks) == late


def instructions(run: Callable[[], object]) -> int:
    """Count the bytecode instructions that `run` takes: the same number on a busy machine and an idle one."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def test_twice_as_many_tokens_take_little_more_than_twice_the_work() -> None:
    """Each token is renewed by the next. To go through all for each would take four times the work."""

    def put_together(count: int) -> None:
        stamps = [stamp(size, size / count, digest=f"{size}") for size in range(1, count + 1)]
        renewals = [Renewal(size, "a", size, f"root {size}", f"{size}") for size in range(1, count + 1)]
        times = consider(stamps, range(0, count, count // 20), renewals)
        clocks_ahead(stamps, dict.fromkeys(range(count), NOON))
        assert len(times.covers[0][0].renewed) == count - 1

    once, twice = (instructions(partial(put_together, count)) for count in (600, 1200))
    assert twice < 2.5 * once


@pytest.mark.parametrize(
    "renewal",
    [
        Renewal(25, "b", 10, "root 10", "first"),
        Renewal(25, "a", 11, "root 10", "first"),
        Renewal(25, "a", 10, "root 11", "first"),
    ],
)
def test_a_renewal_that_names_another_token_than_it_is_of_is_refused(renewal: Renewal) -> None:
    with pytest.raises(NotProved, match="names another timestamp"):
        consider([stamp(10, 0, digest="first")], [], [renewal])


def test_a_clock_that_is_ahead_of_a_token_is_found() -> None:
    stamps = [stamp(10, 1, accuracy=0.5), stamp(20, 2)]
    clocks = {
        3: NOON + timedelta(days=4),
        4: NOON,
        15: NOON + timedelta(days=3),
        30: NOON + timedelta(days=9),
    }
    assert clocks_ahead(stamps, clocks) == {3: timedelta(days=2.5), 15: timedelta(days=1)}


def test_times_at_the_edge_of_the_calendar_break_nothing() -> None:
    at = datetime(1, 1, 1, tzinfo=UTC)
    token = Token(at, timedelta(seconds=2**31 - 1), 1, "sha512", at, None, "x")
    assert token.earliest == datetime.min.replace(tzinfo=UTC)
