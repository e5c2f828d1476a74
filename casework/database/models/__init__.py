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

from casework.database.models.base import Base as Base
from casework.database.models.base import Instant as Instant
from casework.database.models.cases import Case as Case
from casework.database.models.cases import CaseAccess as CaseAccess
from casework.database.models.cases import Consent as Consent
from casework.database.models.cases import Grant as Grant
from casework.database.models.copies import CopyFinding as CopyFinding
from casework.database.models.copies import CopyPass as CopyPass
from casework.database.models.copies import CopyReading as CopyReading
from casework.database.models.copies import PublishedCatalogue as PublishedCatalogue
from casework.database.models.copies import PublishedCopy as PublishedCopy
from casework.database.models.evidence import Evidence as Evidence
from casework.database.models.evidence import EvidenceState as EvidenceState
from casework.database.models.evidence import Exclusion as Exclusion
from casework.database.models.evidence import Interview as Interview
from casework.database.models.evidence import InterviewState as InterviewState
from casework.database.models.evidence import PackageDownload as PackageDownload
from casework.database.models.evidence import StatedPurpose as StatedPurpose
from casework.database.models.evidence import Viewing as Viewing
from casework.database.models.ledger import LedgerCheckpoint as LedgerCheckpoint
from casework.database.models.ledger import LedgerEntry as LedgerEntry
from casework.database.models.ledger import LedgerNode as LedgerNode
from casework.database.models.ledger import SealedDetails as SealedDetails
from casework.database.models.ledger import StatementIndex as StatementIndex
from casework.database.models.nodes import HealthDay as HealthDay
from casework.database.models.nodes import Node as Node
from casework.database.models.nodes import WorkLease as WorkLease
from casework.database.models.people import Challenge as Challenge
from casework.database.models.people import Credential as Credential
from casework.database.models.people import CredentialUse as CredentialUse
from casework.database.models.people import FailedAttempts as FailedAttempts
from casework.database.models.people import KnownBrowser as KnownBrowser
from casework.database.models.people import Notice as Notice
from casework.database.models.people import Password as Password
from casework.database.models.people import PasswordUse as PasswordUse
from casework.database.models.people import Person as Person
from casework.database.models.people import PreparedAct as PreparedAct
from casework.database.models.people import RecoveryCode as RecoveryCode
from casework.database.models.people import Role as Role
from casework.database.models.people import SignedIn as SignedIn
from casework.database.models.people import SignInLink as SignInLink
from casework.database.models.people import SignInMethod as SignInMethod
from casework.database.models.photographs import Exam as Exam
from casework.database.models.photographs import ExaminationDraft as ExaminationDraft
from casework.database.models.photographs import FileRequest as FileRequest
from casework.database.models.photographs import IntimateRequest as IntimateRequest
from casework.database.models.photographs import Photograph as Photograph
from casework.database.models.photographs import Upload as Upload
from casework.database.models.retention import Disposal as Disposal
from casework.database.models.retention import DisposalPlace as DisposalPlace
from casework.database.models.retention import DisposedVersion as DisposedVersion
from casework.database.models.retention import Hold as Hold
from casework.database.models.retention import HoldStanding as HoldStanding
from casework.database.models.rooms import Appointment as Appointment
from casework.database.models.rooms import InterviewRoom as InterviewRoom
from casework.database.models.rooms import RoomDevice as RoomDevice
from casework.database.models.specimens import Specimen as Specimen
from casework.database.models.specimens import SpecimenLink as SpecimenLink
from casework.database.models.witnesses import Alarm as Alarm
from casework.database.models.witnesses import AuthorityState as AuthorityState
from casework.database.models.witnesses import Cosignature as Cosignature
from casework.database.models.witnesses import LedgerReader as LedgerReader
from casework.database.models.witnesses import Timestamp as Timestamp
from casework.database.models.witnesses import WitnessState as WitnessState
from casework.database.models.working_copies import Derivative as Derivative
from casework.database.models.working_copies import DerivativeState as DerivativeState
from casework.database.models.working_copies import EditList as EditList
from casework.database.models.working_copies import TranscriptDraft as TranscriptDraft
