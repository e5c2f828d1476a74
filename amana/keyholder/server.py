"""The keyholder process: unlocked private keys, the store of wrapped keys, and a control channel.

It has no database, no media, no knowledge of people, and no network access but to the copies of the key
store. It offers the vault's keyholder to the web process, with four restrictions, since a compromised web
process can request anything:

1. It has no listening socket. Each connection comes from the supervisor, which states the role of the process
   at its other end (`amana.keyholder.control`); each role has its operations (`amana.keyholder.roles`).
2. Ledger keys sign checkpoints built here, never bytes that were sent. Each checkpoint provably continues one
   history (`amana.keyholder.signing_guard`), including what another machine's keyholder signed with the same
   keys.
3. The center key signs only statements, recognised by their domain prefix; documents have their own key.
4. Wrapped keys can be stored and held, but not read back. An item opens, and a hold or an item ends, only
   with a proof from the ledger (`amana.keyholder.ledger_proofs`). An exchanged vault key is dropped only when
   the keyholder itself has wrapped everything for the new one.

A malformed request gets an error as its response and ends that connection; no request ends the process.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from amana.keyholder.connections import Connections, Place
from amana.keyholder.control import next_connection
from amana.keyholder.operations import OPERATIONS, SigningMemory
from amana.keyholder.protocol import CODES, NOT_TAKEN, LineError, NotAllowed, read_line, write_line
from amana.keyholder.roles import ALLOWED, Peer, Role
from amana.keyholder.signing_guard import GuardedSigner, TreeHead
from amana.keyholder.wire_values import tree_head
from amana.keyholder.wrapped_key_replication import WrappedKeyReplication
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, CheckpointSigner, LogKeys
from chain_of_custody.tlog.merkle import HASH_SIZE
from chain_of_custody.tlog.origin import parse_origin
from vault.errors import UnlockSlowed, VaultError
from vault.keyholders.escrow import EscrowReplication
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.protocol import Keyholder
from vault.keyholders.rewrapping import Rewrapped, Rewrapping

STATEMENT_PREFIX = b"amana/statement/v1\x00"
MAX_STATEMENT = 65_535  # bytes; a ledger leaf cannot be longer
IDLE = 300.0  # seconds without a request after which a connection is closed
TAKEN_WITHIN = 10.0  # seconds in which a client has to continue reading its response

log = logging.getLogger(__name__)


def guarded_signer(keyholder: Keyholder, origin: str, state: Path) -> GuardedSigner:
    """Return the ledger's signer over this keyholder's two ledger keys, with its record in `state`."""
    keys = keyholder.public_keys()
    signer = CheckpointSigner(
        LogKeys(origin, keys.ledger_ed25519, keys.ledger_mldsa44),
        lambda message: keyholder.sign("ledger-ed25519", message),
        lambda message: keyholder.sign("ledger-mldsa44", message),
    )
    return GuardedSigner(signer, origin, state, signer.keys)


class RequestHandler:
    """Answers requests for `OPERATIONS`.

    It has the methods of `KeyholderProcess`, and those of `Keyholder` that need further checks; all other
    operations are the keyholder's own."""

    def __init__(
        self,
        keyholder: LocalKeyholder,
        signer: GuardedSigner,
        origin: str,
        rewrapping: Rewrapping | None = None,
        carrying: EscrowReplication | None = None,
        keeping: WrappedKeyReplication | None = None,
    ) -> None:
        self._keeping = keeping
        self._keyholder = keyholder
        self._signer = signer
        self._origin = origin
        deployment = bytes.fromhex(parse_origin(origin)[0])
        self._rewrapping = rewrapping or keyholder.rewrapping(deployment)
        self._carrying = carrying or EscrowReplication({}, None)

    def answer(self, role: Role, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields of the response to a request of this role.

        Raises `NotAllowed`, `LineError`, `VaultError`, `CustodyError`, `OSError`.
        """
        operation = OPERATIONS.get(str(request.get("op")))
        if operation is None:
            raise LineError("no such operation")
        if operation.name not in ALLOWED[role]:
            raise NotAllowed(f"{operation.name} is not for {role}")
        method = getattr(self if hasattr(self, operation.name) else self._keyholder, operation.name)
        return operation.answered(method(*operation.arguments(request)))

    def unlock_sealed(self, public: bytes, sealed: bytes) -> None:
        """See `Keyholder.unlock_sealed`. Missing wraps can be made from now on."""
        self._keyholder.unlock_sealed(public, sealed)
        self._rewrapping.news.set()

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """See `Keyholder.keep_wraps`."""
        if not wraps:
            raise LineError("wraps must not be empty")
        held = self._keyholder.keep_wraps(item, wraps)
        self._rewrapping.handed_in(frozenset(wraps))
        return held

    def key_store(self) -> Mapping[str, Any]:
        """See `KeyholderProcess.key_store`."""
        return {"waiting": 0, "copies": {}} if self._keeping is None else self._keeping.status()

    def sign_statement(self, message: bytes) -> bytes:
        """See `KeyholderProcess.sign_statement`."""
        if not message.startswith(STATEMENT_PREFIX) or len(message) > MAX_STATEMENT:
            raise LineError("the center key signs statements only")
        return self._keyholder.sign("center", message)

    def sign_document(self, message: bytes) -> bytes:
        """See `KeyholderProcess.sign_document`.

        It signs any message: this key proves only who issued a paper, not its content, and signs nothing
        else."""
        return self._keyholder.sign("documents", message)

    def sign_checkpoint(
        self, size: int, root: str, previous: TreeHead | None, consistency: Sequence[bytes]
    ) -> bytes:
        """See `KeyholderProcess.sign_checkpoint`."""
        head = tree_head(size, root)
        return self._signer.sign(
            Checkpoint(self._origin, head.size, head.root), previous, _hashes(consistency)
        )

    def confirm(self, head: TreeHead) -> None:
        """See `KeyholderProcess.confirm`."""
        self._signer.settle(head)

    def take_over(self, note: bytes, consistency: Sequence[bytes]) -> None:
        """See `KeyholderProcess.take_over`."""
        self._signer.take_over(note, _hashes(consistency))

    def memory(self) -> SigningMemory:
        """See `KeyholderProcess.memory`."""
        return SigningMemory(self._signer.kept, self._signer.base, self._signer.abandoned)

    def rewrap(self) -> Rewrapped | None:
        """See `KeyholderProcess.rewrap`."""
        self._rewrapping.allow()
        return self.rewrapped()

    def rewrapped(self) -> Rewrapped | None:
        """See `KeyholderProcess.rewrapped`."""
        found = self._rewrapping.progress()
        return found and replace(found, carried=found.carried and self._carrying.held)

    def drop_exchanged(self) -> list[str]:
        """See `KeyholderProcess.drop_exchanged`.

        Checked again over everything: a compromised web process could request this at any time."""
        found = self.rewrapped()
        if found is None or not found.carried or self._rewrapping.lacking():
            raise LineError("something is wrapped for a vault key that was exchanged alone")
        return self._keyholder.drop_exchanged()


def _hashes(proof: Sequence[bytes]) -> Sequence[bytes]:
    if any(len(node) != HASH_SIZE for node in proof):
        raise LineError("a proof is made of 32-byte hashes")
    return proof


class KeyholderServer:
    """Serves the connections that come over the control channel; each has a thread.

    `serve_forever` runs until `shutdown`, or until the supervisor is gone."""

    def __init__(self, channel: socket.socket, handler: RequestHandler) -> None:
        self.handler = handler
        self.connections = Connections()
        self._channel = channel

    def serve_forever(self) -> None:
        """Accept connections. Raises `OSError`."""
        while (received := next_connection(self._channel)) is not None:
            peer, connection = received
            serving = threading.Thread(target=self._serve, args=(peer, connection), daemon=True)
            try:
                serving.start()
            except RuntimeError as error:  # no thread can be started: this connection fails, not the process
                log.error("a connection cannot be served: %s", error)
                connection.close()

    def shutdown(self) -> None:
        """End `serve_forever`; from any thread, or from a signal's handler."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Close the channel, after `serve_forever`, and with it the connections that wait there."""
        self._channel.close()

    def _serve(self, peer: Peer, connection: socket.socket) -> None:
        # Both directions are closed at once: after a shutdown of writing alone, a client could not detect
        # that its request was not read.
        with connection:
            place = self.connections.admit(connection, peer)
            if place is None:
                log.warning("%s, process %d: too many requests at once", peer.role, peer.process)
                return
            try:
                with connection.makefile("rwb") as stream:
                    _Conversation(self, connection, cast(BinaryIO, stream), place).run()
            except OSError:
                pass  # the client closed the connection, or was silent for too long
            finally:
                self.connections.leave(place)


class _Conversation:
    """The requests on one connection."""

    def __init__(
        self, server: KeyholderServer, connection: socket.socket, stream: BinaryIO, place: Place
    ) -> None:
        self._server, self._connection, self._stream, self._place = server, connection, stream, place

    def run(self) -> None:
        """Answer them until the client closes the connection. Raises `OSError`."""
        try:
            # A read error is no failed request: the client would read a response as that of its next request.
            while (request := self._read()) is not None:
                if not self._server.connections.begin(self._place):
                    write_line(self._stream, {"error": {"code": NOT_TAKEN, "message": "closed for another"}})
                    return
                answer = self._answer(request)
                self._connection.settimeout(TAKEN_WITHIN)
                write_line(self._stream, answer)
                self._server.connections.rest(self._place)
        except LineError as error:
            write_line(self._stream, {"error": {"code": "malformed", "message": str(error)}})

    def _read(self) -> Mapping[str, Any] | None:
        self._connection.settimeout(IDLE)
        return read_line(self._stream)

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"ok": self._server.handler.answer(self._place.peer.role, request)}
        except LineError:
            raise
        except (VaultError, CustodyError, OSError, ValueError) as error:
            return {"error": _error(error)}


def _error(error: Exception) -> Mapping[str, Any]:
    # Only messages of our own errors are sent, which contain ids and numbers. Of other errors only the type
    # is sent.
    known = isinstance(error, VaultError | CustodyError)
    code = next((code for code, kind in CODES.items() if isinstance(error, kind)), "failed")
    if not known:
        log.error("a request failed: %s", type(error).__name__)
    fields: dict[str, Any] = {"code": code, "message": str(error) if known else type(error).__name__}
    if isinstance(error, UnlockSlowed):
        fields["wait"] = error.wait
    return fields
