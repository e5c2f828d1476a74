"""The keyholder behind a connection: the same answers as beside it, and nothing that breaks it."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import BinaryIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from amana import control_channel
from amana.install import installation
from amana.keyholder import client, server
from amana.keyholder.client import Connect, KeyholderClient, KeyholderRefused, KeyholderUnreachable
from amana.keyholder.control import KeyholderControl, next_connection
from amana.keyholder.operations import OPERATIONS
from amana.keyholder.protocol import MAX_LINE, MAX_REQUESTS, NotAllowed, write_line
from amana.keyholder.roles import ALLOWED, Peer, Role
from amana.keyholder.server import RequestHandler
from amana.keyholder.signing_guard import TreeHead
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Person
from casework.evidence import viewing_sessions
from casework.ledger import chains
from chain_of_custody.errors import LedgerDiverged
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.tlog.merkle import EMPTY_ROOT, consistency_proof, root_of
from tests.support.centers.prepared import RunningKeyholder
from tests.support.patience import PATIENCE
from tests.support.people.passphrase import PASSPHRASE
from vault.errors import Altered, Locked, WrongPassphrase
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.protocol import KeyholderStatus
from vault.sealing import key_wrapping
from vault.sealing.sealing import message_key

ITEM = "00" * 16


WEB = Peer("web", os.getpid())


def said(connect: Connect, line: bytes) -> bytes:
    """What the keyholder answers to these bytes, until it closes the line or has answered."""
    with connect() as connection:
        connection.settimeout(PATIENCE)
        answer = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # closed before it read everything
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        return answer


def test_opening_needs_the_passphrase_and_locking_ends_it(
    keyholder: KeyholderClient, center: Center, prosecutor: Person
) -> None:
    info = key_wrapping.wrap_info(bytes(16), bytes(16))
    data_key = key_wrapping.generate_data_key()
    public = keyholder.public_keys().vault
    keyholder.keep_wraps(ITEM, {key_wrapping.recipient_id(public): key_wrapping.wrap(data_key, public, info)})
    requests = [(bytes([n % 256]) * 24, n.to_bytes(2, "big")) for n in range(MAX_REQUESTS + 1)]
    viewed = viewing_sessions.state(center, prosecutor, ITEM, "review", None)
    opening = keyholder.open_item(ITEM, chains.ledger_proof(center, [viewed]))
    with pytest.raises(Locked):
        keyholder.message_keys(opening, info, requests[:1])
    with pytest.raises(WrongPassphrase):
        keyholder.unlock("another")
    keyholder.unlock(PASSPHRASE)
    assert keyholder.status().unlocked
    assert keyholder.message_keys(opening, info, requests) == [
        message_key(data_key, context, salt) for salt, context in requests
    ]
    keyholder.lock()
    with pytest.raises(Locked):
        keyholder.message_keys(opening, info, requests[:1])


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
        b'{"op":"message_keys","opening":"00","info":"AA==","requests":[["AA=="]]}\n',
        b'{"op":"message_keys","opening":"00","info":"AA==","requests":' + b"[" + b"0," * 2000 + b"0]}\n",
        b'{"op":"message_keys","opening":"00","info":"*","requests":[]}\n',
        b'{"op":"message_keys","item":"00","info":"AA==","requests":[]}\n',
        b'{"op":"open_item","item":"00"}\n',
        b'{"op":"open_item","item":"00","proof":[["AA=="]]}\n',
        b'{"op":"open_item","item":"00","proof":[["AA==","*"]]}\n',
        b'{"op":"unlock","passphrase":"correct horse"}\n',
        b'{"op":"unlock_sealed"}\n',
        b'{"op":"unlock_sealed","public":"A","sealed":"AA=="}\n',
        b'{"op":"status"} cut off',
        b'{"op":"unlock_sealed","sealed":"' + b"x" * MAX_LINE + b'"}\n',
    ],
)
def test_malformed_requests_are_answered_and_end_only_their_own_line(
    keyholder: RunningKeyholder, line: bytes
) -> None:
    answer = said(keyholder.connect("web"), line)
    assert json.loads(answer)["error"]["code"] == "malformed"
    assert keyholder.status().unlocked is False


def test_each_operation_is_the_keyholders_own_or_restricted_by_the_process() -> None:
    """A row that nobody looked at would give a compromised web process what `server` restricts."""
    own = {name for name in OPERATIONS if hasattr(RequestHandler, name)}
    assert own == {
        *("unlock_sealed", "keep_wraps", "key_store", "sign_statement", "sign_document", "sign_checkpoint"),
        *("confirm", "take_over", "memory", "rewrap", "rewrapped", "drop_exchanged"),
    }
    assert OPERATIONS.keys() - own == {
        *("status", "public_keys", "unlock_key", "lock"),
        *("wraps", "check_wraps", "items_in", "noticed_wraps", "hold_wraps"),
        *("lift_wraps", "wraps_left", "destroy_wraps", "refuse_disposal", "open_item", "message_keys"),
        *("open_sealed", "make_case_key", "seal_catalogue", "open_catalogue"),
    }
    assert all(hasattr(LocalKeyholder, name) for name in OPERATIONS.keys() - own)
    assert "sign" not in OPERATIONS


def test_many_ask_at_once(keyholder: KeyholderClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: keyholder.status(), range(200)))
    assert len(answers) == 200


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("web", {"wraps", "rewrapped"}),
        (
            "command",
            {
                *("wraps", "keep_wraps", "noticed_wraps", "hold_wraps", "lift_wraps", "destroy_wraps"),
                *("refuse_disposal", "make_case_key", "rewrap", "drop_exchanged"),
            },
        ),
        ("supervisor", OPERATIONS.keys() - {"status"}),
    ],
)
def test_each_role_has_its_operations_and_no_other(
    keyholder: RunningKeyholder, role: Role, refused: set[str]
) -> None:
    assert ALLOWED[role] <= OPERATIONS.keys()
    assert OPERATIONS.keys() - ALLOWED[role] == refused
    client = KeyholderClient(keyholder.connect(role))
    for name in refused:
        with pytest.raises(NotAllowed, match=f"{name} is not for {role}"):
            client.ask(name, {})
    assert client.status().unlocked is False  # and the connection continues
    client.close()


@pytest.mark.parametrize(
    "message",
    [
        {"role": "recorder", "process": 1},
        {"role": ["web"], "process": 1},
        {"role": "web"},
        {"role": "web", "process": None},
    ],
)
def test_a_connection_without_a_known_role_is_closed_and_the_next_one_served(
    message: dict[str, object],
) -> None:
    near, far = control_channel.pair()
    ours, other = socket.socketpair()
    with near, far, ours:
        with other:
            control_channel.send(near, message, other)
        control = KeyholderControl(near)
        with control.connect(WEB) as second:
            received = next_connection(far)
            assert received is not None
            with received[1] as its_end:
                assert received[0] == WEB
                its_end.sendall(b"served")
                assert second.recv(6) == b"served"
        assert ours.recv(1) == b""


def test_a_connection_without_requests_is_closed_with_nothing_on_it(
    keyholder: RunningKeyholder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written on it would be read as the response to the next request."""
    monkeypatch.setattr(server, "IDLE", 1.0)
    before = keyholder.status()
    with keyholder.connect("web")() as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(b'{"op":"status"}\n')
        stream = connection.makefile("rb")
        assert json.loads(stream.readline())["ok"]["trial"] == before.trial
        assert stream.read() == b""
    assert [keyholder.status() for _ in range(3)] == [before] * 3


def test_no_request_fails_because_its_connection_was_idle_too_long(
    keyholder: KeyholderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the end of the pause and the next request fall."""
    monkeypatch.setattr(server, "IDLE", 0.05)
    for n in range(30):
        time.sleep(0.0485 + 0.0001 * n)  # around the end of the pause; each request has to be answered
        assert keyholder.status().trial is False


def test_idle_connections_keep_nobody_out(keyholder: RunningKeyholder) -> None:
    with contextlib.ExitStack() as idle:
        for _ in range(100):
            connection = idle.enter_context(keyholder.connect("web")())
            connection.sendall(b'{"op":"st')  # a line that does not end holds no place either
        with ThreadPoolExecutor(16) as pool:
            assert len(list(pool.map(lambda _: keyholder.status(), range(64)))) == 64


def test_where_there_is_no_keyholder_the_client_says_so(keyholder: RunningKeyholder) -> None:
    keyholder.end()
    with pytest.raises(KeyholderUnreachable):
        keyholder.status()


def test_connections_that_wait_are_closed_where_the_keyholder_ends_before_it_takes_them() -> None:
    """A client does not wait for an answer that cannot come."""
    near, far = control_channel.pair()
    waiting = KeyholderControl(near).connect(WEB)
    waiting.settimeout(PATIENCE)
    far.close()
    assert waiting.recv(1) == b""


def test_a_keyholder_that_was_started_again_is_found_again_without_a_word() -> None:
    near, far = control_channel.pair()
    gone = threading.Event()
    with far:

        def answer_once_and_end() -> None:
            for _ in range(2):
                with taken(far) as connection, connection.makefile("rwb") as stream:
                    stream.readline()
                    write_line(stream, {"ok": asdict(KeyholderStatus(True, False, 0.0))})
                gone.set()

        thread = threading.Thread(target=answer_once_and_end, daemon=True)
        thread.start()
        client = KeyholderClient(functools.partial(KeyholderControl(near).connect, WEB))
        assert client.status().unlocked
        gone.wait(PATIENCE)
        assert client.status().unlocked  # over the kept connection, which is dead, and then over a new one
        thread.join()
    with pytest.raises(KeyholderUnreachable):
        client.status()


def taken(far: socket.socket) -> socket.socket:
    """The next connection at the keyholder's end."""
    received = next_connection(far)
    assert received is not None
    return received[1]


@contextlib.contextmanager
def kept_by(then: Callable[[socket.socket], object]) -> Iterator[tuple[Connect, list[bytes]]]:
    """A keyholder that answers once, and does `then` with the connection when the next request is there.

    Further connections are answered. Yields what connects to it, and the requests that it has read."""
    read: list[bytes] = []
    near, far = control_channel.pair()
    with far:

        def serve() -> None:
            answer = b'{"ok":{"held":true}}\n'
            with taken(far) as first:
                read.append(first.recv(4096))
                first.sendall(answer)
                select.select([first], [], [], PATIENCE)
                then(first)
            with contextlib.suppress(OSError):
                while (received := next_connection(far)) is not None:
                    with received[1] as connection:
                        while line := connection.recv(4096):
                            read.append(line)
                            connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield functools.partial(KeyholderControl(near).connect, WEB), read
        far.shutdown(socket.SHUT_RD)
        thread.join(PATIENCE)


@pytest.mark.parametrize("silent_for", [0.0, PATIENCE])
def test_a_request_that_may_have_been_executed_is_not_sent_again(silent_for: float) -> None:
    """The keyholder has read it, and then ends or stays silent: nobody knows what it has done."""
    over = threading.Event()

    def read_and_end(connection: socket.socket) -> None:
        requests.append(connection.recv(4096))
        over.wait(silent_for)

    with kept_by(read_and_end) as (connect, requests):
        client = KeyholderClient(connect, 1.0)
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
def test_a_request_that_was_not_taken_is_sent_again(then: Callable[[socket.socket], object]) -> None:
    with kept_by(then) as (connect, requests):
        client = KeyholderClient(connect, PATIENCE)
        assert client.keep_wraps(ITEM, {})
        assert client.keep_wraps(ITEM, {})  # over a new connection
        client.close()
    assert len(requests) == 2


@pytest.mark.parametrize("with_the_answer", [True, False])
def test_a_kept_connection_on_which_something_waits_is_not_used_again(with_the_answer: bool) -> None:
    """An answer that nobody waits for would be read as the answer to the next request."""
    answered, sent = threading.Event(), threading.Event()
    late = b'{"ok":{"held":true}}\n'
    near, far = control_channel.pair()
    with far:

        def answer_twice_and_then_once() -> None:
            with taken(far) as first, first.makefile("rwb") as stream:
                stream.readline()
                line = b'{"ok":{"held":false}}\n'
                first.sendall(line + late if with_the_answer else line)
                answered.wait(PATIENCE)
                if not with_the_answer:
                    first.sendall(late)
                sent.set()
                with taken(far) as second, second.makefile("rwb") as again:
                    again.readline()
                    write_line(again, {"ok": {"held": False}})

        thread = threading.Thread(target=answer_twice_and_then_once, daemon=True)
        thread.start()
        client = KeyholderClient(functools.partial(KeyholderControl(near).connect, WEB), PATIENCE)
        assert client.keep_wraps(ITEM, {}) is False
        answered.set()
        sent.wait(PATIENCE)
        assert client.keep_wraps(ITEM, {}) is False  # over a new connection
        client.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_no_passphrase_is_on_the_socket_and_what_was_there_opens_nothing_again(
    keyholder: RunningKeyholder, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []

    def note(stream: BinaryIO, message: Mapping[str, object]) -> None:
        written.append(json.dumps(message).encode() + b"\n")
        write_line(stream, message)

    monkeypatch.setattr(client, "write_line", note)
    keyholder.unlock(PASSPHRASE)
    keyholder.lock()
    lines = b"".join(written)
    assert b"unlock_sealed" in lines
    for spelled in (PASSPHRASE.encode(), base64.b64encode(PASSPHRASE.encode()).rstrip(b"=")[:-1]):
        assert spelled not in lines
    [again] = [line for line in written if b"unlock_sealed" in line]
    assert json.loads(said(keyholder.connect("web"), again))["error"]["code"] == "unlock-unread"
    assert not keyholder.status().unlocked


def test_what_no_passphrase_can_be_is_a_wrong_one(keyholder: KeyholderClient) -> None:
    with pytest.raises(WrongPassphrase):
        keyholder.unlock("x" * 5000)
