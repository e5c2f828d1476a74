from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import (
    ED25519_COSIGNATURE,
    MLDSA44_COSIGNATURE,
    PUBLIC_KEY_SIZES,
    VerifierKey,
    encode_base64,
)
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.trust.named_parties import MAX_GROUPS, MAX_WITNESSES, Group, ThirdParties
from chain_of_custody.trust.policy import MAX_POLICY, TrustPolicy
from tests.support.ledger import made_tokens
from tests.support.ledger.cosigners import BAR, COURT, TWO_OF_THREE, both_of, certificate, cosigner, keys_of
from tests.support.ledger.mutations import mutated
from tests.support.packages.court_packages import Center, public

CENTER = Center()
PLAIN = CENTER.policy.data.removesuffix(b"quorum none\n")
POLICY = TrustPolicy.make(
    CENTER.policy.log_keys, CENTER.policy.center, trial=False, third_parties=TWO_OF_THREE
)
ED, ML = COURT.keys
RENAMED = VerifierKey("another.example", ED25519_COSIGNATURE, ED.public_key)
WITNESS = f"witness court-ed25519 {ED.vkey()}\n"
AUTHORITY = f"authority first {encode_base64(certificate('first'))}\n"


def with_lines(text: str) -> bytes:
    return PLAIN + text.encode()


def test_witnesses_groups_quorum_and_authorities_are_read_back_as_they_were_made() -> None:
    parsed = TrustPolicy.parse(POLICY.data)
    assert parsed.witnesses == TWO_OF_THREE.witnesses
    assert parsed.groups == TWO_OF_THREE.groups
    assert parsed.quorum == "two"
    assert parsed.authorities == TWO_OF_THREE.authorities
    assert parsed.timestamps == 1
    assert parsed.data.decode().splitlines()[5].startswith("witness court-ed25519 court.example/witness+")
    assert "group court all court-ed25519 court-mldsa44\n" in parsed.data.decode()
    assert "group two 2 court bar ministry\nquorum two\nauthority first " in parsed.data.decode()
    assert parsed.data.endswith(b"timestamps 1\n")


def test_a_policy_without_third_parties_is_as_short_as_it_was() -> None:
    assert CENTER.policy.data.endswith(b"keys trial\nquorum none\n")


def test_addresses_are_read_and_never_published() -> None:
    text = TWO_OF_THREE.lines()
    assert " https://court.example/\n" in text
    own = TrustPolicy.parse(with_lines(text))
    assert own.third_parties == TWO_OF_THREE
    assert own.published().third_parties == TWO_OF_THREE.published()
    assert b"https://" not in own.published().data
    assert b"http" not in POLICY.data


def test_a_group_may_come_in_any_order_behind_its_members() -> None:
    lines = TWO_OF_THREE.lines().splitlines(keepends=True)
    timestamps, authorities = lines.pop(), [lines.pop(), lines.pop()]
    swapped = "".join([timestamps, *authorities, *lines])
    assert TrustPolicy.parse(swapped.encode() + PLAIN).third_parties == TWO_OF_THREE


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (WITNESS, "one quorum line"),
        (f"quorum court-ed25519\n{WITNESS}", "not defined before it"),
        ("quorum all\n", "not defined before it"),
        ("quorum none\nquorum none\n", "a second quorum line"),
        (f"{WITNESS}witness court-ed25519 {ML.vkey()}\nquorum none\n", "a second 'court-ed25519'"),
        (f"{WITNESS}witness again {ED.vkey()}\nquorum none\n", "one witness key under two names"),
        (f"{WITNESS}witness again {RENAMED.vkey()}\nquorum none\n", "one witness key under two names"),
        (f"witness none {ED.vkey()}\nquorum none\n", "'none' is no name"),
        (f"witness {'n' * 65} {ED.vkey()}\nquorum none\n", "is no name"),
        ("witness court\nquorum none\n", "not the values that witness has"),
        (f"witness court {ED.vkey()} https://a/ b\nquorum none\n", "not the values that witness has"),
        (f"witness court {ED.vkey()} https://{'a' * 500}\nquorum none\n", "500 characters"),
        (f"witness court {CENTER.policy.log_keys.vkeys()[0]}\nquorum none\n", "type 04 or 06"),
        (f"witness log {CENTER.policy.log_keys.vkeys()[1]}\nquorum none\n", "a key of the center's own"),
        (f"{WITNESS}group court-ed25519 any court-ed25519\nquorum none\n", "a second 'court-ed25519'"),
        (f"{WITNESS}group none any court-ed25519\nquorum none\n", "'none' is no name"),
        (f"{WITNESS}group g any none\nquorum none\n", "not defined before it"),
        (f"{WITNESS}group g any g\nquorum g\n", "not defined before it"),
        (f"group g any court-ed25519\n{WITNESS}quorum g\n", "not defined before it"),
        (f"{WITNESS}group g all\nquorum none\n", "not the values that group has"),
        (f"{WITNESS}group g 0 court-ed25519\nquorum g\n", "asks for more members than it has, or for none"),
        (f"{WITNESS}group g 2 court-ed25519\nquorum g\n", "asks for more members than it has"),
        (f"{WITNESS}group g 01 court-ed25519\nquorum g\n", "decimal"),
        (f"{WITNESS}group g most court-ed25519\nquorum g\n", "decimal"),
        (f"{WITNESS}group g any court-ed25519 court-ed25519\nquorum g\n", "it would count twice"),
        (
            f"{WITNESS}group g any court-ed25519\ngroup h any court-ed25519\nquorum h\n",
            "it would count twice",
        ),
        (f"{AUTHORITY}{AUTHORITY}quorum none\n", "a second 'first'"),
        (f"{AUTHORITY}{AUTHORITY.replace('first', 'other')}quorum none\n", "one authority under two names"),
        (AUTHORITY.replace("first", "First") + "quorum none\n", "not a code"),
        ("authority first MIIB\nquorum none\n", "no certificate in DER"),
        (f"authority first {encode_base64(certificate('x') + b'0')}\nquorum none\n", "no certificate"),
        ("authority first !\nquorum none\n", "base64"),
        ("timestamps 1\nquorum none\n", "more timestamps are asked for than there are authorities"),
        (f"{AUTHORITY}timestamps 2\nquorum none\n", "more timestamps"),
        (f"{AUTHORITY}timestamps 1\ntimestamps 1\nquorum none\n", "a second timestamps line"),
        (f"{AUTHORITY}timestamps +1\nquorum none\n", "decimal"),
    ],
)
def test_lines_that_do_not_fit_together_are_refused(lines: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        TrustPolicy.parse(with_lines(lines))


def test_a_witness_does_not_sign_with_the_center_s_own_key() -> None:
    key = VerifierKey("court.example", ED25519_COSIGNATURE, public(CENTER.center_key))
    with pytest.raises(Malformed, match="a key of the center's own"):
        TrustPolicy.parse(with_lines(f"witness court {key.vkey()}\nquorum court\n"))


@pytest.mark.parametrize("kind", [ED25519_COSIGNATURE, MLDSA44_COSIGNATURE])
def test_a_witness_s_key_has_a_name_that_its_signature_can_hold(kind: int) -> None:
    key = b"\x07" * PUBLIC_KEY_SIZES[kind]
    longest, longer = (VerifierKey("w" * n, kind, key).vkey() for n in (255, 256))
    TrustPolicy.parse(with_lines(f"witness court {longest}\nquorum none\n"))
    with pytest.raises(Malformed, match="a name of over 255 bytes"):
        TrustPolicy.parse(with_lines(f"witness court {longer}\nquorum none\n"))


def test_two_certificates_of_one_key_are_one_authority() -> None:
    """Else one token would count as two."""
    root, other = made_tokens.key_of("root"), made_tokens.key_of("other")
    certificates = [
        made_tokens.der_of(made_tokens.certificate(name, key, name, key, ca=True, serial=serial))
        for name, key, serial in (("a", root, 1), ("a", root, 2), ("b", root, 1), ("a", other, 1))
    ]
    ThirdParties(authorities={"first": certificates[0], "second": certificates[3]}, timestamps=2)
    for twin in certificates[1:3]:
        with pytest.raises(Malformed, match="one authority under two names"):
            ThirdParties(authorities={"first": certificates[0], "second": twin}, timestamps=2)


def test_there_are_limits() -> None:
    def named(count: int) -> dict[str, VerifierKey]:
        return {
            f"w{n}": VerifierKey(f"w{n}.example", ED25519_COSIGNATURE, (n + 1).to_bytes(32, "big"))
            for n in range(count)
        }

    with pytest.raises(Malformed, match="more than 64 witness lines"):
        ThirdParties(witnesses=named(MAX_WITNESSES + 1))
    groups = {f"g{n}": Group(1, (f"w{n}",)) for n in range(MAX_GROUPS + 1)}
    with pytest.raises(Malformed, match="more than 32 groups"):
        ThirdParties(witnesses=named(MAX_GROUPS + 1), groups=groups)
    with pytest.raises(Malformed, match="more than 8 authorities"):
        ThirdParties(authorities={f"a{n}": certificate(f"{n}") for n in range(9)})


def test_the_largest_policy_fits_into_its_limit_only_if_its_keys_are_few() -> None:
    """32 witnesses with both algorithms are allowed by number, and 64 KiB hold them."""
    witnesses = {
        f"w{n}-{kind}": VerifierKey(f"w{n}.example/witness", kind, n.to_bytes(size, "big"))
        for n in range(1, 33)
        for kind, size in ((ED25519_COSIGNATURE, 32), (MLDSA44_COSIGNATURE, 1312))
    }
    whole = TrustPolicy.make(
        CENTER.policy.log_keys,
        CENTER.policy.center,
        trial=False,
        third_parties=ThirdParties(witnesses=witnesses, quorum="w1-4"),
    )
    assert len(whole.data) < MAX_POLICY


TWO_LEVELS = ThirdParties(
    witnesses=keys_of({name: cosigner(f"{name}.example") for name in ("x1", "x2", "x3", "y1", "y2")}),
    groups=both_of("x1", "x2", "x3", "y1", "y2")
    | {
        "x": Group(2, ("x1", "x2", "x3")),
        "y": Group(1, ("y1", "y2")),
        "both": Group(2, ("x", "y")),
    },
    quorum="both",
)


@pytest.mark.parametrize("size", range(6))
def test_the_quorum_of_two_levels_is_met_exactly_when_both_are(size: int) -> None:
    for chosen in combinations(("x1", "x2", "x3", "y1", "y2"), size):
        cosigned = [f"{name}-{kind}" for name in chosen for kind in ("ed25519", "mldsa44")]
        enough = sum(name[0] == "x" for name in chosen) >= 2 and any(name[0] == "y" for name in chosen)
        assert TWO_LEVELS.quorum_met(cosigned) == enough


def test_one_of_a_witness_s_two_algorithms_is_not_its_word() -> None:
    everybody = [name for name in TWO_LEVELS.witnesses if name.endswith("ed25519")]
    assert not TWO_LEVELS.quorum_met(everybody)


def test_who_signs_with_two_keys_is_one_witness() -> None:
    by_name = {one.name: one.keys for one in TWO_OF_THREE.named_witnesses}
    assert list(by_name) == ["bar", "court", "ministry"]
    assert by_name["court"] == ("court-ed25519", "court-mldsa44")


def test_keys_that_count_alone_in_the_quorum_stand_alone() -> None:
    court, bar = cosigner("court.example"), cosigner("bar.example")
    keys = {**keys_of({"court": court}), "bar": bar.keys[0]}
    any_of = replace(
        TWO_OF_THREE, witnesses=keys, urls={}, quorum="none", groups={"court": Group(1, tuple(keys))}
    )
    assert [one.name for one in any_of.named_witnesses] == ["bar", "court-ed25519", "court-mldsa44"]
    two_signers = replace(any_of, groups={"both": Group(2, ("court-mldsa44", "bar"))})
    assert [one.name for one in two_signers.named_witnesses] == ["bar", "court-ed25519", "court-mldsa44"]


def test_the_quorum_is_said_as_how_many_of_whom() -> None:
    assert TWO_OF_THREE.quorum_of == Group(2, ("court", "bar", "ministry"))
    assert replace(TWO_OF_THREE, quorum="court").quorum_of == Group(1, ("court",))
    assert replace(TWO_OF_THREE, quorum="bar-ed25519", groups={}).quorum_of == Group(1, ("bar-ed25519",))
    assert ThirdParties().quorum_of is None


def test_without_a_quorum_nobody_is_needed() -> None:
    assert ThirdParties().quorum_met([])
    assert replace(TWO_OF_THREE, quorum="none").quorum_met([])
    alone = replace(TWO_OF_THREE, quorum="court-ed25519")
    assert alone.quorum_met(["court-ed25519"])
    assert not alone.quorum_met(["bar-ed25519"])


def respelled(text: str) -> ThirdParties:
    return TrustPolicy.parse(with_lines(text)).third_parties


@pytest.mark.parametrize(
    "spell", [lambda t: t, lambda t: t.replace(" all ", " 2 "), lambda t: t.replace(" ", "\t ")]
)
def test_spellings_of_one_threshold_come_out_as_one(spell: Callable[[str], str]) -> None:
    assert respelled(spell(TWO_OF_THREE.lines())).lines() == TWO_OF_THREE.lines()


@given(mutated(POLICY.data))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    try:
        parsed = TrustPolicy.parse(data)
    except CustodyError as error:
        assert isinstance(error, Malformed)
        return
    assert TrustPolicy.parse(parsed.published().data).third_parties == parsed.third_parties.published()


@given(st.sets(st.sampled_from(sorted(TWO_LEVELS.witnesses))), st.sampled_from(sorted(TWO_LEVELS.witnesses)))
def test_one_more_witness_never_makes_a_quorum_less(cosigned: set[str], more: str) -> None:
    if TWO_LEVELS.quorum_met(cosigned):
        assert TWO_LEVELS.quorum_met(cosigned | {more})


def test_bar_and_court_have_different_keys() -> None:
    assert {key.public_key for key in BAR.keys}.isdisjoint(key.public_key for key in COURT.keys)
