"""The keyholder process: unlocked private keys, the store of wrapped keys, a Unix socket, and nothing else.

It has no database, no media, no knowledge of people, and no network access but to the copies of the key
store. It offers the vault's keyholder to the web process, with four restrictions, since a compromised web
process can request anything:

1. It answers only processes of its own user (socket mode 0600, and the peer credentials from the kernel).
2. Ledger keys sign checkpoints built here, never bytes that were sent. Each checkpoint provably continues one
   history (`amana.keyholder.signing_guard`), including what another machine's keyholder signed with the same
   keys.
3. The center key signs only statements, recognised by their domain prefix; documents have their own key.
4. Wrapped keys can be stored and held, but not read back. A hold or an item ends only with a proof from the
   ledger (`amana.keyholder.ledger_proofs`). An exchanged vault key is dropped only when the keyholder itself
   has wrapped everything for the new one.

A malformed request gets an error as its response and ends that connection; no request ends the process.
"""

from __future__ import annotations

import logging
import os
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, cast

from amana.keyholder.protocol import (
    CODES,
    LineError,
    items,
    number,
    pack,
    peer_user,
    read_line,
    text,
    unpack,
    write_line,
)
from amana.keyholder.signing_guard import GuardedSigner, TreeHead
from amana.keyholder.wrapped_key_replication import KeyKeeping
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, CheckpointSigner, LogKeys
from chain_of_custody.tlog.merkle import HASH_SIZE
from chain_of_custody.tlog.origin import parse_origin
from vault.errors import UnlockSlowed, VaultError
from vault.keyholders.escrow import Carrying
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.protocol import Keyholder
from vault.keyholders.rewrapping import Rewrapping
from vault.wrapped_keys.holds_and_destruction import WrapsLeft

STATEMENT_PREFIX = b"amana/statement/v1\x00"
MAX_STATEMENT = 65_535  # bytes; a ledger leaf cannot be longer
MAX_RECIPIENTS = 8
"""Largest number of wraps of one item in one request."""
MAX_CONNECTIONS = 64
IDLE = 300.0  # seconds without a request after which a connection is closed

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
    """Answers requests: one method for each operation."""

    def __init__(
        self,
        keyholder: LocalKeyholder,
        signer: GuardedSigner,
        origin: str,
        rewrapping: Rewrapping | None = None,
        carrying: Carrying | None = None,
        keeping: KeyKeeping | None = None,
    ) -> None:
        self._keeping = keeping
        self._keyholder = keyholder
        self._signer = signer
        self._origin = origin
        deployment = bytes.fromhex(parse_origin(origin)[0])
        self._rewrapping = rewrapping or keyholder.rewrapping(deployment)
        self._carrying = carrying or Carrying({}, None)
        self._operations: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
            "status": self._status,
            "public_keys": self._public_keys,
            "unlock": self._unlock,
            "lock": self._lock,
            "keep_wraps": self._keep_wraps,
            "wraps": self._wraps,
            "check_wraps": self._check_wraps,
            "wraps_in": self._wraps_in,
            "noticed_wraps": self._noticed_wraps,
            "key_store": self._key_store,
            "hold_wraps": self._hold_wraps,
            "lift_wraps": self._lift_wraps,
            "wraps_left": self._wraps_left,
            "destroy_wraps": self._destroy_wraps,
            "refuse_disposal": self._refuse_disposal,
            "message_keys": self._message_keys,
            "open_sealed": self._open_sealed,
            "make_case_key": self._make_case_key,
            "seal_catalogue": self._seal_catalogue,
            "open_catalogue": self._open_catalogue,
            "sign_statement": self._sign_statement,
            "sign_checkpoint": self._sign_checkpoint,
            "sign_document": self._sign_document,
            "take_over": self._take_over,
            "memory": self._memory,
            "rewrap": self._rewrap,
            "rewrapped": self._rewrapped,
            "drop_exchanged": self._drop_exchanged,
        }

    def answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields of the response. Raises `LineError`, `VaultError`, `CustodyError`, `OSError`."""
        operation = self._operations.get(text(request, "op"))
        if operation is None:
            raise LineError("no such operation")
        return operation(request)

    def _status(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        status = self._keyholder.status()
        return asdict(status)

    def _public_keys(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        keys = self._keyholder.public_keys()
        return {
            "vault": pack(keys.vault),
            "ledger_ed25519": pack(keys.ledger_ed25519),
            "ledger_mldsa44": pack(keys.ledger_mldsa44),
            "center": pack(keys.center),
            "documents": pack(keys.documents),
            "authority": pack(keys.authority),
            "escrow": None if keys.escrow is None else pack(keys.escrow),
            "exchanged": [pack(key) for key in keys.exchanged],
        }

    def _unlock(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._keyholder.unlock(text(request, "passphrase"))
        self._rewrapping.news.set()
        return {}

    def _lock(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        self._keyholder.lock()
        return {}

    def _keep_wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        given = request.get("wraps")
        if not isinstance(given, dict) or not 0 < len(given) <= MAX_RECIPIENTS:
            raise LineError("wraps are an object, recipient to bytes")
        wraps = {recipient: unpack(wrap) for recipient, wrap in given.items()}
        held = self._keyholder.keep_wraps(text(request, "item"), wraps)
        self._rewrapping.handed_in(frozenset(wraps))
        return {"held": held}

    def _wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"wraps": dict(self._keyholder.wraps(text(request, "item")))}

    def _check_wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        digests, repair = request.get("digests"), request.get("repair")
        if not isinstance(digests, dict) or not isinstance(repair, bool) or len(digests) > MAX_RECIPIENTS:
            raise LineError("digests are an object, name to SHA-256")
        named = {name: text(digests, name) for name in digests}
        read = self._keyholder.check_wraps(text(request, "copy"), text(request, "item"), named, repair)
        return asdict(read)

    def _wraps_in(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"recipients": list(self._keyholder.wraps_in(text(request, "copy"), text(request, "item")))}

    def _noticed_wraps(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"noticed": [list(one) for one in self._keyholder.noticed_wraps()]}

    def _key_store(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"waiting": 0, "copies": {}} if self._keeping is None else self._keeping.status()

    def _hold_wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"copies": dict(self._keyholder.hold_wraps(text(request, "item"), text(request, "hold")))}

    def _lift_wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        item, hold, proof = text(request, "item"), text(request, "hold"), _pairs(request, "proof")
        return {"copies": dict(self._keyholder.lift_wraps(item, hold, proof))}

    def _wraps_left(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return _left(self._keyholder.wraps_left(text(request, "item")))

    def _destroy_wraps(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return _left(self._keyholder.destroy_wraps(text(request, "item"), _pairs(request, "proof")))

    def _refuse_disposal(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        item, disposal = text(request, "item"), text(request, "disposal")
        self._keyholder.refuse_disposal(item, disposal, _pairs(request, "proof"))
        return {}

    def _message_keys(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        pairs = _pairs(request, "requests")
        keys = self._keyholder.message_keys(text(request, "item"), unpack(request.get("info")), pairs)
        return {"keys": [pack(key) for key in keys]}

    def _open_sealed(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        blobs = [unpack(blob) for blob in items(request, "blobs")]
        opened = self._keyholder.open_sealed(text(request, "item"), unpack(request.get("info")), blobs)
        return {"opened": [pack(content) for content in opened]}

    def _make_case_key(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        public = self._keyholder.make_case_key(text(request, "item"), unpack(request.get("info")))
        return {"public": pack(public)}

    def _seal_catalogue(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"sealed": [pack(one) for one in self._keyholder.seal_catalogue(_pairs(request, "contents"))]}

    def _open_catalogue(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"contents": [pack(one) for one in self._keyholder.open_catalogue(_pairs(request, "sealed"))]}

    def _sign_statement(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        message = unpack(request.get("message"))
        if not message.startswith(STATEMENT_PREFIX) or len(message) > MAX_STATEMENT:
            raise LineError("the center key signs statements only")
        return {"signature": pack(self._keyholder.sign("center", message))}

    def _sign_document(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        # Any message: this key proves only who issued a paper, not its content, and signs nothing else.
        return {"signature": pack(self._keyholder.sign("documents", unpack(request.get("message"))))}

    def _sign_checkpoint(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        head, previous = _head(request), request.get("previous")
        if previous is not None and not isinstance(previous, dict):
            raise LineError("previous must be a tree head or null")
        note = self._signer.sign(
            Checkpoint(self._origin, head.size, head.root),
            None if previous is None else _head(previous),
            _proof(request),
        )
        return {"note": pack(note)}

    def _take_over(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._signer.take_over(unpack(request.get("note")), _proof(request))
        return {}

    def _memory(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "kept": _told(self._signer.kept),
            "base": _told(self._signer.base),
            "abandoned": self._signer.abandoned,
        }

    def _rewrap(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._rewrapping.allow()
        return self._rewrapped(request)

    def _rewrapped(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._rewrapping.progress()
        if found is None:
            return {"rewrapped": None}
        return {"rewrapped": {**asdict(found), "carried": found.carried and self._carrying.held}}

    def _drop_exchanged(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        # Checked again over everything: a compromised web process could request this at any time.
        found = self._rewrapping.progress()
        if found is None or not found.carried or not self._carrying.held or self._rewrapping.lacking():
            raise LineError("something is wrapped for a vault key that was exchanged alone")
        return {"dropped": self._keyholder.drop_exchanged()}


def _told(head: TreeHead | None) -> Mapping[str, Any] | None:
    return None if head is None else {"size": head.size, "root": head.root.hex()}


def _head(value: Mapping[str, Any]) -> TreeHead:
    try:
        return TreeHead(number(value, "size"), bytes.fromhex(text(value, "root")))
    except ValueError:
        raise LineError("root must be hex") from None


def _proof(request: Mapping[str, Any]) -> list[bytes]:
    proof = [unpack(node) for node in items(request, "consistency")]
    if any(len(node) != HASH_SIZE for node in proof):
        raise LineError("a proof is made of 32-byte hashes")
    return proof


def _left(left: WrapsLeft) -> Mapping[str, Any]:
    versions = {
        place: [
            {
                "held": one.held,
                "key": one.key,
                "until": None if one.until is None else one.until.isoformat(),
                "version": one.version,
            }
            for one in found
        ]
        for place, found in left.versions.items()
    }
    return {"away": dict(left.away), "versions": versions}


def _pairs(request: Mapping[str, Any], field: str) -> list[tuple[bytes, bytes]]:
    pairs = items(request, field)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise LineError(f"{field} are pairs")
    return [(unpack(pair[0]), unpack(pair[1])) for pair in pairs]


class KeyholderServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens at `path`. `serve_forever` runs until `shutdown`; each connection has a thread."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, path: Path, desk: RequestHandler, user: int | None = None) -> None:
        self.desk = desk
        self.user = os.getuid() if user is None else user
        self.slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        path.unlink(missing_ok=True)  # left by a keyholder that was killed; the supervisor starts only one
        before = os.umask(0o177)  # the socket must never exist with a wider mode, not even for a moment
        try:
            super().__init__(str(path), _Connection)
        finally:
            os.umask(before)


class _Connection(socketserver.BaseRequestHandler):
    server: KeyholderServer

    def handle(self) -> None:
        if peer_user(self.request) != self.server.user:
            log.warning("a process of another user was turned away")
            return
        if not self.server.slots.acquire(blocking=False):
            return  # closes the connection: the client sees its end, and retries
        try:
            self.request.settimeout(IDLE)
            with self.request.makefile("rwb") as stream:
                self._converse(cast(BinaryIO, stream))
        except OSError:
            pass  # the client closed the connection, or was silent for too long
        finally:
            self.server.slots.release()

    def _converse(self, stream: BinaryIO) -> None:
        try:
            # A failure to read is no failed request: nothing is written that the client would read as the
            # response to its next one.
            while (request := read_line(stream)) is not None:
                write_line(stream, self._answer(request))
        except LineError as error:
            write_line(stream, {"error": {"code": "malformed", "message": str(error)}})

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"ok": self.server.desk.answer(request)}
        except LineError:
            raise
        except (VaultError, CustodyError, OSError, ValueError) as error:
            return {"error": _error(error)}


def _error(error: Exception) -> Mapping[str, Any]:
    # Only messages of our own errors are sent: they contain ids and numbers. Others are named by their type.
    known = isinstance(error, VaultError | CustodyError)
    code = next((code for code, kind in CODES.items() if isinstance(error, kind)), "failed")
    if not known:
        log.error("a request failed: %s", type(error).__name__)
    fields: dict[str, Any] = {"code": code, "message": str(error) if known else type(error).__name__}
    if isinstance(error, UnlockSlowed):
        fields["wait"] = error.wait
    return fields
