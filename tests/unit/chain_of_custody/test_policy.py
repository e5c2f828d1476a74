from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.ledger.mutations import mutated
from tests.support.packages.court_packages import DEPLOYMENT, Center, public

CENTER = Center()
POLICY = CENTER.policy
LINES = POLICY.data.splitlines(keepends=True)
TITLE, ED25519, MLDSA44, CENTER_LINE, KEYS, QUORUM = LINES


def test_a_policy_is_read_back_as_it_was_made() -> None:
    parsed = TrustPolicy.parse(POLICY.data)
    assert parsed.log_keys == CENTER.signer.keys
    assert parsed.center == public(CENTER.center_key)
    assert parsed.trial
    assert parsed.deployment == DEPLOYMENT
    assert not TrustPolicy.make(CENTER.signer.keys, parsed.center, trial=False).trial


def test_its_fingerprint_is_the_digest_of_the_whole_file() -> None:
    assert POLICY.fingerprint == sha256(POLICY.data).hexdigest()
    with_remark = TrustPolicy.parse(b"# seen\n" + POLICY.data)
    assert with_remark.log_keys == POLICY.log_keys
    assert with_remark.fingerprint != POLICY.fingerprint


@pytest.mark.parametrize(
    "respell",
    [
        lambda: b"".join(reversed(LINES)),
        lambda: POLICY.data.replace(b"center ", b"\tcenter \t "),
        lambda: POLICY.data.replace(b"quorum none\n", b"\n \t\n  # \xd8\xa3\xff\nquorum none \n"),
    ],
)
def test_order_space_and_remarks_mean_nothing(respell: Callable[[], bytes]) -> None:
    parsed = TrustPolicy.parse(respell())
    assert (parsed.log_keys, parsed.center, parsed.trial) == (POLICY.log_keys, POLICY.center, POLICY.trial)


def vkey(name: str) -> bytes:
    keys = LogKeys(name, CENTER.signer.keys.ed25519, CENTER.signer.keys.mldsa44)
    return f"log {keys.vkeys()[0]}\n".encode()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "each ended by a newline"),
        ([TITLE], "there must be two log lines"),
        ([ED25519, CENTER_LINE, KEYS, QUORUM], "two log lines"),
        ([MLDSA44, CENTER_LINE, KEYS, QUORUM], "two log lines"),
        ([ED25519, MLDSA44, KEYS, QUORUM], "one each of center"),
        ([ED25519, MLDSA44, CENTER_LINE, QUORUM], "one each of center"),
        ([ED25519, MLDSA44, CENTER_LINE, KEYS], "one quorum line"),
        ([*LINES, ED25519], "a second Ed25519 key"),
        ([*LINES, MLDSA44], "a second ML-DSA-44 key"),
        ([*LINES, CENTER_LINE], "a second center line"),
        ([*LINES, KEYS], "a second keys line"),
        ([*LINES, QUORUM], "a second quorum line"),
        ([ED25519, MLDSA44, CENTER_LINE, b"keys good\n", QUORUM], "neither trial nor protected"),
        ([*LINES, b"trust everybody\n"], "'trust' is not known"),
        ([*LINES, b"center\n"], "not center and one value"),
        ([*LINES, b"keys trial trial\n"], "not keys and one value"),
        ([*LINES, b"quorum\n"], "not the values that quorum has"),
        ([*LINES, b"quorum none none\n"], "not the values that quorum has"),
        ([*LINES, b"c\xc3\xa9nter x\n"], "beyond ASCII"),
        ([ED25519, MLDSA44, b"center AAAA\n", KEYS, QUORUM], "32 bytes in base64"),
        ([vkey("amana/" + "d1" * 16), MLDSA44, CENTER_LINE, KEYS, QUORUM], "different logs"),
        ([ED25519.replace(b"+", b"-"), MLDSA44, CENTER_LINE, KEYS, QUORUM], "name.id.key"),
        ([*LINES, b"\x00\n"], "not lines of text"),
        ([*LINES, b"\r\n"], "not lines of text"),
        ([*LINES, b"# no newline"], "each ended by a newline"),
        ([*LINES, b"#" * 70_000 + b"\n"], "longer than"),
    ],
)
def test_a_policy_that_is_not_of_its_form_is_refused(lines: list[bytes], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        TrustPolicy.parse(b"".join(lines))


def test_a_log_that_is_not_a_deployment_s_is_refused() -> None:
    keys = replace(CENTER.signer.keys, origin="example.com/log")
    with pytest.raises(Malformed, match="amana/"):
        TrustPolicy.make(keys, POLICY.center, trial=True)


def test_the_center_does_not_sign_statements_with_the_log_s_key() -> None:
    with pytest.raises(Malformed, match="a key of its own"):
        TrustPolicy.make(CENTER.signer.keys, CENTER.signer.keys.ed25519, trial=True)


@given(st.binary(max_size=300) | mutated(POLICY.data))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    try:
        parsed = TrustPolicy.parse(data)
    except CustodyError as error:
        assert isinstance(error, Malformed)
        return
    assert parsed.data == data
