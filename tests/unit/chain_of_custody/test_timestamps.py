"""Timestamps: what a token proves, and everything it must not be taken for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import made_tokens
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tokens import BEGIN, END, NOON, Authority, algorithm, integer, oid, tlv, tst_info

from chain_of_custody.certificates import parse_anchor
from chain_of_custody.errors import Altered, CustodyError, Malformed, NotProved, SignatureInvalid
from chain_of_custody.timestamps import (
    Renewal,
    Stamp,
    Token,
    clocks_ahead,
    consider,
    token_digest,
    verify_token,
)
from chain_of_custody.tokens import in_order

DATA = b"amana/00112233445566778899aabbccddeeff\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
EC = Authority.make()
RSA = Authority.make("second", "rsa", intermediate=True)
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
    assert (
        x509.load_der_x509_certificate(liar.anchor).subject
        == x509.load_der_x509_certificate(EC.anchor).subject
    )
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


def test_the_old_way_to_name_the_signers_certificate_is_taken() -> None:
    assert verify_token(EC.respond(DATA, ess="v1"), DATA, EC.anchor).at == NOON


_PURPOSES: dict[str, dict[str, object]] = {
    "none at all": {"purposes": []},
    "not critical": {"critical": False},
    "another": {"purposes": [ExtendedKeyUsageOID.CODE_SIGNING]},
    "another beside it": {
        "purposes": [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING],
    },
}


@pytest.mark.parametrize("told", _PURPOSES.values(), ids=_PURPOSES)
def test_a_certificate_that_is_not_for_timestamps_alone_is_refused(told: dict[str, object]) -> None:
    authority = Authority.make(**told)  # type: ignore[arg-type]
    with pytest.raises(NotProved, match="not for timestamps"):
        verify_token(authority.respond(DATA), DATA, authority.anchor)


def _usage(**of: bool) -> tuple[x509.ExtensionType, bool]:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: of.get(name, False) for name in names}), True


_UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)
_ONLY_UNDER = (x509.NameConstraints([x509.DNSName("example.org")], None), False)

_CHAINS: dict[str, tuple[dict[str, object], str]] = {
    "issuer may not issue": ({"intermediate_is": {"ca": False}}, "may not issue any"),
    "issuer for other things": ({"intermediate_is": {"more": [_usage(digital_signature=True)]}}, "not for"),
    "issuer for other purposes": (
        {"intermediate_is": {"purposes": [ExtendedKeyUsageOID.CODE_SIGNING]}},
        "issued by one that is not for timestamps",
    ),
    "too far down": ({"root_is": {"path_length": 0}}, "further down"),
    "signer for encryption": ({"more": [_usage(key_encipherment=True)]}, "not for"),
    "unknown condition": ({"more": [_UNKNOWN]}, "condition"),
    "unknown condition above": ({"intermediate_is": {"more": [_UNKNOWN]}}, "condition"),
    "constraints on names": ({"intermediate_is": {"more": [_ONLY_UNDER]}}, "condition"),
}


@pytest.mark.parametrize(("told", "says"), _CHAINS.values(), ids=_CHAINS)
def test_a_chain_that_may_not_be_is_refused(told: dict[str, object], says: str) -> None:
    authority = Authority.make(intermediate=True, **told)  # type: ignore[arg-type]
    with pytest.raises(NotProved, match=says):
        verify_token(authority.respond(DATA), DATA, authority.anchor)


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


def _refused(status: int) -> bytes:
    return tlv(0x30, integer(status))


_FORMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "granted with changes": (lambda: EC.respond(DATA, status=_refused(1)), "did not grant"),
    "rejected": (lambda: tlv(0x30, tlv(0x30, integer(2), tlv(0x03, b"\x05\x20"))), "did not grant"),
    "nothing": (lambda: b"", "ends too early"),
    "something behind": (lambda: GOOD_EC + b"\x00", "lies behind"),
    "too long": (lambda: GOOD_EC + bytes(70_000), "longer than"),
    "status not text": (
        lambda: EC.respond(DATA, status=tlv(0x30, integer(0), tlv(0x30, tlv(0x0C, b"\xff")))),
        "not UTF-8",
    ),
    "no content type": (lambda: EC.respond(DATA, without="content-type"), "attribute is missing"),
    "no digest": (lambda: EC.respond(DATA, without="message-digest"), "attribute is missing"),
    "no certificate named": (lambda: EC.respond(DATA, without="certificate"), "do not name"),
    "no such day": (
        lambda: EC.respond(DATA, info=tst_info(DATA, NOON).replace(b"20261124", b"20261131")),
        "no such time",
    ),
    "a time with a zero behind": (
        lambda: EC.respond(DATA, info=tst_info(DATA, NOON).replace(b".25Z", b".20Z")),
        "not a time like",
    ),
    "unknown condition": (
        lambda: EC.respond(
            DATA,
            info=tst_info(
                DATA, NOON, more=tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x01, b"\xff"), tlv(0x04, b"")))
            ),
        ),
        "critical and not known",
    ),
    "another hash": (
        lambda: EC.respond(
            DATA,
            info=tst_info(DATA, NOON).replace(
                algorithm("2.16.840.1.101.3.4.2.3", tlv(0x05)), algorithm("2.16.840.1.101.3.4.2.9", tlv(0x05))
            ),
        ),
        "not taken",
    ),
}


@pytest.mark.parametrize(("make", "says"), _FORMS.values(), ids=_FORMS)
def test_any_other_form_is_refused(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        verify_token(make(), DATA, EC.anchor)


def test_what_an_authority_may_add_is_taken() -> None:
    status = tlv(0x30, integer(0), tlv(0x30, tlv(0x0C, "قُبِل".encode())))
    more = tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x04, b"any")))
    response = EC.respond(DATA, status=status, info=tst_info(DATA, NOON, more=more))
    assert verify_token(response, DATA, EC.anchor).at == NOON


def test_an_authority_is_known_by_a_certificate_that_signs_itself() -> None:
    assert made_tokens.der_of(parse_anchor(EC.anchor)) == EC.anchor
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


@settings(max_examples=2000, deadline=None)
@given(st.one_of(_alterations(GOOD_EC), _alterations(GOOD_RSA), st.binary(max_size=200)))
def test_an_altered_token_is_refused_with_an_error_of_ours(altered: bytes) -> None:
    for good, authority in ((GOOD_EC, EC), (GOOD_RSA, RSA)):
        if altered != good:
            with pytest.raises((Malformed, NotProved)):
                verify_token(altered, DATA, authority.anchor)


@settings(max_examples=500, deadline=None)
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
