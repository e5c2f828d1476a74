"""The trust file, the policy made from it, and the statement that it changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from casework.errors import Refused
from casework.ledger import chains
from casework.witnesses import trust_file
from chain_of_custody.encoding.signed_note import VerifierKey
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.trust.named_parties import Group, ThirdParties
from tests.support.centers.casework_world import DEPLOYMENT, World
from tests.support.people.asked import RealWitness, real_witness


@pytest.fixture
def court(world: World, tmp_path: Path) -> RealWitness:
    return real_witness(tmp_path, "court", world.center.log_keys)


def vkeys(witness: RealWitness) -> list[str]:
    return [key.vkey() for key in witness.cosigner.keys]


def certificate() -> bytes:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "time")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def test_no_file_is_nobody(tmp_path: Path) -> None:
    assert trust_file.read(None) == trust_file.read(tmp_path / "trust.txt") == ThirdParties()


def test_a_key_name_too_long_to_be_kept_is_refused_however_it_comes_in(tmp_path: Path) -> None:
    long = VerifierKey("n" * 256, 0x04, b"\x07" * 32)
    with pytest.raises(Malformed, match="255 bytes"):
        trust_file.with_witness(ThirdParties(), "court", "https://court.example", [long.vkey()])
    (tmp_path / "trust.txt").write_text(f"witness court {long.vkey()}\nquorum none\n")
    with pytest.raises(Malformed, match="255 bytes"):
        trust_file.read(tmp_path / "trust.txt")


def test_what_was_written_is_read_again(tmp_path: Path, court: RealWitness) -> None:
    path = tmp_path / "trust.txt"
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example", vkeys(court))
    parties = trust_file.with_quorum(parties, "any", ["court"])
    parties = trust_file.with_authority(parties, "time-1", "http://time.example/tsr", certificate())
    parties = trust_file.with_timestamps(parties, 1)
    trust_file.write(path, parties)
    assert trust_file.read(path) == parties
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("trust*")) == [path]


@pytest.mark.parametrize(
    "content", [b"", b"quorum none", b"log x\nquorum none\n", b"quorum court\n", b"# nothing\n"]
)
def test_a_file_that_is_there_and_cannot_be_understood_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trust.txt"
    path.write_bytes(content)
    with pytest.raises(Malformed, match=r"trust\.txt: "):
        trust_file.read(path)


def test_a_witness_is_two_lines_and_their_group(court: RealWitness) -> None:
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example/", vkeys(court))
    assert list(parties.witnesses) == ["court-ed25519", "court-mldsa44"]
    assert parties.groups == {"court": Group(2, ("court-ed25519", "court-mldsa44"))}
    assert parties.quorum == "none"
    with pytest.raises(Refused, match="there already"):
        trust_file.with_witness(parties, "court", "https://court.example/", vkeys(court))
    with pytest.raises(Malformed, match="one key of type 04"):
        trust_file.with_witness(ThirdParties(), "court", "https://court.example/", vkeys(court)[:1] * 2)
    with pytest.raises(Malformed, match="code"):
        trust_file.with_witness(ThirdParties(), "The Court", "https://court.example/", vkeys(court))
    for url in ("court.example", "ftp://court.example", "https://", "https://a/?b"):
        with pytest.raises(Refused, match="no address"):
            trust_file.with_witness(ThirdParties(), "court", url, vkeys(court))


def test_a_witness_that_the_quorum_counts_on_is_not_removed(court: RealWitness) -> None:
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example", vkeys(court))
    counted = trust_file.with_quorum(parties, "all", ["court"])
    with pytest.raises(Refused, match="counts on court"):
        trust_file.without_witness(counted, "court")
    free = trust_file.with_quorum(counted, "none", [])
    assert trust_file.without_witness(free, "court") == ThirdParties()
    with pytest.raises(Refused, match="no witness"):
        trust_file.without_witness(free, "other")


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("most", ["court"]),
        ("all", []),
        ("all", ["other"]),
        ("none", ["court"]),
        ("2", ["court"]),
        ("0", ["court"]),
    ],
)
def test_a_quorum_that_makes_no_sense_is_refused(court: RealWitness, rule: str, names: list[str]) -> None:
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example", vkeys(court))
    with pytest.raises((Refused, Malformed)):
        trust_file.with_quorum(parties, rule, names)


def test_an_authority_that_is_needed_is_not_removed() -> None:
    parties = trust_file.with_authority(ThirdParties(), "time-1", "http://time.example/", certificate())
    needed = trust_file.with_timestamps(parties, 1)
    with pytest.raises(Refused, match="ask for fewer first"):
        trust_file.without_authority(needed, "time-1")
    assert trust_file.without_authority(trust_file.with_timestamps(needed, 0), "time-1") == ThirdParties()
    with pytest.raises(Malformed, match="more timestamps"):
        trust_file.with_timestamps(parties, 2)


def test_the_published_policy_has_the_witnesses_and_no_addresses(
    world: World, tmp_path: Path, court: RealWitness
) -> None:
    path = tmp_path / "trust.txt"
    center = replace(world.center, trust=path)
    before = trust_file.policy(center)
    trust_file.write(
        path, trust_file.with_witness(ThirdParties(), "court", "https://court.example", vkeys(court))
    )
    policy = trust_file.policy(center)
    assert set(policy.witnesses) == {"court-ed25519", "court-mldsa44"}
    assert b"https" not in policy.data
    assert policy.fingerprint != before.fingerprint


def test_the_registry_says_once_which_policy_holds(world: World, tmp_path: Path, court: RealWitness) -> None:
    path = tmp_path / "trust.txt"
    center = replace(world.center, trust=path)
    assert trust_file.stated(center) is None
    assert trust_file.state_policy(center)
    first = trust_file.policy(center).fingerprint
    assert trust_file.stated(center) == first
    assert not trust_file.state_policy(center)
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example", vkeys(court))
    trust_file.write(path, parties)
    assert trust_file.state_policy(center, world.administrator)
    assert trust_file.stated(center) == trust_file.policy(center).fingerprint != first
    path.unlink()
    assert trust_file.state_policy(center)
    assert trust_file.stated(center) == first, "going back is said too"
    said = [SignedStatement.parse(leaf).statement for leaf in chains.chain(center, DEPLOYMENT).values()]
    changes = [one for one in said if one.type == "policy.changed"]
    assert [one.actor.role for one in changes] == ["system", "administrator", "system"]
    assert all(set(one.body) == {"policy"} for one in changes)


def test_a_moved_address_changes_nothing_that_a_court_registered(
    world: World, tmp_path: Path, court: RealWitness
) -> None:
    path = tmp_path / "trust.txt"
    center = replace(world.center, trust=path)
    for url in ("https://court.example", "https://elsewhere.example"):
        trust_file.write(path, trust_file.with_witness(ThirdParties(), "court", url, vkeys(court)))
        trust_file.state_policy(center)
    said = [SignedStatement.parse(leaf).statement.type for leaf in chains.chain(center, DEPLOYMENT).values()]
    assert said.count("policy.changed") == 1


def test_processes_that_find_the_policy_changed_at_once_say_it_once(
    world: World, tmp_path: Path, court: RealWitness
) -> None:
    center = replace(world.center, trust=tmp_path / "trust.txt")
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: trust_file.state_policy(center), range(8)))
    assert said.count(True) == 1
