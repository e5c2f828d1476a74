"""What lies on the desk of an interview, on the disk of the machine that records it.

Questions from the next room, requests for a break, and what of it no part holds yet: it has to outlive the
recorder child, and may not lie there in clear. So it is one small file for each interview, sealed under a
key that follows from the recorder's own: the next child on this machine opens it, and nothing needs the
database, the vault or a network. It is replaced whole, durably, and goes with the interview's end.

    file    = spool/desk/<interview>: sealed canonical JSON (`vault.sealing.sealing`), at most 4 MiB
    key     = 32 bytes of HKDF-SHA256(recorder's private key, info), RFC 5869, without salt
    info    = "amana/desk/v1" ‖ 0x00 ‖ interview (16 bytes)

It is working data, never evidence: what counts is in the recording (docs/spec/manifest.md, "Event"). A file
that does not open is set aside under another name, not overwritten: somebody may still want to look at it.

Trusts: whoever has the recorder's private key could read it; they could record in its name too.
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

from casework.recording.pipeline import failure
from chain_of_custody.encoding import canonical_json
from vault.disk import DISK, replace
from vault.errors import Altered, WriteFailed, write_failure
from vault.sealing import sealing

LABEL = b"amana/desk/v1\x00"
MAX_FILE = 4 * 1024 * 1024
"""Bytes."""

log = logging.getLogger(__name__)


def desks(spool: Path) -> Path:
    """The folder that holds them."""
    return spool / "desk"


class DeskFile:
    """The file of one interview. `recorder_key`: the private key's 32 bytes."""

    def __init__(self, spool: Path, interview: str, recorder_key: bytes) -> None:
        self.path = desks(spool) / interview
        self._context = LABEL + bytes.fromhex(interview)
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=self._context).derive(recorder_key)

    def read(self) -> Mapping[str, Any]:
        """What was written last; empty where there is nothing that opens."""
        try:
            if self.path.stat().st_size > MAX_FILE:
                raise Altered("longer than a desk's file may be")
            content = json.loads(sealing.open_message(self._key, self._context, self.path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (OSError, Altered, ValueError) as error:
            log.error("the desk's file %s does not open: %s", self.path.name, type(error).__name__)
            with contextlib.suppress(OSError):
                self.path.rename(self.path.with_name(f"{self.path.name}.unreadable"))
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Durable on return. Raises `RecordingFailed` if the disk does not take it."""
        sealed = sealing.seal(self._key, self._context, canonical_json.serialise(dict(content)))
        try:
            if not self.path.parent.is_dir():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                DISK.sync_directory(self.path.parent.parent)
            replace(DISK, self.path, sealed)
        except WriteFailed as error:
            raise failure(error) from error
        except OSError as error:
            raise failure(write_failure(error, self.path.name)) from error

    def remove(self) -> None:
        """The interview is over."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def clear(spool: Path, living: Iterable[str]) -> None:
    """Delete what is left of interviews that are over: their children died between seal and clearing up.

    `living`: ids of the interviews that are not over.
    """
    kept = set(living)
    for path in desks(spool).glob("*"):
        if path.name.partition(".")[0] not in kept:
            with contextlib.suppress(OSError):
                path.unlink()
