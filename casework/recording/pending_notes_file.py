"""Pending notes of an interview, on the disk of the machine that records it.

They are questions of observers, requests for a break, and those of their events that are in no part yet. They
must survive the end of the recorder child, and must not be stored in plaintext. So each interview has one
small file, sealed under a key derived from the recorder's private key: the next child on this machine opens
it, and no database, vault or network is needed. The file is replaced as a whole, durably, and deleted when
the interview ends.

    file    = desk/<interview>, in the interview's folder of the spool (`interview_folder`):
              sealed canonical JSON (`vault.sealing.sealing`), at most 4 MiB
    key     = 32 bytes of HKDF-SHA256(recorder's private key, info), RFC 5869, without salt
    info    = "amana/desk/v1" ‖ 0x00 ‖ interview (16 bytes)

It is working data, never evidence: only the recording is (docs/spec/manifest.md, "Event"). A file that does
not open is renamed, not overwritten: a person may still want to inspect it.

Trusts: the holder of the recorder's private key, who could read the file, and could also record in the
recorder's name.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.sealing.spool_failures import spool_failures
from chain_of_custody.encoding import canonical_json
from vault.disk import DISK, replace
from vault.errors import Altered, write_failures
from vault.sealing import sealing
from vault.spool.writers import spool_roots

LABEL = b"amana/desk/v1\x00"
MAX_FILE = 4 * 1024 * 1024
"""Maximum bytes of the file."""

log = logging.getLogger(__name__)


def notes_folder(spool: Path) -> Path:
    """The folder of the files."""
    return spool / "desk"


class PendingNotesFile:
    """The file of one interview. `recorder_key`: the private key's 32 bytes."""

    def __init__(self, spool: Path, interview: str, recorder_key: bytes) -> None:
        self.path = notes_folder(spool) / interview
        self._context = LABEL + bytes.fromhex(interview)
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=self._context).derive(recorder_key)

    def read(self) -> Mapping[str, Any]:
        """The content written last; empty if no file opens."""
        try:
            if self.path.stat().st_size > MAX_FILE:
                raise Altered("longer than the file of pending notes may be")
            content = json.loads(sealing.open_message(self._key, self._context, self.path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (OSError, Altered, ValueError) as error:
            log.error("the file of pending notes %s does not open: %s", self.path.name, type(error).__name__)
            with contextlib.suppress(OSError):
                self.path.rename(self.path.with_name(f"{self.path.name}.unreadable"))
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Durable on return. Raises `RecordingFailed` if the disk does not take it."""
        sealed = sealing.seal(self._key, self._context, canonical_json.serialise(dict(content)))
        with spool_failures(), write_failures(self.path.name):
            if not self.path.parent.is_dir():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                DISK.sync_directory(self.path.parent.parent)
            replace(DISK, self.path, sealed)

    def remove(self) -> None:
        """Delete the file: the interview is over."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def clear(spool: Path, living: Iterable[str]) -> None:
    """Delete the files of interviews that are over: their children ended between sealing and cleanup.

    `living`: ids of the interviews that are not over.
    """
    retained = set(living)
    for root in spool_roots(spool):
        for path in notes_folder(root).glob("*"):
            if path.name.partition(".")[0] not in retained:
                with contextlib.suppress(OSError):
                    path.unlink()
