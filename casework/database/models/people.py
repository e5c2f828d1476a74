"""Staff, and how they sign in."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.database.models.base import Base, Digest, Id


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
        """Set the name in clear on this instance alone; it is written to no column."""
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
