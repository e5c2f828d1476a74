"""The web process's client of the keyholder: the same methods, answered by another process.

`KeyholderClient` implements `vault.keyholders.protocol.Keyholder`, `KeyholderSigner` the ledger's `Signer`.
Calls block, so async callers run them in a thread. Concurrent threads get a connection each.

After a restart of the keyholder, the client reconnects silently. Every request may be repeated safely:
repeating one at most signs the same thing twice.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from amana.keyholder.protocol import CODES, MAX_REQUESTS, LineError, pack, read_line, unpack, write_line
from amana.keyholder.signing_guard import TreeHead
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import LedgerDiverged, StorageConflict
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import consistency_proof, read_together
from chain_of_custody.tlog.storage import Storage
from vault.errors import UnlockSlowed, VaultError
from vault.keyholders.protocol import KeyholderStatus, PublicKeys, SigningKey
from vault.keyholders.rewrapping import Rewrapped
from vault.stores.version_deletion import KeptVersion
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.holds_and_destruction import WrapsLeft
from vault.wrapped_keys.scrub import WrapFinding, WrapsRead

ANSWER_WITHIN = 30.0  # seconds; unlocking takes about one (Argon2id), all else milliseconds


class KeyholderUnreachable(VaultError):
    """The keyholder process does not answer: it is being restarted, or the service is stopping."""


class KeyholderRefused(VaultError):
    """The keyholder answered with an error that has no narrower class."""


class KeyholderClient:
    """Client of the keyholder that listens at `path`; connects at the first request."""

    def __init__(self, path: Path, within: float = ANSWER_WITHIN) -> None:
        self._path = path
        self._within = within
        self._idle: list[BinaryIO] = []
        self._turn = threading.Lock()
        self._public_keys: PublicKeys | None = None

    def status(self) -> KeyholderStatus:
        """Return the status as in the protocol; raises `KeyholderUnreachable` where it cannot be known."""
        answer = self._ask("status")
        return KeyholderStatus(
            unlocked=bool(answer["unlocked"]),
            trial=bool(answer["trial"]),
            wait=float(answer["wait"]),
            protection=str(answer["protection"]),
            signing=str(answer["signing"]),
            trouble=str(answer["trouble"]),
            escrowed=bool(answer["escrowed"]),
            vault_trouble=str(answer["vault_trouble"]),
        )

    def public_keys(self) -> PublicKeys:
        """Return the public keys. Requested once of each keyholder: they change only with its key files."""
        known = self._public_keys
        if known is None:
            answer = self._ask("public_keys")
            self._public_keys = known = PublicKeys(
                unpack(answer["vault"]),
                unpack(answer["ledger_ed25519"]),
                unpack(answer["ledger_mldsa44"]),
                unpack(answer["center"]),
                unpack(answer["documents"]),
                unpack(answer["authority"]),
                None if answer["escrow"] is None else unpack(answer["escrow"]),
                tuple(map(unpack, answer["exchanged"])),
            )
        return known

    def unlock(self, passphrase: str) -> None:
        """Have the keyholder process unlock the vault key; see `Keyholder.unlock`."""
        self._ask("unlock", passphrase=passphrase)

    def lock(self) -> None:
        """Have the keyholder process forget the vault key; see `Keyholder.lock`."""
        self._ask("lock")

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """Store an item's wrapped keys; return whether both copies hold them. See `Keyholder.keep_wraps`."""
        packed = {recipient: pack(wrap) for recipient, wrap in wraps.items()}
        return bool(self._ask("keep_wraps", item=item, wraps=packed)["held"])

    def wraps(self, item: str) -> Mapping[str, str]:
        """Return the SHA-256 of each wrapped key of an item, by recipient; see `Keyholder.wraps`."""
        return cast(Mapping[str, str], self._ask("wraps", item=item)["wraps"])

    def check_wraps(self, copy: str, item: str, digests: Mapping[str, str], repair: bool) -> WrapsRead:
        """Have the wrapped keys of an item in one copy verified again; see `Keyholder.check_wraps`."""
        answer = self._ask("check_wraps", copy=copy, item=item, digests=dict(digests), repair=repair)
        return WrapsRead(
            tuple(answer["read"]),
            int(answer["size"]),
            bool(answer["waiting"]),
            tuple(WrapFinding(**one) for one in answer["findings"]),
        )

    def wraps_in(self, copy: str, item: str) -> Sequence[str]:
        """Return the recipients of an item's wrapped keys in one copy; see `Keyholder.wraps_in`."""
        return cast(Sequence[str], self._ask("wraps_in", copy=copy, item=item)["recipients"])

    def noticed_wraps(self) -> Sequence[tuple[str, str]]:
        """Return (copy, item) of each wrapped key found damaged since the last call.

        See `Keyholder.noticed_wraps`.
        """
        return [(copy, item) for copy, item in self._ask("noticed_wraps")["noticed"]]

    def key_store(self) -> Mapping[str, Any]:
        """Return the state of the copies of wrapped keys:
        `amana.keyholder.wrapped_key_replication.KeyKeeping.status`."""
        return self._ask("key_store")

    def hold_wraps(self, item: str, hold: str) -> Mapping[str, str]:
        """Put an item's wrapped keys under a legal hold; return copy → state. See `Keyholder.hold_wraps`."""
        return cast(Mapping[str, str], self._ask("hold_wraps", item=item, hold=hold)["copies"])

    def lift_wraps(self, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
        """Lift a legal hold from an item's wrapped keys; return copy → state. See `Keyholder.lift_wraps`."""
        answer = self._ask("lift_wraps", item=item, hold=hold, proof=_packed(proof))
        return cast(Mapping[str, str], answer["copies"])

    def wraps_left(self, item: str) -> WrapsLeft:
        """Return every remaining version of an item's wrapped keys; see `Keyholder.wraps_left`."""
        return _left(self._ask("wraps_left", item=item))

    def destroy_wraps(self, item: str, proof: Proof) -> WrapsLeft:
        """Destroy an item's wrapped keys and return what is left of them; see `Keyholder.destroy_wraps`."""
        return _left(self._ask("destroy_wraps", item=item, proof=_packed(proof)))

    def refuse_disposal(self, item: str, disposal: str, proof: Proof) -> None:
        """Reverse the disposal of an item, given proof of its refusal; see `Keyholder.refuse_disposal`."""
        self._ask("refuse_disposal", item=item, disposal=disposal, proof=_packed(proof))

    def message_keys(self, item: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Return the message keys for `requests`, requested in batches; see `Keyholder.message_keys`."""
        keys: list[bytes] = []
        for first in range(0, len(requests), MAX_REQUESTS):
            pairs = [[pack(salt), pack(context)] for salt, context in requests[first : first + MAX_REQUESTS]]
            answer = self._ask("message_keys", item=item, info=pack(info), requests=pairs)
            keys += [unpack(key) for key in answer["keys"]]
        return keys

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """Return the plaintexts of `blobs`, requested in batches; see `Keyholder.open_sealed`."""
        opened: list[bytes] = []
        for batch in _batches(blobs):
            packed = [pack(blob) for blob in batch]
            answer = self._ask("open_sealed", item=item, info=pack(info), blobs=packed)
            opened += [unpack(content) for content in answer["opened"]]
        return opened

    def make_case_key(self, item: str, info: bytes) -> bytes:
        """Make the key pair of a case and return its public half; see `Keyholder.make_case_key`."""
        return unpack(self._ask("make_case_key", item=item, info=pack(info))["public"])

    def seal_catalogue(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Seal each content for its place, in batches; see `CatalogueSealer.seal_catalogue`."""
        return self._catalogue("seal_catalogue", "contents", contents, "sealed")

    def open_catalogue(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Open contents sealed for their places, in batches; see `CatalogueSealer.open_catalogue`."""
        return self._catalogue("open_catalogue", "sealed", sealed, "contents")

    def _catalogue(
        self, op: str, field: str, pairs: Sequence[tuple[bytes, bytes]], answered: str
    ) -> list[bytes]:
        found: list[bytes] = []
        places = iter([place for place, _ in pairs])
        for batch in _batches([one for _, one in pairs]):
            asked = [[pack(next(places)), pack(one)] for one in batch]
            found += [unpack(one) for one in self._ask(op, **{field: asked})[answered]]
        return found

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Sign a statement with the center key, or a document with the documents key.

        Ledger keys sign through `sign_checkpoint` alone: `ValueError`."""
        if key not in ("center", "documents"):
            raise ValueError(f"{key} signs checkpoints only, through sign_checkpoint")
        operation = "sign_statement" if key == "center" else "sign_document"
        return unpack(self._ask(operation, message=pack(message))["signature"])

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """Return the signed note. Raises `LedgerDiverged` if it does not continue what was signed before."""
        return unpack(
            self._ask(
                "sign_checkpoint",
                **_json(TreeHead(checkpoint.size, checkpoint.root)),
                previous=None if previous is None else _json(previous),
                consistency=[pack(node) for node in consistency],
            )["note"]
        )

    def memory(self) -> tuple[TreeHead | None, int]:
        """Return the newest checkpoint signed and built upon, and how many were signed and abandoned."""
        answer = self._ask("memory")
        return _tree_head(answer["kept"]), int(answer["abandoned"])

    def base(self) -> TreeHead | None:
        """Return what a checkpoint that is taken over must continue; None: nothing was ever signed here."""
        return _tree_head(self._ask("memory")["base"])

    def take_over(self, note: bytes, consistency: Sequence[bytes]) -> None:
        """Have it continue from what another machine signed.

        Raises `LedgerDiverged` for a note that does not continue its own record."""
        self._ask("take_over", note=pack(note), consistency=[pack(node) for node in consistency])

    def rewrapped(self) -> Rewrapped | None:
        """Return the progress of wrapping everything for the current keys; None before the first check."""
        found = self._ask("rewrapped")["rewrapped"]
        return None if found is None else Rewrapped(**found)

    def rewrap(self) -> Rewrapped | None:
        """Let it rewrap for some seconds more (`vault.keyholders.rewrapping.GOES_ON`); return the progress.

        Only one machine of a center may do this at a time."""
        found = self._ask("rewrap")["rewrapped"]
        return None if found is None else Rewrapped(**found)

    def drop_exchanged(self) -> list[str]:
        """Drop the exchanged vault keys and return their ids. Refused while something needs one."""
        dropped = [str(one) for one in self._ask("drop_exchanged")["dropped"]]
        self._public_keys = None
        return dropped

    def close(self) -> None:
        """Close the idle connections."""
        with self._turn:
            idle, self._idle = self._idle, []
        for stream in idle:
            _discard(stream)

    def _ask(self, op: str, **fields: Any) -> Mapping[str, Any]:
        request = {"op": op, **fields}
        # An idle connection may belong to a keyholder that has been replaced since. Each is tried once; then
        # a new connection decides.
        while True:
            with self._turn:
                kept = self._idle.pop() if self._idle else None
            if kept is None:
                return self._converse(self._connect(), request)
            with contextlib.suppress(KeyholderUnreachable):
                return self._converse(kept, request)

    def _converse(self, stream: BinaryIO, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            write_line(stream, request)
            answer = read_line(stream)
        except (OSError, LineError) as error:
            _discard(stream)
            raise KeyholderUnreachable("the keyholder does not answer") from error
        if answer is None:
            _discard(stream)
            raise KeyholderUnreachable("the keyholder closed the connection")
        refusal = answer.get("error")
        if not isinstance(refusal, dict):
            with self._turn:
                self._idle.append(stream)
            return cast(Mapping[str, Any], answer["ok"])
        if refusal["code"] == "malformed":  # the keyholder closes the line after this one
            _discard(stream)
        else:
            with self._turn:
                self._idle.append(stream)
        if refusal["code"] == "slowed":
            raise UnlockSlowed(float(refusal["wait"]))
        raise CODES.get(refusal["code"], KeyholderRefused)(refusal["message"])

    def _connect(self) -> BinaryIO:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._within)
            connection.connect(str(self._path))
            self._public_keys = None  # it may be another keyholder, with other keys
            return cast(BinaryIO, connection.makefile("rwb"))
        except OSError as error:
            raise KeyholderUnreachable("no keyholder listens") from error
        finally:
            connection.close()  # the stream keeps the descriptor until it is closed itself


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
            # Requested now, the signature would look to the keyholder like a ledger that was rolled back.
            raise StorageConflict("another process has committed meanwhile")
        head = None if previous is None else TreeHead(previous.size, previous.root)
        try:
            return self.keyholder.sign_checkpoint(checkpoint, head, consistency)
        except LedgerDiverged:
            # Since `stored` was read, other processes may have committed and signed on top of it.
            if self.storage.checkpoint() != note:
                raise StorageConflict("other processes have committed meanwhile") from None
            base = self.keyholder.base()
            if note is None or previous is None or (base is not None and previous.size < base.size):
                raise
        # Another machine's keyholder may have signed what is stored: ours continues from it, with the proof
        # that it continues all that ours has kept.
        take_over(self.keyholder, self.storage, note)
        return self.keyholder.sign_checkpoint(checkpoint, head, consistency)


def take_over(keyholder: KeyholderClient, storage: Storage, note: bytes) -> None:
    """Have the keyholder continue from the stored checkpoint `note`, with a consistency proof.

    Raises `LedgerDiverged` if `note` does not continue what it signed before, or if this keyholder has no
    record; `StorageFailed`, `KeyholderUnreachable`.
    """
    base, size = keyholder.base(), Checkpoint.parse(Note.parse(note).text).size
    proof: Sequence[bytes] = ()
    if base is not None and 0 < base.size < size:
        proof = read_together(storage.nodes, lambda node: consistency_proof(node, base.size, size))
    keyholder.take_over(note, proof)


def _discard(stream: BinaryIO) -> None:
    # Closing sends what a failed write has left in the buffer, and so may fail again.
    with contextlib.suppress(OSError):
        stream.close()


def _left(answer: Mapping[str, Any]) -> WrapsLeft:
    versions = {
        place: [
            KeptVersion(
                one["key"],
                one["version"],
                None if one["until"] is None else datetime.fromisoformat(one["until"]),
                one["held"],
            )
            for one in found
        ]
        for place, found in answer["versions"].items()
    }
    return WrapsLeft(versions, answer["away"])


def _packed(pairs: Proof) -> list[list[str]]:
    return [[pack(first), pack(second)] for first, second in pairs]


def _tree_head(told: Mapping[str, Any] | None) -> TreeHead | None:
    return None if told is None else TreeHead(int(told["size"]), bytes.fromhex(told["root"]))


def _json(head: TreeHead) -> dict[str, Any]:
    return {"size": head.size, "root": head.root.hex()}


def _batches(blobs: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield groups that fit into one line: at most 100, or 256 KiB, or a single larger one."""
    batch: list[bytes] = []
    for blob in blobs:
        if batch and (len(batch) == 100 or sum(map(len, batch)) + len(blob) > 256 * 1024):
            yield batch
            batch = []
        batch.append(blob)
    if batch:
        yield batch
