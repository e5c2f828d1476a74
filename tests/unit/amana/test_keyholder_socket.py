"""The keyholder behind its socket: the same answers as beside it, and nothing that breaks it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from amana.install import installation
from amana.keyholder import server
from amana.keyholder.client import KeyholderClient, KeyholderRefused, KeyholderUnreachable, at_path
from amana.keyholder.operations import OPERATIONS
from amana.keyholder.protocol import MAX_LINE, MAX_REQUESTS, write_line
from amana.keyholder.server import KeyholderServer, RequestHandler, guarded_signer
from amana.keyholder.signing_guard import TreeHead
from amana.settings import Settings
from chain_of_custody.errors import LedgerDiverged
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.tlog.merkle import EMPTY_ROOT, consistency_proof, root_of
from tests.support.people.passphrase import PASSPHRASE
from vault.errors import Altered, Locked, WrongPassphrase
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.protocol import KeyholderStatus
from vault.sealing import key_wrapping
from vault.sealing.sealing import message_key

ITEM = "00" * 16


def said(path: Path, line: bytes) -> bytes:
    """What the keyholder answers to these bytes, until it closes the line or has answered."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        answer = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # closed before it read everything
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        return answer


def test_opening_needs_the_passphrase_and_locking_ends_it(keyholder: KeyholderClient) -> None:
    info = key_wrapping.wrap_info(bytes(16), bytes(16))
    data_key = key_wrapping.generate_data_key()
    public = keyholder.public_keys().vault
    keyholder.keep_wraps(ITEM, {key_wrapping.recipient_id(public): key_wrapping.wrap(data_key, public, info)})
    requests = [(bytes([n % 256]) * 24, n.to_bytes(2, "big")) for n in range(MAX_REQUESTS + 1)]
    with pytest.raises(Locked):
        keyholder.message_keys(ITEM, info, requests[:1])
    with pytest.raises(WrongPassphrase):
        keyholder.unlock("another")
    keyholder.unlock(PASSPHRASE)
    assert keyholder.status().unlocked
    assert keyholder.message_keys(ITEM, info, requests) == [
        message_key(data_key, context, salt) for salt, context in requests
    ]
    keyholder.lock()
    with pytest.raises(Locked):
        keyholder.message_keys(ITEM, info, requests[:1])


def test_case_details_are_opened_as_they_were_sealed(keyholder: KeyholderClient) -> None:
    keyholder.unlock(PASSPHRASE)
    info = key_wrapping.wrap_info(bytes(16), bytes(16))
    public = keyholder.make_case_key(ITEM, info)
    contents = [bytes([n]) * (n * 500) for n in range(1, 120)]
    blobs = [key_wrapping.wrap(content, public, info) for content in contents]
    assert keyholder.open_sealed(ITEM, info, blobs) == contents


def test_the_catalogue_goes_over_the_line_in_any_number_and_size(keyholder: KeyholderClient) -> None:
    pairs = [(b"piece/%d" % n, bytes([n]) * size) for n, size in enumerate([3] * 150 + [256 * 1024] * 3)]
    sealed = keyholder.seal_catalogue(pairs)
    places = [place for place, _ in pairs]
    assert keyholder.open_catalogue(list(zip(places, sealed, strict=True))) == [one for _, one in pairs]
    with pytest.raises(Altered):
        keyholder.open_catalogue([(b"piece/1", sealed[0])])


def test_a_checkpoint_comes_back_with_both_signatures(keyholder: KeyholderClient, settings: Settings) -> None:
    origin, public = installation.read(settings).origin, keyholder.public_keys()
    log_keys = LogKeys(origin, public.ledger_ed25519, public.ledger_mldsa44)
    note = keyholder.sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), None)
    assert open_checkpoint(note, log_keys).size == 0
    leaves = [bytes([n]) * 32 for n in range(4)]
    three, four = root_of(leaves[:3]), root_of(leaves)
    grown = Checkpoint(origin, 3, three)
    keyholder.sign_checkpoint(grown, TreeHead(0, EMPTY_ROOT))
    with pytest.raises(LedgerDiverged, match="does not begin with"):
        keyholder.sign_checkpoint(Checkpoint(origin, 4, bytes(32)), TreeHead(3, three))
    proof = consistency_proof(leaves, 3, 4)
    keyholder.sign_checkpoint(Checkpoint(origin, 4, four), TreeHead(3, three), proof)
    assert keyholder.memory() == (TreeHead(3, three), 0)
    with pytest.raises(LedgerDiverged, match="go on from 0 entries"):
        keyholder.sign_checkpoint(grown, TreeHead(0, EMPTY_ROOT))


def test_the_center_key_signs_statements_and_nothing_else(keyholder: KeyholderClient) -> None:
    statement = b'amana/statement/v1\x00{"v":1}'
    signature = keyholder.sign("center", statement)
    Ed25519PublicKey.from_public_bytes(keyholder.public_keys().center).verify(signature, statement)
    with pytest.raises(KeyholderRefused, match="statements only"):
        keyholder.sign("center", b"amana/00/checkpoint\n3\n")
    with pytest.raises(ValueError, match="sign_checkpoint"):
        keyholder.sign("ledger-ed25519", statement)
    assert keyholder.status().trial is False  # and it goes on answering


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n",
        b"[" * 100_000 + b"\n",
        b"[1]\n",
        b'{"op":7}\n',
        b'{"op":"open everything"}\n',
        b'{"op":"sign_checkpoint","size":-1,"root":"00","previous":null}\n',
        b'{"op":"sign_checkpoint","size":1,"root":"zz","previous":null}\n',
        b'{"op":"sign_checkpoint","size":true,"root":"00","previous":null}\n',
        b'{"op":"sign_checkpoint","size":1,"root":"' + b"00" * 32 + b'","previous":3}\n',
        b'{"op":"sign_checkpoint","size":1,"root":"' + b"00" * 32 + b'","previous":null}\n',
        b'{"op":"sign_checkpoint","size":1,"root":"'
        + b"00" * 32
        + b'","previous":null,"consistency":["AA=="]}\n',
        b'{"op":"message_keys","item":"00","info":"AA==","requests":[["AA=="]]}\n',
        b'{"op":"message_keys","item":"00","info":"AA==","requests":' + b"[" + b"0," * 2000 + b"0]}\n",
        b'{"op":"message_keys","item":"00","info":"*","requests":[]}\n',
        b'{"op":"unlock"}\n',
        b'{"op":"status"} cut off',
        b'{"op":"unlock","passphrase":"' + b"x" * MAX_LINE + b'"}\n',
    ],
)
def test_malformed_requests_are_answered_and_end_only_their_own_line(
    keyholder: KeyholderClient, settings: Settings, line: bytes
) -> None:
    answer = said(settings.keyholder_socket, line)
    assert json.loads(answer)["error"]["code"] == "malformed"
    assert keyholder.status().unlocked is False


def test_each_operation_is_the_keyholders_own_or_restricted_by_the_process() -> None:
    """A row that nobody looked at would give a compromised web process what `server` restricts."""
    own = {name for name in OPERATIONS if hasattr(RequestHandler, name)}
    assert own == {
        *("unlock", "keep_wraps", "key_store", "sign_statement", "sign_document", "sign_checkpoint"),
        *("take_over", "memory", "rewrap", "rewrapped", "drop_exchanged"),
    }
    assert OPERATIONS.keys() - own == {
        *("status", "public_keys", "lock", "wraps", "check_wraps", "wraps_in", "noticed_wraps", "hold_wraps"),
        *("lift_wraps", "wraps_left", "destroy_wraps", "refuse_disposal", "message_keys", "open_sealed"),
        *("make_case_key", "seal_catalogue", "open_catalogue"),
    }
    assert all(hasattr(LocalKeyholder, name) for name in OPERATIONS.keys() - own)
    assert "sign" not in OPERATIONS


def test_many_ask_at_once(keyholder: KeyholderClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: keyholder.status(), range(200)))
    assert len(answers) == 200


def test_only_the_services_own_user_reaches_the_socket(
    keyholder: KeyholderClient, settings: Settings
) -> None:
    assert stat.S_IMODE(settings.keyholder_socket.stat().st_mode) == 0o600


def test_another_users_process_is_turned_away_without_an_answer(settings: Settings) -> None:
    origin = installation.read(settings).origin
    holder = LocalKeyholder.open(settings.keys)
    handler = RequestHandler(
        holder, guarded_signer(holder, origin, settings.keys / "signed-checkpoints"), origin
    )
    # Whoever connects in this test is "another" for a server that expects the next user id.
    with KeyholderServer(settings.keyholder_socket, handler, user=os.getuid() + 1) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            assert said(settings.keyholder_socket, b'{"op":"status"}\n') == b""
        finally:
            server.shutdown()
            thread.join()


def test_a_connection_without_requests_is_closed_with_nothing_on_it(
    keyholder: KeyholderClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written on it would be read as the response to the next request."""
    monkeypatch.setattr(server, "IDLE", 0.2)
    before = keyholder.status()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(settings.keyholder_socket))
        connection.sendall(b'{"op":"status"}\n')
        stream = connection.makefile("rb")
        assert json.loads(stream.readline())["ok"]["trial"] == before.trial
        assert stream.read() == b""
    assert [keyholder.status() for _ in range(3)] == [before] * 3


def test_no_request_fails_because_its_connection_was_idle_too_long(
    keyholder: KeyholderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the end of the pause and the next request fall."""
    monkeypatch.setattr(server, "IDLE", 0.01)
    for n in range(60):
        time.sleep(0.009 + 0.00005 * n)  # around the end of the pause; each request has to be answered
        assert keyholder.status().trial is False


def test_idle_connections_keep_nobody_out(keyholder: KeyholderClient, settings: Settings) -> None:
    with contextlib.ExitStack() as idle:
        for _ in range(100):
            connection = idle.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(str(settings.keyholder_socket))
            connection.sendall(b'{"op":"st')  # a line that does not end holds no place either
        with ThreadPoolExecutor(16) as pool:
            assert len(list(pool.map(lambda _: keyholder.status(), range(64)))) == 64


def test_where_no_keyholder_listens_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyholderUnreachable):
        KeyholderClient(at_path(tmp_path / "absent.sock")).status()


def test_a_keyholder_that_was_started_again_is_found_again_without_a_word(tmp_path: Path) -> None:
    path, gone = tmp_path / "s", threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer_once_and_end() -> None:
            for _ in range(2):
                connection, _address = listener.accept()
                with connection, connection.makefile("rwb") as stream:
                    stream.readline()
                    write_line(stream, {"ok": asdict(KeyholderStatus(True, False, 0.0))})
                gone.set()

        thread = threading.Thread(target=answer_once_and_end, daemon=True)
        thread.start()
        client = KeyholderClient(at_path(path))
        assert client.status().unlocked
        gone.wait(5)
        assert client.status().unlocked  # over the kept connection, which is dead, and then over a new one
        thread.join()
    with pytest.raises(KeyholderUnreachable):
        client.status()


@contextlib.contextmanager
def kept_by(path: Path, then: Callable[[socket.socket], object]) -> Iterator[list[bytes]]:
    """A keyholder that answers once, and does `then` with the connection when the next request is there.

    Further connections are answered. Yields the requests that it has read."""
    read: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            answer = b'{"ok":{"held":true}}\n'
            first, _address = listener.accept()
            with first:
                read.append(first.recv(4096))
                first.sendall(answer)
                select.select([first], [], [], 5)
                then(first)
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listener.accept()
                    with connection:
                        while line := connection.recv(4096):
                            read.append(line)
                            connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield read
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("silent_for", [0.0, 1.0])
def test_a_request_that_may_have_been_executed_is_not_sent_again(tmp_path: Path, silent_for: float) -> None:
    """The keyholder has read it, and then ends or stays silent: nobody knows what it has done."""
    over = threading.Event()

    def read_and_end(connection: socket.socket) -> None:
        requests.append(connection.recv(4096))
        over.wait(silent_for)

    with kept_by(tmp_path / "s", read_and_end) as requests:
        client = KeyholderClient(at_path(tmp_path / "s"), 0.2)
        assert client.keep_wraps(ITEM, {})
        with pytest.raises(KeyholderUnreachable):
            client.keep_wraps(ITEM, {"00" * 8: b"second"})
        over.set()
        client.close()
    assert len(requests) == 2


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(lambda connection: None, id="closed without reading"),
        pytest.param(
            lambda connection: (
                connection.recv(4096)
                and connection.sendall(b'{"error":{"code":"not-taken","message":"closed"}}\n')
            ),
            id="said not to be taken",
        ),
    ],
)
def test_a_request_that_was_not_taken_is_sent_again(
    tmp_path: Path, then: Callable[[socket.socket], object]
) -> None:
    with kept_by(tmp_path / "s", then) as requests:
        client = KeyholderClient(at_path(tmp_path / "s"), 5.0)
        assert client.keep_wraps(ITEM, {})
        assert client.keep_wraps(ITEM, {})  # over a new connection
        client.close()
    assert len(requests) == 2


@pytest.mark.parametrize("with_the_answer", [True, False])
def test_a_kept_connection_on_which_something_waits_is_not_used_again(
    tmp_path: Path, with_the_answer: bool
) -> None:
    """An answer that nobody waits for would be read as the answer to the next request."""
    path, answered, sent = tmp_path / "s", threading.Event(), threading.Event()
    late = b'{"ok":{"held":true}}\n'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer_twice_and_then_once() -> None:
            first, _address = listener.accept()
            with first, first.makefile("rwb") as stream:
                stream.readline()
                line = b'{"ok":{"held":false}}\n'
                first.sendall(line + late if with_the_answer else line)
                answered.wait(5)
                if not with_the_answer:
                    first.sendall(late)
                sent.set()
                second, _address = listener.accept()
                with second, second.makefile("rwb") as again:
                    again.readline()
                    write_line(again, {"ok": {"held": False}})

        thread = threading.Thread(target=answer_twice_and_then_once, daemon=True)
        thread.start()
        client = KeyholderClient(at_path(path), 5.0)
        assert client.keep_wraps(ITEM, {}) is False
        answered.set()
        sent.wait(5)
        assert client.keep_wraps(ITEM, {}) is False  # over a new connection
        client.close()
        thread.join(5)
        assert not thread.is_alive()
