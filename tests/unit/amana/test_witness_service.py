"""The witness as a service: its memory on the disk, its answers over HTTP, its commands."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.cli import main
from amana.witness import server as service
from amana.witness.server import create_app
from amana.witness.store import MAX_CONTRADICTIONS, NoWitness, WitnessMemory, create, open_keys
from chain_of_custody.encoding.signed_note import ED25519, Note, VerifierKey
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.merkle import consistency_proof, leaf_hash, root_of
from chain_of_custody.trust.witness import MAX_REQUEST, AddCheckpoint, KnownLog, Witness, parse_cosignatures

NAME = "court.example/witness"


def signer(seed: int = 1, origin: str = "amana/" + "d0" * 16) -> LocalSigner:
    return LocalSigner(
        Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32),
        MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32),
        origin,
    )


LOG = signer()
ORIGIN = LOG.keys.origin
LEAVES = [leaf_hash(b"entry %d" % n) for n in range(9)]


def note_of(size: int, salt: bytes = b"") -> bytes:
    leaves = [leaf_hash(salt + leaf) for leaf in LEAVES] if salt else LEAVES
    return LOG.sign_checkpoint(Checkpoint(ORIGIN, size, root_of(leaves[:size])))


def asking(old: int, size: int) -> bytes:
    proof = consistency_proof(LEAVES, old, size) if old else []
    return AddCheckpoint(old, tuple(proof), note_of(size)).serialise()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "witness"
    create(folder, NAME)
    return folder


@pytest.fixture
def memory(folder: Path) -> WitnessMemory:
    memory = WitnessMemory(folder, open_keys(folder))
    memory.add_log(KnownLog.parse(LOG.keys.vkeys()))
    return memory


@pytest.fixture
async def client(folder: Path, memory: WitnessMemory) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(Witness(open_keys(folder), memory)))
    async with httpx.AsyncClient(transport=transport, base_url="http://witness") as client:
        yield client


def test_keys_are_for_the_witness_s_user_alone(folder: Path) -> None:
    assert (folder / "witness.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "witness.sqlite").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert open_keys(folder).keys == open_keys(folder).keys
    (folder / "witness.json").chmod(0o640)
    with pytest.raises(NoWitness, match="can be read by others"):
        open_keys(folder)


def test_a_witness_is_never_made_over_another(folder: Path) -> None:
    before = (folder / "witness.json").read_bytes()
    with pytest.raises(NoWitness, match="a witness already"):
        create(folder, "other.example")
    assert (folder / "witness.json").read_bytes() == before
    (folder / "witness.json").unlink()
    with pytest.raises(NoWitness, match="the memory of a witness"):
        create(folder, "other.example")


def test_keys_without_their_memory_do_not_sign(folder: Path) -> None:
    keys = open_keys(folder)
    (folder / "witness.sqlite").unlink()
    with pytest.raises(NoWitness, match="is missing"):
        WitnessMemory(folder, keys)


def test_a_memory_that_went_away_while_serving_is_not_made_anew(folder: Path, memory: WitnessMemory) -> None:
    (folder / "witness.sqlite").unlink()
    with pytest.raises(sqlite3.Error):
        memory.latest(ORIGIN)
    assert not (folder / "witness.sqlite").exists()


def test_another_witness_s_memory_is_refused(folder: Path, tmp_path: Path) -> None:
    other = create(tmp_path / "other", NAME)
    with pytest.raises(NoWitness, match="belongs to another witness"):
        WitnessMemory(folder, other)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"name": "x", "ed25519": "", "mldsa44": ""}', "\xff"])
def test_what_is_no_key_file_is_said(folder: Path, content: str) -> None:
    (folder / "witness.json").write_text(content, encoding="latin-1")
    with pytest.raises(NoWitness, match="not a witness's key file"):
        open_keys(folder)


def test_a_log_is_known_with_the_keys_it_was_added_with(memory: WitnessMemory) -> None:
    known = KnownLog.parse(LOG.keys.vkeys())
    assert memory.log(ORIGIN) == known
    assert memory.log("amana/" + "0" * 32) is None
    assert not memory.add_log(known)
    for other in (KnownLog.parse(LOG.keys.vkeys()[:1]), KnownLog.parse(signer(2).keys.vkeys())):
        with pytest.raises(NoWitness, match="with other keys"):
            memory.add_log(other)
    assert memory.log(ORIGIN) == known


def test_only_who_saw_the_stored_note_replaces_it(folder: Path, memory: WitnessMemory) -> None:
    first, second, third = (note_of(size) for size in (1, 2, 3))
    other = WitnessMemory(folder, open_keys(folder))
    assert memory.advance(ORIGIN, None, first)
    assert not other.advance(ORIGIN, None, second)
    assert other.advance(ORIGIN, first, second)
    assert not memory.advance(ORIGIN, first, third)
    assert memory.latest(ORIGIN) == second
    assert memory.latest_by_hash(sha256(ORIGIN.encode()).hexdigest()) == second


def test_a_commit_is_on_the_disk_when_it_returns(folder: Path, memory: WitnessMemory) -> None:
    """What the promise hangs on, asked of the very connections that are used."""
    with memory._writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 3  # EXTRA
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"


def test_the_same_contradiction_is_kept_once_and_all_of_them_not_without_end(memory: WitnessMemory) -> None:
    cosigned = note_of(5)
    for _ in range(3):
        memory.keep(ORIGIN, "fork", cosigned, note_of(5, b"other"))
    assert len(memory.contradictions()) == 1
    for number in range(MAX_CONTRADICTIONS + 5):
        memory.keep(ORIGIN, "not-continued", cosigned, note_of(6, b"%d" % number))
    kept = memory.contradictions()
    assert len(kept) == 1 + MAX_CONTRADICTIONS
    assert kept[0].cosigned == cosigned
    half = MAX_CONTRADICTIONS // 2
    numbers = [*range(half), *range(half + 5, MAX_CONTRADICTIONS + 5)]
    texts = [Note.parse(note_of(6, b"%d" % number)).text for number in numbers]
    assert [Note.parse(one.offered).text for one in kept[1:]] == texts
    assert memory.watched()[0].contradictions == len(kept)


async def test_a_ledger_is_cosigned_over_http(client: httpx.AsyncClient, memory: WitnessMemory) -> None:
    answer = await client.post("/add-checkpoint", content=asking(0, 5))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(parse_cosignatures(answer.content)) == 2
    latest = memory.watched()[0].latest
    assert latest is not None and latest.size == 5


async def test_a_conflict_names_the_size_in_its_own_type(client: httpx.AsyncClient) -> None:
    await client.post("/add-checkpoint", content=asking(0, 5))
    answer = await client.post("/add-checkpoint", content=asking(0, 6))
    assert (answer.status_code, answer.content) == (409, b"5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


async def test_what_was_cosigned_last_is_shown(client: httpx.AsyncClient) -> None:
    digest = sha256(ORIGIN.encode()).hexdigest()
    assert (await client.get(f"/{digest}/checkpoint")).status_code == 404
    assert (await client.get("/..%2Fwitness.json/checkpoint")).status_code == 404
    await client.post("/add-checkpoint", content=asking(0, 5))
    shown = await client.get(f"/{digest}/checkpoint")
    assert Checkpoint.parse(Note.parse(shown.content).text).size == 5
    vkeys = (await client.get("/")).text.splitlines()
    assert [vkey.split("+")[0] for vkey in vkeys] == [NAME, NAME]


async def test_a_request_that_is_too_large_or_too_slow_is_ended(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.post("/add-checkpoint", content=b"x" * MAX_REQUEST)).status_code == 400
    assert (await client.post("/add-checkpoint", content=b"x" * (MAX_REQUEST + 1))).status_code == 413

    async def never() -> AsyncIterator[bytes]:
        import asyncio

        yield b"old 0\n"
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "SENT_WITHIN", 0.05)
    assert (await client.post("/add-checkpoint", content=never())).status_code == 408


async def test_a_memory_that_cannot_be_written_signs_nothing(client: httpx.AsyncClient, folder: Path) -> None:
    with sqlite3.connect(folder / "witness.sqlite") as connection:
        connection.execute("CREATE TRIGGER full BEFORE UPDATE ON logs BEGIN SELECT RAISE(ABORT, 'full'); END")
    answer = await client.post("/add-checkpoint", content=asking(0, 5))
    assert answer.status_code == 503
    assert "—" not in answer.text


@pytest.mark.parametrize("path", ["/add-checkpoint", "/nothing", "/x/y/checkpoint"])
async def test_nothing_else_is_answered(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in (404, 405)


def test_the_commands_make_a_witness_and_tell_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "w")]
    assert main(["witness", "keys", *data]) == 2
    assert "amana witness init" in capsys.readouterr().err
    assert main(["witness", "init", *data, "--name", "court.example/witness"]) == 0
    made = capsys.readouterr().out.splitlines()[1:]
    assert main(["witness", "keys", *data]) == 0
    assert capsys.readouterr().out.splitlines() == made
    assert main(["witness", "init", *data, "--name", "again"]) == 2
    assert main(["witness", "add-log", *data, *LOG.keys.vkeys()]) == 0
    assert "must sign with Ed25519 and ML-DSA-44" in capsys.readouterr().out
    assert main(["witness", "add-log", *data, "nonsense"]) == 2
    assert main(["witness", "add-log", *data, *signer(2).keys.vkeys()]) == 2
    told = capsys.readouterr().err
    assert "with other keys" in told
    assert "trust sheet" in told and "amana witness init" in told
    assert main(["witness", "status", *data]) == 0
    assert f"{ORIGIN}  nothing cosigned yet" in capsys.readouterr().out


def test_one_of_an_amana_ledgers_two_keys_is_only_taken_on_an_explicit_wish(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, memory = ["--data", str(folder)], WitnessMemory(folder, open_keys(folder))
    for vkey in LOG.keys.vkeys():
        assert main(["witness", "add-log", *data, vkey]) == 2
        told = capsys.readouterr().err
        assert "two keys" in told and "--one-key" in told
        assert memory.log(ORIGIN) is None
    assert main(["witness", "add-log", *data, LOG.keys.vkeys()[0], "--one-key"]) == 0
    assert memory.log(ORIGIN) == KnownLog.parse(LOG.keys.vkeys()[:1])


def test_a_foreign_ledger_with_one_key_is_as_usual(folder: Path, memory: WitnessMemory) -> None:
    vkey = VerifierKey("rekor.example", ED25519, LOG.keys.ed25519).vkey()
    assert main(["witness", "add-log", "--data", str(folder), vkey]) == 0
    assert memory.log("rekor.example") is not None


def test_a_contradiction_is_shown_and_handed_out_with_both_checkpoints(
    folder: Path, memory: WitnessMemory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    witness = Witness(open_keys(folder), memory)
    witness.add_checkpoint(asking(0, 5))
    first, second = memory.latest(ORIGIN), note_of(5, b"other")
    assert witness.add_checkpoint(AddCheckpoint(5, (), second).serialise()).status == 409
    assert main(["witness", "status", "--data", str(folder)]) == 1
    assert "CHECK" in capsys.readouterr().out
    assert main(["witness", "evidence", "--data", str(folder), "--to", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "1-cosigned.txt").read_bytes() == first
    assert (tmp_path / "out" / "1-offered.txt").read_bytes() == second


def test_a_name_that_no_witness_can_have_is_refused(tmp_path: Path) -> None:
    assert main(["witness", "init", "--data", str(tmp_path / "w"), "--name", "a b"]) == 2
    assert not (tmp_path / "w" / "witness.json").exists()
    assert main(["witness", "init", "--data", str(tmp_path / "w"), "--name", "a.example"]) == 0
