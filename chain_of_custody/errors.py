"""Everything this package raises, in one tree.

    CustodyError
    ├── Malformed              bytes that are not in the one canonical form
    ├── NotProved              well-formed, but what it claims does not hold
    │   ├── SignatureInvalid   a required signature is missing, repeated or wrong
    │   ├── InclusionInvalid   the entry is not shown to be in the tree
    │   ├── ConsistencyInvalid the later tree is not shown to continue the earlier one
    │   ├── Altered            content does not match the digest that was committed to
    │   ├── Incomplete         something that was committed to is not there
    │   ├── WrongPassphrase    a sealed package does not open with what was typed
    │   └── NotWitnessed       all holds, but those the policy asks for do not stand behind it yet
    ├── ChainConflict          another statement took this place in the evidence's chain first
    ├── StorageConflict        another writer committed first; nothing of ours was kept
    ├── StorageFailed          storage gave no clear answer; what it kept is not known
    └── LedgerDiverged         storage shows a history that does not continue the one seen before

`Malformed` and `NotProved` are what a verifier reports. The rest happen only where a ledger is
written, and are about this machine, not about the evidence.
"""

from __future__ import annotations


class CustodyError(Exception):
    """The root: whoever calls this package need catch nothing else."""


class Malformed(CustodyError):
    """Bytes refused before anything in them was believed: wrong form, size or encoding."""


class NotProved(CustodyError):
    """A claim that was checked and does not hold.

    `step` names the check in the verifier's own numbering or words ("checkpoint", "inclusion"),
    `reason` is one sentence saying what is wrong, `where` says where in the evidence, if that is
    known (a time in the recording, a file, a position in the ledger).
    """

    def __init__(self, step: str, reason: str, where: str | None = None) -> None:
        super().__init__(f"{step}: {reason}" if where is None else f"{step}: {reason} ({where})")
        self.step = step
        self.reason = reason
        self.where = where


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
    """The passphrase is not the one that the package was sealed under. Asking again may help."""


class NotWitnessed(NotProved):
    """Everything agrees with the ledger that it names, but too few witnesses or timestamping authorities
    stand behind that for the policy. `report`: what was found (`report.Report`)."""

    def __init__(self, step: str, reason: str, where: str | None = None, report: object = None) -> None:
        super().__init__(step, reason, where)
        self.report = report


class ChainConflict(CustodyError):
    """The chain of this evidence has moved on since the statement was made; make it anew."""


class StorageConflict(CustodyError):
    """The stored checkpoint was not the one the commit was built on; nothing was kept."""


class StorageFailed(CustodyError):
    """A commit or read ended without a clear answer. A failed commit may still have been kept."""


class LedgerDiverged(CustodyError):
    """Storage was rolled back or replaced: it holds a smaller or different tree than was seen.

    Nothing is signed on top of it. A person has to find out what happened.
    """
