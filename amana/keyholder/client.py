"""A client of the keyholder: the same methods, answered by another process.

`KeyholderClient` has a method for each row of `amana.keyholder.operations`. It implements
`vault.keyholders.protocol.Keyholder`, `KeyholderSigner` the ledger's `Signer`.
Calls block, so async callers run them in a thread. Concurrent threads get a connection each.

A connection that the keyholder has closed, after a pause or with its process, is replaced silently. No
request is sent again once it may have been executed: then it fails, and the caller decides. It certainly was
not executed if

- the connection broke while it was written: its line end did not arrive;
- the keyholder closed the connection without reading it: the kernel reports a reset (`unix_release_sock`);
- the keyholder says so (`NOT_TAKEN`).
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from amana.keyholder.operations import RemoteKeyholder
from amana.keyholder.protocol import CODES, NOT_TAKEN, LineError, read_line, write_line
from amana.keyholder.signing_guard import TreeHead
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError, LedgerDiverged, StorageConflict
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import consistency_proof, read_together
from chain_of_custody.tlog.storage import Storage
from vault.errors import NotContinued, UnlockSlowed, VaultError, WrongPassphrase
from vault.keyholders import unlocking
from vault.keyholders.protocol import PublicKeys, SigningKey

ANSWER_WITHIN = 30.0  # seconds; unlocking takes about one (Argon2id), all else milliseconds
MOST_AT_ONCE = 16
"""Concurrent requests of one client; further ones wait. The keyholder accepts more of one process."""
ATTEMPTS = 3
"""New connections that are tried for a request that was not taken."""


log = logging.getLogger(__name__)


class KeyholderUnreachable(VaultError):
    """The keyholder process does not answer: it is being restarted, or the service is stopping."""


class _NotTaken(KeyholderUnreachable):
    """The request certainly was not executed, so it may be sent again."""


class KeyholderRefused(VaultError):
    """The keyholder answered with an error that has no narrower class."""


Connect = Callable[[], socket.socket]
"""Returns a new connection to the keyholder, from the supervisor. Raises `KeyholderUnreachable`."""


class KeyholderClient(RemoteKeyholder):
    """Client of the keyholder that `connect` reaches; connects at the first request."""

    def __init__(self, connect: Connect, within: float = ANSWER_WITHIN) -> None:
        self._new = connect
        self._within = within
        self._idle: list[_Connection] = []
        self._turn = threading.Lock()
        self._at_once = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._public_keys: PublicKeys | None = None
        self.continues: Storage | None = None
        """The ledger's storage, from which another machine's checkpoint is taken over when a proof needs it.
        None: such a proof is refused."""

    def public_keys(self) -> PublicKeys:
        """Return the public keys. Requested once of each keyholder: they change only with its key files."""
        known = self._public_keys
        if known is None:
            self._public_keys = known = self._ask_public_keys()
        return known

    def unlock(self, passphrase: str) -> None:
        """As `Keyholder.unlock`, for a passphrase typed in this process; it is sealed, as by the pages."""
        public = self.unlock_key()
        try:
            sealed = unlocking.seal(passphrase, public, self.public_keys().vault)
        except ValueError:
            raise WrongPassphrase("no passphrase is so long") from None
        self.unlock_sealed(public, sealed)

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Sign a statement with the center key, or a document with the documents key.

        Ledger keys sign through `sign_checkpoint` alone: `ValueError`."""
        if key not in ("center", "documents"):
            raise ValueError(f"{key} signs checkpoints only, through sign_checkpoint")
        return self._ask_sign_statement(message) if key == "center" else self._ask_sign_document(message)

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """Return the signed note. Raises `LedgerDiverged` if it does not continue what was signed before."""
        return self._ask_sign_checkpoint(checkpoint.size, checkpoint.root.hex(), previous, consistency)

    def memory(self) -> tuple[TreeHead | None, int]:
        """Return the newest checkpoint signed and built upon, and how many were signed and abandoned."""
        memory = self._ask_memory()
        return memory.kept, memory.abandoned

    def base(self) -> TreeHead | None:
        """Return the checkpoint that one taken over must continue; None: nothing was ever signed here."""
        return self._ask_memory().base

    def drop_exchanged(self) -> list[str]:
        """Drop the exchanged vault keys and return their ids. Refused while something needs one."""
        dropped = self._ask_drop_exchanged()
        self._public_keys = None
        return dropped

    def close(self) -> None:
        """Close the idle connections."""
        with self._turn:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def ask(self, op: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `RemoteKeyholder.ask`. Raises also `KeyholderUnreachable`, and as `take_over`.

        A proof is accepted only under a checkpoint that the keyholder continues: if another machine signed
        the newest one, ours is asked to continue from it, and then again."""
        try:
            return self._ask(op, fields)
        except NotContinued:
            note = None if self.continues is None else self.continues.checkpoint()
            if self.continues is None or note is None:
                raise
            take_over(self, self.continues, note)
        return self._ask(op, fields)

    def _ask(self, op: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        request = {"op": op, **fields}
        if not self._at_once.acquire(timeout=self._within):
            raise KeyholderUnreachable("earlier requests wait for the keyholder")
        try:
            while (connection := self._idle_connection()) is not None:
                with contextlib.suppress(_NotTaken):
                    return self._converse(connection, request)
            for _ in range(ATTEMPTS - 1):
                with contextlib.suppress(_NotTaken):
                    return self._converse(self._connect(), request)
            return self._converse(self._connect(), request)
        finally:
            self._at_once.release()

    def _idle_connection(self) -> _Connection | None:
        """Return an idle connection on which a request can be sent; close the others."""
        while True:
            with self._turn:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.silent():
                return connection
            connection.close()

    def _converse(self, connection: _Connection, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = _exchange(connection.stream, request)
        except KeyholderUnreachable:
            connection.close()
            raise
        refusal = answer.get("error")
        if isinstance(refusal, dict) and refusal["code"] in ("malformed", NOT_TAKEN):
            connection.close()  # as the keyholder does after this line
        else:
            with self._turn:
                self._idle.append(connection)
        if not isinstance(refusal, dict):
            return cast(Mapping[str, Any], answer["ok"])
        if refusal["code"] == NOT_TAKEN:
            raise _NotTaken("the keyholder has closed the connection")
        if refusal["code"] == "slowed":
            raise UnlockSlowed(float(refusal["wait"]))
        raise CODES.get(refusal["code"], KeyholderRefused)(refusal["message"])

    def _connect(self) -> _Connection:
        connection = self._new()
        connection.settimeout(self._within)
        self._public_keys = None  # it may be another keyholder, with other keys
        return _Connection(connection)


def _exchange(stream: BinaryIO, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Send a request and return its answer. Raises `_NotTaken`, `KeyholderUnreachable`."""
    try:
        write_line(stream, request)
        answer = read_line(stream)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise _NotTaken("the keyholder has closed the connection") from error
    except (OSError, LineError) as error:
        raise KeyholderUnreachable("the keyholder does not answer") from error
    if answer is None:
        raise KeyholderUnreachable("the keyholder closed the connection")
    return answer


class _Connection:
    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._pair = connected.makefile("rwb")
        self.stream = cast(BinaryIO, self._pair)

    def silent(self) -> bool:
        """Return whether it is open and has no unread data, which would be read as the next answer."""
        within = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            if not self._pair.peek(1):  # no data is readable, or it is closed
                self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(within)
        return False

    def close(self) -> None:
        # Closing the stream sends the rest of a failed write in its buffer, which must not be read any more.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.stream.close()
        self._socket.close()


@dataclass(frozen=True)
class KeyholderSigner:
    """The ledger's `Signer`: checks that a new checkpoint builds on the stored one."""

    keyholder: KeyholderClient
    storage: Storage
    """The ledger's storage, whose newest checkpoint decides what is built upon."""

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """As `Signer`. Raises also `StorageConflict`, `LedgerDiverged`, `KeyholderUnreachable`."""
        note = self.storage.checkpoint()
        stored = None if note is None else Checkpoint.parse(Note.parse(note).text)
        if stored != previous:
            # The keyholder would take a request now for a ledger that was rolled back.
            raise StorageConflict("another process has committed meanwhile")
        try:
            return self._signed(note, checkpoint, previous, consistency)
        except LedgerDiverged:
            # Since `stored` was read, other processes may have committed and signed on top of it.
            if self.storage.checkpoint() != note:
                raise StorageConflict("other processes have committed meanwhile") from None
            raise

    def _signed(
        self,
        note: bytes | None,
        checkpoint: Checkpoint,
        previous: Checkpoint | None,
        consistency: Sequence[bytes],
    ) -> bytes:
        head = None if previous is None else TreeHead(previous.size, previous.root)
        try:
            return self.keyholder.sign_checkpoint(checkpoint, head, consistency)
        except LedgerDiverged:
            base = self.keyholder.base()
            if note is None or previous is None or (base is not None and previous.size < base.size):
                raise
        # Another machine's keyholder may have signed the stored one: ours continues from it, with a proof
        # that it continues our record.
        take_over(self.keyholder, self.storage, note)
        return self.keyholder.sign_checkpoint(checkpoint, head, consistency)

    def confirm(self, checkpoint: Checkpoint) -> None:
        """As `Signer`. If the keyholder has just ended, the next request tells it of the checkpoint."""
        try:
            self.keyholder.confirm(TreeHead(checkpoint.size, checkpoint.root))
        except NotContinued:
            pass  # it already continues another machine's checkpoint that was built on it
        except (CustodyError, VaultError) as error:
            log.warning("the keyholder does not know yet what is stored: %s", error)


def take_over(keyholder: KeyholderClient, storage: Storage, note: bytes) -> None:
    """Have the keyholder continue from the stored checkpoint `note`, with a consistency proof; or from one
    that was stored since `note` was read.

    Raises `LedgerDiverged` if it does not continue what the keyholder signed before, or if this keyholder has
    no record; `StorageFailed`, `KeyholderUnreachable`.
    """
    base, size = keyholder.base(), Checkpoint.parse(Note.parse(note).text).size
    proof: Sequence[bytes] = ()
    if base is not None and 0 < base.size < size:
        proof = read_together(storage.nodes, lambda node: consistency_proof(node, base.size, size))
    try:
        keyholder.take_over(note, proof)
    except LedgerDiverged:
        newer = storage.checkpoint()
        if newer is None or newer == note:
            raise
        take_over(keyholder, storage, newer)
