"""Everything this package raises, in one tree.

    CustodyError
    ├── Malformed              bytes that are not in the one canonical form
    ├── NotProved              well-formed, but its claim is false or unproved
    │   ├── SignatureInvalid   a required signature is missing, repeated or wrong
    │   ├── InclusionInvalid   the entry is not shown to be in the tree
    │   ├── ConsistencyInvalid the later tree is not shown to continue the earlier one
    │   ├── Altered            content does not match the digest that was committed to
    │   ├── Incomplete         something that was committed to is missing
    │   ├── WrongPassphrase    a sealed package does not open with this passphrase
    │   └── NotWitnessed       all else is proved, but signatures that the policy requires are missing
    ├── ChainConflict          another statement took this place in the evidence's chain first
    ├── StorageConflict        another writer committed first; nothing of ours was stored
    ├── StorageFailed          storage gave no clear answer; what it stored is not known
    └── LedgerDiverged         storage shows a history that does not continue the earlier one

A verifier reports `Malformed` and `NotProved`. The others happen only where a ledger is written, and are
about this machine, not about the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class CustodyError(Exception):
    """The base class: callers of this package need to catch nothing else."""


class Malformed(CustodyError):
    """Bytes refused before anything in them is trusted: wrong form, size or encoding."""


class NotProved(CustodyError):
    """A claim that was checked and failed the check.

    `step` names the check in the verifier's own numbering or words ("checkpoint", "inclusion"); `reason` is
    one sentence that says what is wrong; `where` is the place in the evidence, if known (a time in the
    recording, a file, a position in the ledger).
    """

    def __init__(self, step: str, reason: str, where: str | None = None) -> None:
        super().__init__(f"{step}: {reason}" if where is None else f"{step}: {reason} ({where})")
        self.step = step
        self.reason = reason
        self.where = where


@contextmanager
def located(where: str, step: str | None = None) -> Iterator[None]:
    """Name the place in every `NotProved` raised within; with `step`, name the check anew as well."""
    try:
        yield
    except NotProved as error:
        raise type(error)(step or error.step, error.reason, where) from error


class SignatureInvalid(NotProved):
    """A required signature is missing, repeated or wrong."""


class InclusionInvalid(NotProved):
    """The proof does not lead from the entry to the root."""


class ConsistencyInvalid(NotProved):
    """The proof does not show that the larger tree begins with the smaller one."""


class Altered(NotProved):
    """Content differs from the digest that was committed to."""


class Incomplete(NotProved):
    """Something that was committed to is missing."""


class WrongPassphrase(NotProved):
    """The passphrase is not the one that the package was sealed under. A new attempt may succeed."""


class NotWitnessed(NotProved):
    """Everything agrees with the ledger that it names, but signatures that the policy requires are missing.

    Too few witnesses or timestamping authorities have signed. `report`: the findings (`report.Report`).
    """

    def __init__(self, step: str, reason: str, where: str | None = None, report: object = None) -> None:
        super().__init__(step, reason, where)
        self.report = report


class ChainConflict(CustodyError):
    """The chain of this evidence has grown since the statement was made; make the statement again."""


class StorageConflict(CustodyError):
    """The stored checkpoint was not the one the commit was built on; nothing was stored."""


class StorageFailed(CustodyError):
    """A commit or read ended without a clear answer. A failed commit may still have been stored."""


class LedgerDiverged(CustodyError):
    """Storage was rolled back or replaced: it holds a smaller or different tree than before.

    Nothing is signed on top of it. A person has to find out what happened.
    """
