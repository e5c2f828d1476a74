"""Staff, and how they sign in."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.database.models.base import Base, Digest, Id


class Role(enum.StrEnum):
    """The role of a person: one of the people of a One-Stop Center, or of those it answers to."""

    ADMINISTRATOR = "administrator"
    """Manages staff, rooms, machines; no access to testimony."""
    CUSTODIAN = "custodian"
    """Manages keys, copies, holds, disposal; opens nothing."""
    PROSECUTOR = "prosecutor"
    INTERVIEWER = "interviewer"
    """Interviews her in the room: a specialised police officer or social worker."""
    OBSERVER = "observer"
    """Staff of another agency, in the next room."""
    EXAMINER = "examiner"
    """Forensic nurse or doctor."""
    SOCIAL_WORKER = "social-worker"
    COURT = "court"
    DEFENCE = "defence"
    """Defence counsel."""
    ADVOCATE = "advocate"
    """Advocate of the interviewed person: sees who opened what, when and why."""
    MONITORING = "monitoring"
    """Sees counts for the ministries; no case."""


class SignInMethod(enum.StrEnum):
    """How the person authenticated at the start of a session."""

    LINK = "link"
    """A one-time link, handed over by an administrator or made at the machine's own terminal."""
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  # the name of a method
    """With a code from an app. Nothing in such a session is signed by the person's own key."""
    RECOVERY = "recovery"
    """A recovery code: only for setting up a new sign-in method."""


class Person(Base):
    """A member of staff or of a court. Never a survivor."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed_name: Mapped[bytes | None]
    """Sealed under the catalogue key; `sealed_names` decrypts it. None: it was lost with a machine."""
    role: Mapped[Role]
    organisation: Mapped[str] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(8))
    """The language that they chose for their pages, such as `ar`; None: none yet."""
    sealed_email: Mapped[bytes | None]
    """E-mail address for notices, sealed under the catalogue key (`notices`); None: they want none."""
    active: Mapped[bool] = mapped_column(default=True)
    added_at: Mapped[datetime]
    signed_seen: Mapped[int | None]
    """Ledger position up to which they have seen what was signed in their name (`signed_acts`)."""

    recovery_used_at: Mapped[datetime | None]
    """When one of their recovery codes was used last, until they have confirmed that it was theirs."""

    @property
    def name(self) -> str | None:
        """The name in clear, on objects from `people` and `cases`; None if not decrypted. In no column."""
        name: str | None = self.__dict__.get("_name")
        return name

    @name.setter
    def name(self, name: str | None) -> None:
        """Set the name in clear on this instance alone; it is written to no column."""
        self.__dict__["_name"] = name


class Notice(Base):
    """The last notice sent to a person by e-mail (`notices`)."""

    __tablename__ = "notices"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    waiting: Mapped[int]
    """Number of items that waited for them then, reduced by items done since."""
    sent_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(16))
    """Code of why the last one could not be sent."""


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
    """When its last request came, to the minute."""
    address: Mapped[str | None] = mapped_column(String(64))
    """The address from which it began; erased when it ends."""
    browser: Mapped[str | None] = mapped_column(String(64))
    """The browser in which it began, in a word or two; also erased."""
    confirmed_at: Mapped[datetime]
    """When its person last confirmed their presence: at its beginning, or later (`confirmations`)."""
    failed_before: Mapped[int] = mapped_column(server_default="0")
    """Failed attempts with this person's number since the last success, to be shown to them."""

    person: Mapped[Person] = relationship(lazy="joined")


class PreparedAct(Base):
    """An act, or a sheet of acts, that waits a few minutes for its person's signature (`pending_acts`)."""

    __tablename__ = "prepared_acts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    session: Mapped[str] = mapped_column(Digest)
    """Digest of the token of the session in which it was prepared: no other session can complete it."""
    statements: Mapped[bytes]
    """The canonical bytes of each, one a line; like every statement, it has no name or reason in clear."""
    kept: Mapped[bytes | None]
    """Data that the rows of a single act need beyond its statement: the id of a credential at its
    authenticator."""
    leads_to: Mapped[str] = mapped_column(String(200))
    """The path on this site to which the person continues."""
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    """When a response to it was taken, valid or not: there is no second attempt."""
    position: Mapped[int | None]
    """Ledger position of the last statement that was signed."""


class Challenge(Base):
    """A challenge for a browser's authenticator to sign, until it has responded (`webauthn_challenges`)."""

    __tablename__ = "challenges"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    """Digest over its purpose and the cookie of the browser that received it."""
    nonce: Mapped[bytes]
    client: Mapped[str] = mapped_column(String(64), index=True)
    """The requesting network: an IPv4 address or an IPv6 /64."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Password(Base):
    """The weaker sign-in method, for a person without an authenticator (`passwords`)."""

    __tablename__ = "passwords"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(6), unique=True)
    """The number that the person types instead of a name. Random: it reveals nothing about them."""
    hash: Mapped[str] = mapped_column(String(200))
    """Argon2id, with its salt and costs."""
    sealed_secret: Mapped[bytes]
    """Secret of the app that generates the codes, sealed under the catalogue key (`totp`)."""
    set_at: Mapped[datetime]


class PasswordUse(Base):
    """The newest code accepted from a person: no code up to it is accepted again."""

    __tablename__ = "password_uses"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    step: Mapped[int]
    """Periods of 30 seconds since 1970."""
    used_at: Mapped[datetime]


class RecoveryCode(Base):
    """One of ten codes on paper (`recovery_codes`)."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedAttempts(Base):
    """Number of failed sign-in attempts, by target or by origin (`sign_in_throttle`)."""

    __tablename__ = "failed_attempts"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime]
    """Before this moment every attempt is refused unchecked."""


class KnownBrowser(Base):
    """A browser in which an account was signed in to before, by the digest of its cookie's token."""

    __tablename__ = "known_browsers"

    token_digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime]


class Credential(Base):
    """A person's key for signing their own acts, attested by a statement."""

    __tablename__ = "credentials"

    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Key id, as in signatures."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    """SubjectPublicKeyInfo, in DER."""
    algorithm: Mapped[str] = mapped_column(String(16))
    relying_party: Mapped[str] = mapped_column(String(255))
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    sealed_label: Mapped[bytes | None]
    """The person's name for it, sealed under the catalogue key (`sign_in_methods`)."""


class CredentialUse(Base):
    """The last sign-in with a credential, and its authenticator's signature counter then."""

    __tablename__ = "credential_uses"

    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    counter: Mapped[int]
    """Signature counter; 0 from authenticators without one, such as those that synchronise passkeys."""
    used_at: Mapped[datetime]
