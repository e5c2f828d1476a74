"""Translation of the spool's errors into casework's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from casework.errors import CaseworkError, RecordingFailed
from vault.errors import DiskFull, VaultError, WriteFailed


def failure(error: BaseException | None) -> RecordingFailed:
    """Return casework's error for an error while writing an item. Codes: `disk-full`, `write-failed`,
    `internal`."""
    if isinstance(error, WriteFailed):
        return RecordingFailed("disk-full" if isinstance(error, DiskFull) else "write-failed", str(error))
    return RecordingFailed("internal", f"{type(error).__name__}: {error}")


@contextmanager
def spool_failures(meanings: Mapping[type[VaultError], CaseworkError] | None = None) -> Iterator[None]:
    """Raise `RecordingFailed` in place of `WriteFailed`, and what `meanings` gives for other errors."""
    try:
        yield
    except WriteFailed as error:
        raise failure(error) from error
    except VaultError as error:
        if meanings is None or type(error) not in meanings:
            raise
        raise meanings[type(error)] from error
