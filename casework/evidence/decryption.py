"""Keys of single messages, and decryption with them: step 3 of the gateway.

Only modules of `casework.evidence` may import this (a contract of import-linter): they check permission and
make a statement durable in the ledger before they call anything here, and pass its position on: `stated`,
which the keyholder requires (`openings`). The messages that a person gets are chosen before:
`viewing.Viewing.message_keys`, `export`. Data keys never leave the keyholder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from casework.copies import wrapped_keys
from casework.copies.sealed_item import SealedRecording
from casework.errors import NothingReadable, VaultLocked
from casework.evidence import openings
from casework.evidence.openings import Stated
from casework.evidence.sealed_recordings import reading
from casework.sealing.sealing_context import context_of
from chain_of_custody.items.record import SALT_SIZE, Record, check_record
from chain_of_custody.items.recording_contents import Header
from vault.errors import Altered, KeysMissing, Locked, StoreUnavailable
from vault.sealing import key_wrapping, sealing

if TYPE_CHECKING:
    from casework.center import Center

_BATCH = 32
"""Records read at once, and message keys requested at once: some 16 MB."""


def message_keys(
    center: Center, recording: SealedRecording, stated: Stated, indices: Sequence[int]
) -> list[bytes]:
    """Return the 76-byte keys of these messages, made by the keyholder.

    Raises `VaultLocked`, `NothingReadable`, `Forbidden` once the statement is too old.
    """
    deployment, evidence = recording.manifest.deployment, recording.manifest.evidence
    requests = [
        (
            recording.salt(index),
            context_of(deployment, evidence, recording.record(index), recording.records),
        )
        for index in indices
    ]
    info = key_wrapping.wrap_info(bytes.fromhex(deployment), bytes.fromhex(evidence))

    def ask() -> list[bytes]:
        return openings.message_keys(center, evidence, stated, info, requests)

    try:
        try:
            return ask()
        except KeysMissing:
            if not wrapped_keys.bring_in(center, evidence):
                raise
            return ask()
    except Locked as locked:
        raise VaultLocked("the vault key is locked") from locked
    except KeysMissing as missing:
        raise NothingReadable(f"no wrapped key of {evidence} is left: nothing opens it") from missing
    except StoreUnavailable as away:
        raise NothingReadable(f"the store of wrapped keys does not answer: {away}") from away
    except Altered as altered:
        raise NothingReadable(f"the vault does not open the key of {evidence}") from altered


def decrypted(
    center: Center, recording: SealedRecording, stated: Stated, records: Sequence[Record]
) -> Iterator[tuple[Record, bytes, bytes]]:
    """Yield (record, salt, content) of these records, each checked against its leaf; few in memory at a time.

    Raises as `message_keys`, and `chain_of_custody.errors.Altered` for a content that is not what was sealed.
    """
    for start in range(0, len(records), _BATCH):
        batch = records[start : start + _BATCH]
        # Messages first: deriving the keys needs the salts at their start, and nothing is read twice.
        with reading(center, recording.manifest.evidence):
            messages = [recording.message(record.index) for record in batch]
            released = message_keys(center, recording, stated, [record.index for record in batch])
        for record, key, message in zip(batch, released, messages, strict=True):
            opened = sealing.open_with_message_key(key, message)
            yield record, opened[:SALT_SIZE], check_record(record, opened)


def header_of(center: Center, recording: SealedRecording, stated: Stated) -> Header:
    """Return the recording's header: its tracks and devices. Raises as `decrypted`."""
    _, _, content = next(decrypted(center, recording, stated, recording.records[:1]))
    return Header.parse(content)
