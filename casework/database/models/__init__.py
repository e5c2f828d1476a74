"""What the working database holds.

Trusted for nothing that must be proved: the ledger's leaves, signatures and checkpoints prove themselves.
Tables here make them findable, and hold what people work with. Rules:

- ids are 32 hex digits without meaning; a case has a code (`2026-0001`) and no title;
- what names or describes a survivor is never in a column in clear, only in `SealedDetails`, encrypted to
  the case key; staff names are sealed under the catalogue key (`sealed_names`), so that database and stores
  stolen together name nobody;
- tokens are kept as SHA-256 digests only;
- column types work on SQLite and PostgreSQL alike; times are UTC.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, always timezone-aware in Python (SQLite itself forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Role(enum.StrEnum):
    """What a person is to the center: one of the people of a One-Stop Center, and of those it answers to."""

    ADMINISTRATOR = "administrator"
    """Staff, rooms, machines; no testimony."""
    CUSTODIAN = "custodian"
    """Keys, copies, holds, disposal; opens nothing."""
    PROSECUTOR = "prosecutor"
    INTERVIEWER = "interviewer"
    """Talks with her in the room: a specialised police officer or social worker."""
    OBSERVER = "observer"
    """Of another agency, in the next room."""
    EXAMINER = "examiner"
    """Forensic nurse or doctor."""
    SOCIAL_WORKER = "social-worker"
    COURT = "court"
    DEFENCE = "defence"
    """Defence counsel."""
    ADVOCATE = "advocate"
    """Of the person who told: sees who looked, when and why."""
    MONITORING = "monitoring"
    """Counts for the ministries; no case."""


class SignInMethod(enum.StrEnum):
    """How a session began: what was shown for being that person."""

    LINK = "link"
    """A one-time link, handed over by an administrator or made at the machine's own terminal."""
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  # the name of a way in
    """With a code of an app. Nothing in such a session is signed by the person's own key."""
    RECOVERY = "recovery"
    """A recovery code: good for setting up a new way in, and for nothing else."""


class InterviewState(enum.StrEnum):
    OPENED = "opened"
    CHECKED = "checked"
    RECORDING = "recording"
    BREAK = "break"
    STOPPED = "stopped"
    SEALED = "sealed"


class EvidenceState(enum.StrEnum):
    """`OPENING`: a ticket was given. `VOID`: it was never used, nothing was recorded. `DISPOSED`: two people
    authorised its destruction; from then on nothing opens it."""

    OPENING = "opening"
    RECORDING = "recording"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    VOID = "void"
    DISPOSED = "disposed"

    @property
    def sealed(self) -> bool:
        """Whether it can be opened."""
        return self in (EvidenceState.COMPLETE, EvidenceState.INTERRUPTED)

    @property
    def over(self) -> bool:
        """Whether nothing more is recorded into it."""
        return self.sealed or self is EvidenceState.DISPOSED


class DerivativeState(enum.StrEnum):
    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _stored(values: type[enum.StrEnum]) -> Enum:
    # Kept as plain text without a database-side list: a new role or state needs no migration.
    return Enum(
        values,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own way of declaring it
        datetime: Instant,
        bytes: LargeBinary,
        int: BigInteger,
        Role: _stored(Role),
        SignInMethod: _stored(SignInMethod),
        InterviewState: _stored(InterviewState),
        EvidenceState: _stored(EvidenceState),
        DerivativeState: _stored(DerivativeState),
    }


Id = String(32)
Digest = String(64)


# --- people -----------------------------------------------------------------------------------------------


class Person(Base):
    """A member of staff or of a court. Never a survivor."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed_name: Mapped[bytes | None]
    """Sealed under the catalogue key; `sealed_names` opens it. None: it was lost with a machine."""
    role: Mapped[Role]
    organisation: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="ar")
    active: Mapped[bool] = mapped_column(default=True)
    added_at: Mapped[datetime]
    signed_seen: Mapped[int | None]
    """Ledger position up to which they have seen what was signed in their name (`signed_acts`)."""

    @property
    def name(self) -> str | None:
        """In clear, on what `people` and `cases` give out; None where it does not open. In no column."""
        name: str | None = self.__dict__.get("_name")
        return name

    @name.setter
    def name(self, name: str | None) -> None:
        self.__dict__["_name"] = name


class SignInLink(Base):
    """A one-time link, by the digest of its token."""

    __tablename__ = "sign_in_links"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined")


class SignedIn(Base):
    """A session in a browser, by the digest of its cookie's token."""

    __tablename__ = "sessions"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    method: Mapped[SignInMethod] = mapped_column(server_default=SignInMethod.LINK.value)
    seen_at: Mapped[datetime | None]
    """When something was last asked in it, to the minute."""
    address: Mapped[str | None] = mapped_column(String(64))
    """Where it began; forgotten when it ends."""
    browser: Mapped[str | None] = mapped_column(String(64))
    """What it began in, in a word or two; forgotten as well."""
    failed_before: Mapped[int] = mapped_column(server_default="0")
    """Attempts with this person's number that had failed since the last that was right: to be told them."""

    person: Mapped[Person] = relationship(lazy="joined")


class PreparedAct(Base):
    """A statement that waits for its person's signature, for a few minutes (`pending_acts`)."""

    __tablename__ = "prepared_acts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    session: Mapped[str] = mapped_column(Digest)
    """Digest of the token of the session in which it was prepared: no other completes it."""
    statement: Mapped[bytes]
    """Its canonical bytes; like every statement without a name or a reason in clear."""
    leads_to: Mapped[str] = mapped_column(String(200))
    """The path of our own where the person goes on."""
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    """When an answer was taken for it, good or not: there is no second one."""
    position: Mapped[int | None]
    """Where the signed statement stands in the ledger."""


class Challenge(Base):
    """What a browser's authenticator was asked to sign, until it has answered (`challenges`)."""

    __tablename__ = "challenges"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    """Of what it is for, and of the cookie of the browser that was asked."""
    nonce: Mapped[bytes]
    client: Mapped[str] = mapped_column(String(64), index=True)
    """The network that asked: an IPv4 address or an IPv6 /64."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Password(Base):
    """The weaker way in, of a person who has no authenticator (`passwords`)."""

    __tablename__ = "passwords"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(6), unique=True)
    """What the person types instead of a name. Random: it says nothing about them."""
    hash: Mapped[str] = mapped_column(String(200))
    """Argon2id, with its salt and costs."""
    sealed_secret: Mapped[bytes]
    """Of the app that makes the codes, sealed under the catalogue key (`totp`)."""
    set_at: Mapped[datetime]


class PasswordUse(Base):
    """The newest code that was taken from a person: none up to it is taken again."""

    __tablename__ = "password_uses"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    step: Mapped[int]
    """Half minutes since 1970."""
    used_at: Mapped[datetime]


class RecoveryCode(Base):
    """One of ten codes on paper (`recovery_codes`)."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedAttempts(Base):
    """How often somebody failed, at what or from where (`sign_in_throttle`)."""

    __tablename__ = "failed_attempts"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime]
    """Before this moment no attempt is looked at."""


class KnownBrowser(Base):
    """A browser in which an account was signed in to before, by the digest of its cookie's token."""

    __tablename__ = "known_browsers"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime]


class RoomDevice(Base):
    """A machine in a room, or the link by which one becomes it (`room_devices`)."""

    __tablename__ = "room_devices"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    room: Mapped[str] = mapped_column(String(64))
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    """Of the link's token until it is redeemed, then of the device's own."""
    redeemed: Mapped[bool]
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    added_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


# --- cases and interviews ---------------------------------------------------------------------------------


class Case(Base):
    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    public_key: Mapped[bytes]
    """1,216 bytes: details are sealed to it, also while the vault is locked. The private half is wrapped, and
    the keyholder has that; once no wrap is left, the case's details are erased for good."""
    kind: Mapped[str | None] = mapped_column(String(64))
    """The type of case, a code of the retention rules; None: nobody has said it, and the longest counts."""
    keep_until: Mapped[datetime | None]
    """The date that a court has stated."""


class CaseAccess(Base):
    """A case given to a colleague, who then works with it as far as their role does (`cases.give`).

    Courts and the defence are not colleagues: they have grants.
    """

    __tablename__ = "case_access"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    given_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Grant(Base):
    """What one person of a court or of the defence may open, why, from when and until when (`grants`)."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`view`, or `copy`: a package may be made under it too, once that is authorised."""
    purpose: Mapped[str] = mapped_column(String(64))
    """A code; `unstated` where an earlier version gave the whole case and stated nothing."""
    basis: Mapped[str] = mapped_column(String(16))
    """`consent`, `court-order`, or `unstated`."""
    items: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """As in the statement: each `evidence` and `excerpt`; None: every recording of the case."""
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """None only where an earlier version gave the whole case."""
    given_by: Mapped[str] = mapped_column(Id)
    given_at: Mapped[datetime]
    position: Mapped[int | None]
    """Where `grant.given` stands in the ledger; None where an earlier version gave the whole case."""
    accepted_at: Mapped[datetime | None]
    """When its receiver undertook what it asks for; before that nothing is opened under it."""
    authorised_at: Mapped[datetime | None]
    """When the copy was authorised."""
    withdrawn_at: Mapped[datetime | None]


class Consent(Base):
    """One statement about what the person agrees to; of a subject only the newest counts (`consent`)."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_subject", "case_id", "subject"),)

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    subject: Mapped[str] = mapped_column(String(64))
    """What it is for: a code, as all that follow."""
    outcome: Mapped[str] = mapped_column(String(16))
    """`given`, `limited`, `refused`, or `withdrawn`."""
    by: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Id)


class Interview(Base):
    __tablename__ = "interviews"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[InterviewState]
    practice: Mapped[bool] = mapped_column(default=False)
    """A practice interview never makes a statement and never becomes evidence."""
    purpose: Mapped[str] = mapped_column(String(64))
    room: Mapped[str] = mapped_column(String(64))
    node: Mapped[str | None] = mapped_column(String(32))
    """The machine that records it (`nodes`); None: from before there were several, or rebuilt."""
    follows: Mapped[str | None] = mapped_column(Id)
    """The interview that it supplements, or is the cross-examination to."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(lazy="joined")
    parts: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Interview.id == Evidence.interview_id, Evidence.beside.is_(None))",
        order_by="Evidence.number",
        lazy="selectin",
        viewonly=True,
    )
    """What the recorder recorded, without safety recordings."""
    safeties: Mapped[list[Evidence]] = relationship(
        primaryjoin="and_(Interview.id == Evidence.interview_id, Evidence.beside.is_not(None))",
        order_by="Evidence.epoch",
        lazy="selectin",
        viewonly=True,
    )


class Evidence(Base):
    """One evidence item: one recording part, photograph, document or derivative (`Photograph` has more of
    what is no recording)."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(
            "ix_evidence_part",
            "interview_id",
            "number",
            unique=True,
            sqlite_where=text("beside IS NULL"),
            postgresql_where=text("beside IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    """None: a photograph, a document or a derivative."""
    kind: Mapped[str] = mapped_column(String(16), default="recording")
    """`recording`, `photograph`, `document` or `derivative`."""
    number: Mapped[int]
    """Part 1, 2, … of its interview; a safety recording has the number of the part it stands beside.
    Photographs, documents and derivatives are counted through their case, each kind by itself."""
    beside: Mapped[str | None] = mapped_column(Id)
    """Of a safety recording, which the room's browser made (`safety_recordings`): the part it stands
    beside."""
    state: Mapped[EvidenceState]
    recorder: Mapped[str] = mapped_column(String(16))
    """Key id of the recorder the ticket was given to: only its statements are taken for this part. Empty for
    photographs and documents, which people add."""
    node: Mapped[str | None] = mapped_column(String(32))
    """The machine in whose spool it is; None once every copy holds it and it has left that."""
    epoch: Mapped[datetime]
    """The wall-clock time of the part's timeline 0."""
    opened_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    records: Mapped[int | None]
    duration: Mapped[int | None]
    """µs from the epoch to the end of the last record, known once sealed."""
    manifest_digest: Mapped[str | None] = mapped_column(Digest)
    reason: Mapped[str | None] = mapped_column(String(64))
    """Why it was interrupted: a code."""
    segment_sizes: Mapped[list[int] | None] = mapped_column(JSON)
    """Bytes of each stored segment, so that a copy need not be asked; what is read there proves itself."""

    interview: Mapped[Interview | None] = relationship(lazy="joined")
    case: Mapped[Case] = relationship(lazy="joined")

    @property
    def recorded_in(self) -> Interview:
        """The interview of a recording part. Raises `LookupError` for a photograph or a document."""
        if self.interview is None:
            raise LookupError(f"{self.kind} {self.id} belongs to no interview")
        return self.interview


# --- photographs and documents --------------------------------------------------------------------------


class Photograph(Base):
    """What is known in the open of a sealed photograph, document or derivative: codes and numbers, nothing
    personal."""

    __tablename__ = "photographs"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    format: Mapped[str] = mapped_column(String(16))
    """A code, told by the content: `jpeg`, `heic`, …; `unknown`: kept, and shown by nothing."""
    size: Mapped[int]
    """Bytes of the original."""
    known_by: Mapped[str | None] = mapped_column(Digest, index=True)
    """SHA-256 over the case's id and the original's SHA-256: so the same file is recognised in its case."""
    intimate: Mapped[bool]
    shown: Mapped[bool]
    """Whether pictures to be looked at could be made from it."""
    exam_id: Mapped[str | None] = mapped_column(Id, index=True)
    view: Mapped[str | None] = mapped_column(String(32))
    """Which picture of the guided set it is, a code."""
    injury: Mapped[int | None]
    """Of which injury of the exam: 1, 2, …"""


class Derivative(Base):
    """A file made from sealed evidence (`derivatives`), from its order on. Its id is the evidence id that it
    has once it is made; an `Evidence` and a `Photograph` are there for it then, as for every file."""

    __tablename__ = "derivatives"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    """The interview whose parts it was made from."""
    kind: Mapped[str] = mapped_column(String(32))
    """A code of `chain_of_custody.statements.types.DERIVATIVES`."""
    purpose: Mapped[str] = mapped_column(String(64))
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """As its statement has them; `manifest` is null until it is made."""
    edits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """As its recipe has them; None of one that a rebuild found, whose recipe is sealed."""
    state: Mapped[DerivativeState]
    failure: Mapped[str | None] = mapped_column(String(64))
    """Why it could not be made: a code; after a colon the evidence id of the one photograph that is why."""
    node: Mapped[str] = mapped_column(String(32))
    """The machine that makes it."""
    ordered_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    ordered_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    """What a second person said of it last (`reviews`); None: nobody has looked."""
    checked_by: Mapped[str | None] = mapped_column(Id)
    checked_at: Mapped[datetime | None]
    checked_position: Mapped[int | None]
    """Where in the ledger that is said."""
    authors: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Ids of everybody who worked on what it was made from: none of them is its second person."""


class EditList(Base):
    """What people agree on before a redacted film is made (`edit_lists`). Working data: it names times and
    places in the picture, and nothing that was said."""

    __tablename__ = "edit_lists"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interviews.id"), index=True)
    parts: Mapped[list[str]] = mapped_column(JSON)
    """Evidence ids of those that were sealed when it was begun: the film is of these and no others."""
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As the recipe of what is made from it has them (`edits`)."""
    version: Mapped[int]
    """1, and one more with each change."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """Everybody who changed it, in the order in which they first did."""


class TranscriptDraft(Base):
    """A transcript that is being written (`transcript_drafts`). What somebody said is never in a column in
    clear: `sealed` is encrypted to the case's key. Goes when a version is kept, or with its recording."""

    __tablename__ = "transcript_drafts"
    # One of each, also while it is being kept: what is cut off then has its place to go back to.
    __table_args__ = (Index("ix_transcript_drafts_one", "evidence_id", "language", unique=True),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    """The recording part that it is of."""
    language: Mapped[str] = mapped_column(String(8))
    translates: Mapped[str | None] = mapped_column(Id)
    """The kept transcript that it translates."""
    replaces: Mapped[str | None] = mapped_column(Id)
    """The kept version that it goes on from."""
    version: Mapped[int]
    """Grows with each saving; 0 before the first. Who saves over another one than they read is refused."""
    sealed: Mapped[bytes]
    """Its cues."""
    brought: Mapped[bytes | None]
    """Which file they came from, encrypted likewise; None where nothing was brought."""
    begun_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime]
    authors: Mapped[list[str]] = mapped_column(JSON)
    """Whoever brought its file, and everybody who saved it, in the order in which they first did."""
    kept_as: Mapped[str | None] = mapped_column(Id)
    """The derivative that is being made of it."""
    kept_whole: Mapped[bool]
    """Whether that lies sealed in its machine's spool (`draft_handover`)."""


class Exam(Base):
    """A guided set of photographs (`exams`). Where and what injuries are is sealed, in no column."""

    __tablename__ = "exams"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    """1, 2, … within its case."""
    figure: Mapped[str] = mapped_column(String(16))
    """Which drawings are used: `adult` or `child`."""
    follows: Mapped[str | None] = mapped_column(Id)
    """The set, days before, that this one follows."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    injuries: Mapped[int]
    """How many were noted."""


class IntimateRequest(Base):
    """Somebody asks to open one intimate picture, and what a second person says to that (`intimate`)."""

    __tablename__ = "intimate_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    requested_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    requested_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(String(64))
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    """None: nobody has answered yet."""
    expires_at: Mapped[datetime]
    """When it is over, agreed to or not."""


class Upload(Base):
    """A file that is on its way here. Goes when it is sealed, or was given up."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The evidence id that it will have."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    node: Mapped[str] = mapped_column(String(32))
    """The machine in whose spool it is."""
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int]
    """Bytes that were announced."""
    known_by: Mapped[str | None] = mapped_column(Digest)
    """As in `Photograph`, of the digest that was announced."""
    format: Mapped[str | None] = mapped_column(String(16))
    """Told by its content, once all of it is here."""
    intimate: Mapped[bool]
    exam_id: Mapped[str | None] = mapped_column(Id)
    view: Mapped[str | None] = mapped_column(String(32))
    injury: Mapped[int | None]
    begun_at: Mapped[datetime]


class InterviewRoom(Base):
    """A room in which interviews are held, as the administrator lists it (`rooms`)."""

    __tablename__ = "rooms"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    """As it stands in working data; never reused for another room."""
    name: Mapped[str] = mapped_column(String(200))
    """What people call it."""
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


# --- how long it is kept, and how it ends ---------------------------------------------------------------


class Hold(Base):
    """A legal hold over a case: while one is in force nothing of the case is destroyed."""

    __tablename__ = "holds"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    placed_by: Mapped[str] = mapped_column(Id)
    placed_at: Mapped[datetime]
    position: Mapped[int]
    """Where `hold.placed` stands in the ledger."""
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]
    lifted_position: Mapped[int | None]


class Exclusion(Base):
    """What a court has excluded of a recording: until it is restored, nobody takes it for evidence."""

    __tablename__ = "exclusions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), index=True)
    begins: Mapped[int | None]
    """µs of the part's timeline; None with `ends` for the whole recording."""
    ends: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    position: Mapped[int]
    """Where `passage.excluded` stands in the ledger."""
    restored_by: Mapped[str | None] = mapped_column(Id)
    restored_at: Mapped[datetime | None]
    restored_position: Mapped[int | None]

    @property
    def excerpt(self) -> tuple[int, int] | None:
        """From and to, µs; None for the whole recording."""
        return None if self.begins is None or self.ends is None else (self.begins, self.ends)


class HoldStanding(Base):
    """How far one copy is with the holds over a case (`hold_enforcement`)."""

    __tablename__ = "hold_standings"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A copy of the media, or of the wrapped keys."""
    held: Mapped[bool]
    """Whether holding was asked for, or its end."""
    at: Mapped[datetime]
    """When that was last tried."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """None: everything that is there is held (or free). A code otherwise: `away`, `failed`, `no-locks`."""


class Disposal(Base):
    """The destruction of one item, or of the details of a case: requested by one, decided by another."""

    __tablename__ = "disposals"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    item: Mapped[str] = mapped_column(Id, index=True)
    """Evidence; or the case itself, for its details."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    """A code."""
    requested_by: Mapped[str] = mapped_column(Id)
    requested_at: Mapped[datetime]
    requested_position: Mapped[int]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_position: Mapped[int | None]
    approved: Mapped[bool | None]
    """None: nobody has decided yet."""
    disposed_at: Mapped[datetime | None]
    """When every version of every wrapped key was gone; stated as `evidence.disposed`."""
    disposed_position: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    """When nothing at all of it was left in any place."""


class DisposedVersion(Base):
    """One version of one object that a disposal has to destroy, or has."""

    __tablename__ = "disposed_versions"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    wrap: Mapped[bool]
    """Whether it is a wrapped key."""
    locked_until: Mapped[datetime | None]
    """The end of its lock when it was last looked at."""
    held: Mapped[bool]
    """Whether it was under legal hold then."""
    gone_at: Mapped[datetime | None]


class DisposalPlace(Base):
    """How it went when a place was last looked through for what a disposal has to destroy."""

    __tablename__ = "disposal_places"

    disposal_id: Mapped[str] = mapped_column(ForeignKey("disposals.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of why it could not be looked through; None if it was."""


class WrapToMove(Base):
    """A wrapped key that an earlier version kept here, until the keyholder has it (`wrapped_keys`)."""

    __tablename__ = "wraps_to_move"

    item: Mapped[str] = mapped_column(Id, primary_key=True)
    """Evidence or case."""
    wrap: Mapped[bytes]


class Viewing(Base):
    """One person's permission, once stated in the ledger, to see one thing for a while.

    A sealed evidence item, or a running interview (live), or the photographs of a case.
    """

    __tablename__ = "viewings"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    interview_id: Mapped[str | None] = mapped_column(ForeignKey("interviews.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """All photographs of a case as small pictures; intimate ones are not among them."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(Id)
    """The grant that it was opened under."""
    purpose: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    position: Mapped[int | None]
    """Where its `evidence.viewed` stands in the ledger; None for practice, which makes no statements."""


# --- several machines -------------------------------------------------------------------------------------


class Node(Base):
    """A machine of this center that runs the service (`nodes`)."""

    __tablename__ = "nodes"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    address: Mapped[str] = mapped_column(String(300))
    """Where the other machines reach it; empty where there are no others."""
    recorder: Mapped[str] = mapped_column(String(16))
    """Key id of its recorder."""
    beat: Mapped[int]
    """Grows for as long as it works. Others compare it with what they saw before, never a clock."""
    seen_at: Mapped[datetime]
    """Its own clock at the last beat: for people."""


class WorkLease(Base):
    """Which machine does the work of the whole center; exactly one row for each work."""

    __tablename__ = "work_leases"

    work: Mapped[str] = mapped_column(String(32), primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    term: Mapped[int]
    """Grows with each holder. Who writes under an older one is refused (`nodes.Fenced`)."""


# --- the ledger and what makes it findable ----------------------------------------------------------------


class LedgerEntry(Base):
    """A leaf of the ledger, byte for byte."""

    __tablename__ = "ledger_entries"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[bytes]


class LedgerNode(Base):
    """The hash of a complete subtree: leaves [position << level, (position + 1) << level)."""

    __tablename__ = "ledger_nodes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[bytes]


class LedgerCheckpoint(Base):
    """The newest signed checkpoint; exactly one row. Its swap decides who may append."""

    __tablename__ = "ledger_checkpoint"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[bytes]


class StatementIndex(Base):
    """Where a statement stands in the ledger and in its chain; written in the ledger's own transaction."""

    __tablename__ = "statements"
    __table_args__ = (
        # Two statements can never take the same place in a chain, whichever processes write them.
        UniqueConstraint("chain", "number"),
        Index("ix_statements_type", "type"),
        # Few statements carry a person's own signature: an index over those alone costs the others nothing.
        Index(
            "ix_statements_signed",
            "actor",
            sqlite_where=text("credential IS NOT NULL"),
            postgresql_where=text("credential IS NOT NULL"),
        ),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(Id)
    """The evidence, interview or deployment id the statement is about."""
    number: Mapped[int]
    leaf_hash: Mapped[str] = mapped_column(Digest)
    """Looked up by its place, never by itself: an index over random keys was four fifths of all writing."""
    type: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    actor: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    details: Mapped[str | None] = mapped_column(Digest)
    """The commitment to its details; the details themselves are in `SealedDetails`."""
    credential: Mapped[str | None] = mapped_column(String(16))
    """Key id of the acting person's own credential, where one signed it."""


class SealedDetails(Base):
    """Names, reasons and notes beside a statement, encrypted to the case key.

    Written before the statement that commits to them: a crash in between leaves an unused row, never a
    statement whose details are lost.
    """

    __tablename__ = "sealed_details"

    commitment: Mapped[str] = mapped_column(Digest, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    sealed: Mapped[bytes]


# --- the ledger in the open -------------------------------------------------------------------------------


class Cosignature(Base):
    """What one key of a witness signed: that this tree continues all it saw of the ledger before."""

    __tablename__ = "cosignatures"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Name and key id, `name+0a1b2c3d`."""
    root: Mapped[str] = mapped_column(Digest)
    line: Mapped[str] = mapped_column(Text)
    """The note's signature line, with its newline."""
    at: Mapped[datetime]


class WitnessState(Base):
    """What is known of a witness: up to which tree it signed, and what went wrong last."""

    __tablename__ = "witness_states"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    asked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(200))
    """A code of what went wrong at the last asking; None if nothing did."""


class Alarm(Base):
    """A witness contradicts the ledger; both texts are kept as proof."""

    __tablename__ = "alarms"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    """Which witness said so."""
    at: Mapped[datetime]
    ours: Mapped[bytes | None]
    theirs: Mapped[bytes | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class LedgerReader(Base):
    """A witness or monitor that may read the ledger over HTTP, by the digest of its token."""

    __tablename__ = "ledger_readers"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    entries: Mapped[bool]
    """Whether it may read entries, not only checkpoints and hashes."""
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Timestamp(Base):
    """An RFC 3161 response of an authority over the checkpoint of `size` entries, verified when it came."""

    __tablename__ = "timestamps"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    authority: Mapped[str] = mapped_column(String(64), primary_key=True)
    response: Mapped[bytes]
    """The whole TimeStampResp, in DER."""
    at: Mapped[datetime]
    """The authority's time."""
    expires_at: Mapped[datetime]
    """When the first certificate that it stands on ends."""
    renewed: Mapped[int | None]
    """Ledger position of the `timestamp.renewed` that names it."""


class AuthorityState(Base):
    """How it went when an authority was last asked for a timestamp."""

    __tablename__ = "authority_states"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of what went wrong; None if nothing did."""


class Credential(Base):
    """A person's key for signing their own acts, vouched for by a statement."""

    __tablename__ = "credentials"

    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Key id, as it stands in signatures."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    """SubjectPublicKeyInfo, in DER."""
    algorithm: Mapped[str] = mapped_column(String(16))
    relying_party: Mapped[str] = mapped_column(String(255))
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    sealed_label: Mapped[bytes | None]
    """What the person calls it, sealed under the catalogue key (`sign_in_methods`)."""


class CredentialUse(Base):
    """When somebody last signed in with a credential, and what its authenticator had counted by then."""

    __tablename__ = "credential_uses"

    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    counter: Mapped[int]
    """Of its signatures; 0 from authenticators that count none, as those that synchronise passkeys."""
    used_at: Mapped[datetime]


# --- reading copies again ---------------------------------------------------------------------------------


class CopyPass(Base):
    """One copy's pass over every sealed item: the one under way, or the last."""

    __tablename__ = "copy_passes"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    began_at: Mapped[datetime]
    """Items sealed before this belong to it."""
    ended_at: Mapped[datetime | None]
    """When the last of them had been read; None while it is under way."""
    full_at: Mapped[datetime | None]
    """When a pass before this one last ended with every item read whole."""
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of what keeps the copy from being read; None if nothing does."""


class CopyReading(Base):
    """How one copy of one item was last read."""

    __tablename__ = "copy_readings"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    looked_at: Mapped[datetime | None]
    """When a reading of it last ended, whole or not."""
    read_at: Mapped[datetime | None]
    """When every object of it was last held against the ledger."""
    size: Mapped[int | None]
    """Bytes read then."""
    stated_at: Mapped[datetime | None]
    """The last `evidence.verified` about it."""
    claimed_until: Mapped[datetime | None]
    """A process is at it, and will say so again before this."""


class CopyFinding(Base):
    """An object of a copy that was not as recorded when it was read."""

    __tablename__ = "copy_findings"
    __table_args__ = (Index("ix_copy_findings_item", "copy", "evidence_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    copy: Mapped[str] = mapped_column(String(64))
    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"))
    key: Mapped[str] = mapped_column(Text)
    wrong: Mapped[str] = mapped_column(String(16))
    """A code: `missing`, `altered`, … (`expected_objects.Wrong`)."""
    at: Mapped[int | None]
    """The byte from which on it is wrong, as near as can be told."""
    span_from: Mapped[int | None]
    span_to: Mapped[int | None]
    """From and to in the part, µs."""
    found_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    """When it was read again and was right (or, of what does not belong there, was gone)."""
    position: Mapped[int | None]
    """Where in the ledger it is stated."""


# --- the database is only a cache -------------------------------------------------------------------------


class PublishedCopy(Base):
    """How far one copy has what the database holds beside the recordings (`replication`)."""

    __tablename__ = "published_copies"

    copy: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    """The copy has the ledger up to so many statements, each with its details."""
    catalogue: Mapped[int]
    """Number of the newest catalogue that it has; 0 for none."""
    checked: Mapped[int | None]
    """Up to which statement it is being held against the ledger again; None: that is not under way."""
    checked_since: Mapped[datetime | None]
    """The beginning of the pass (`CopyPass`) for which that is, or was, done."""
    at: Mapped[datetime]
    """When something last reached it, or was found to be there."""
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(64))
    """A code of what keeps it from having the rest; None if nothing does."""


class PublishedCatalogue(Base):
    """The newest catalogue; exactly one row. Numbered while nobody else writes, so a higher number is
    later."""

    __tablename__ = "published_catalogue"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(Digest)
    """Of what is in it."""
    at: Mapped[datetime]
