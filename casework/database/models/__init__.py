"""Tables of the working database.

Not trusted for anything that must be proved: the ledger's leaves, signatures and checkpoints can be verified
without it. These tables index them, and hold working data. Rules:

- ids are 32 hex digits without meaning; a case has a code (`2026-0001`) and no title;
- data that names or describes a survivor is never in a column in clear, only in `SealedDetails`, encrypted
  to the case key; staff names are sealed under the catalogue key (`sealed_names`), so that a database and
  stores stolen together reveal no names;
- tokens are stored as SHA-256 digests only;
- column types work on SQLite and PostgreSQL alike; times are UTC.
"""

from casework.database.models.base import Base, Instant
from casework.database.models.cases import Case, CaseAccess, Consent, Grant
from casework.database.models.copies import (
    CopyFinding,
    CopyPass,
    CopyReading,
    PublishedCatalogue,
    PublishedCopy,
)
from casework.database.models.evidence import (
    Evidence,
    EvidenceState,
    Exclusion,
    Interview,
    InterviewState,
    Viewing,
)
from casework.database.models.ledger import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerNode,
    SealedDetails,
    StatementIndex,
)
from casework.database.models.nodes import Node, WorkLease
from casework.database.models.people import (
    Challenge,
    Credential,
    CredentialUse,
    FailedAttempts,
    KnownBrowser,
    Password,
    PasswordUse,
    Person,
    PreparedAct,
    RecoveryCode,
    Role,
    SignedIn,
    SignInLink,
    SignInMethod,
)
from casework.database.models.photographs import Exam, IntimateRequest, Photograph, Upload
from casework.database.models.retention import (
    Disposal,
    DisposalPlace,
    DisposedVersion,
    Hold,
    HoldStanding,
)
from casework.database.models.rooms import InterviewRoom, RoomDevice
from casework.database.models.witnesses import (
    Alarm,
    AuthorityState,
    Cosignature,
    LedgerReader,
    Timestamp,
    WitnessState,
)
from casework.database.models.working_copies import Derivative, DerivativeState, EditList, TranscriptDraft

__all__ = [
    "Alarm",
    "AuthorityState",
    "Base",
    "Case",
    "CaseAccess",
    "Challenge",
    "Consent",
    "CopyFinding",
    "CopyPass",
    "CopyReading",
    "Cosignature",
    "Credential",
    "CredentialUse",
    "Derivative",
    "DerivativeState",
    "Disposal",
    "DisposalPlace",
    "DisposedVersion",
    "EditList",
    "Evidence",
    "EvidenceState",
    "Exam",
    "Exclusion",
    "FailedAttempts",
    "Grant",
    "Hold",
    "HoldStanding",
    "Instant",
    "Interview",
    "InterviewRoom",
    "InterviewState",
    "IntimateRequest",
    "KnownBrowser",
    "LedgerCheckpoint",
    "LedgerEntry",
    "LedgerNode",
    "LedgerReader",
    "Node",
    "Password",
    "PasswordUse",
    "Person",
    "Photograph",
    "PreparedAct",
    "PublishedCatalogue",
    "PublishedCopy",
    "RecoveryCode",
    "Role",
    "RoomDevice",
    "SealedDetails",
    "SignInLink",
    "SignInMethod",
    "SignedIn",
    "StatementIndex",
    "Timestamp",
    "TranscriptDraft",
    "Upload",
    "Viewing",
    "WitnessState",
    "WorkLease",
]
