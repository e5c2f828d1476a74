"""The errors that casework raises on purpose.

Each class says when it is raised; `code` is stable, for programs and for translated messages. Errors of the
packages below that a caller can act on (`chain_of_custody.errors.ChainConflict`) pass through. Messages carry
ids and codes, never names.
"""

from __future__ import annotations

from datetime import timedelta


class CaseworkError(Exception):
    """Base of all errors of this package."""

    code = "casework"
    """A stable word for programs and for translated messages."""


class Forbidden(CaseworkError):
    """The person's role, cases or grants do not allow the act."""

    code = "forbidden"


class OwnRequest(Forbidden):
    """The act needs a second person: a person decides neither on their own request nor on their own work."""

    code = "own-request"


class PasskeyMissing(Forbidden):
    """The act has to be signed, and the person has no passkey."""

    code = "passkey-missing"


class PasskeyElsewhere(Forbidden):
    """The person's passkeys are bound to another address of the center than that of the page."""

    code = "passkey-elsewhere"


class SignatureRefused(Forbidden):
    """The browser's answer is no valid signature by this person over this act, or comes from another page."""

    code = "signature-refused"


class HasLeft(Forbidden):
    """The person is no longer active."""

    code = "has-left"


class NotGranted(Forbidden):
    """No grant of the person covers the item, the excerpt, the purpose or the copy."""

    code = "not-granted"


class GrantNotBegun(NotGranted):
    """The period of the grant begins later."""

    code = "grant-not-begun"


class GrantEnded(NotGranted):
    """The grant has ended."""

    code = "grant-ended"


class GrantWithdrawn(NotGranted):
    """The grant was withdrawn."""

    code = "grant-withdrawn"


class ConsentGone(NotGranted):
    """The consent required for access was refused or withdrawn."""

    code = "consent-gone"


class GivingRefused(ConsentGone):
    """The person refuses that this is given to the police and the prosecution, or has withdrawn it."""

    code = "giving-refused"


class CopyNotAuthorised(NotGranted):
    """The grant is for a copy that has not been authorised yet."""

    code = "copy-not-authorised"


class PassageExcluded(Forbidden):
    """A court has excluded the passage, or the whole recording, from use."""

    code = "passage-excluded"


class PasskeyNeeded(Forbidden):
    """The act requires a session that began with a passkey, or sets a password beside a passkey."""

    code = "passkey-needed"


class LastPasskey(Forbidden):
    """A person's only passkey cannot be revoked by that person: another one has to confirm it."""

    code = "last-passkey"


class NotConfirmed(Forbidden):
    """The person of this session did not confirm the act, with a passkey or with password and code."""

    code = "not-confirmed"


class ConfirmAnew(Forbidden):
    """The person of this session has to confirm their presence again: the last confirmation is too old."""

    code = "confirm-anew"


class OtherPerson(Forbidden):
    """A different person from the one now signed in opened the page that sends the request."""

    code = "other-person"


class NeedsSecond(Forbidden):
    """No second person has agreed that this person opens the intimate picture for this purpose."""

    code = "needs-second"


class IntimateStays(Forbidden):
    """The photograph is intimate: it is neither granted nor exported."""

    code = "intimate-stays"


class LinkNeeded(Forbidden):
    """The session's sign-in is too weak to make a passkey or set a password; a sign-in link is required."""

    code = "link-needed"


class LinkOver(LinkNeeded):
    """The link that began this session was opened too long ago to give its person a new way in."""

    code = "link-over"


class NotSignedIn(CaseworkError):
    """The sign-in link, passkey, session or device credential is unknown, used, expired or not valid here."""

    code = "not-signed-in"


class AuthenticatorBehind(NotSignedIn):
    """The passkey's signature counter has not increased: a copy of the passkey may exist."""

    code = "passkey-behind"


class Missing(CaseworkError):
    """No object with this id exists: no such person, case, interview, item, grant or other record."""

    code = "missing"


class PackageUnknown(Missing):
    """No package with the digest that a receipt names was exported from here, or from this case."""

    code = "package-unknown"


class SigningOver(Missing):
    """No prepared act awaits this signature: unknown, expired, answered, or of another session."""

    code = "signing-over"


class Refused(CaseworkError):
    """The request itself is invalid: an empty name, an unknown purpose, a value out of bounds."""

    code = "refused"


class TextUnseen(Refused):
    """A name, place or reference contains characters that are invisible, or that change the text around
    them."""

    code = "text-unseen"


class AddressInvalid(Refused):
    """What was entered is no e-mail address."""

    code = "address-invalid"


class HasCases(Refused):
    """The person works with cases: in another role they could see more of them than was shared."""

    code = "has-cases"


class NameAlike(Refused):
    """`people`: ids of those whose names could be taken for the new one."""

    code = "name-alike"

    def __init__(self, people: tuple[str, ...]) -> None:
        super().__init__(f"the name could be taken for that of {', '.join(people)}")
        self.people = people


class ExcludedWithin(Refused):
    """The package or working copy would contain a passage that a court has excluded."""

    code = "excluded-within"


class ReceiptInvalid(Refused):
    """A file is no receipt of a court, or its signature is invalid."""

    code = "receipt-invalid"


class ReceiptKeyDiffers(Refused):
    """A receipt is signed by another key than the one whose fingerprint the court gave."""

    code = "receipt-key-differs"


class ReceiptKnown(Refused):
    """This court's receipt for the package is in the ledger already."""

    code = "receipt-known"


class NotAccepted(Refused):
    """No second person has accepted the redacted film or transcript."""

    code = "not-accepted"


class TranscriptRefused(Refused):
    """`reason`: a code (`no-timing`, `too-many`, …); `line`: of the file, or of the cue, from 1; 0 for all
    of it."""

    code = "transcript-refused"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"no transcript: {reason} in line or cue {line}")
        self.reason = reason
        self.line = line


class MarkRefused(Refused):
    """The mark gives no usable scale, or no photograph of the sheet has a mark."""

    code = "mark-refused"


class SheetTooLarge(Refused):
    """The comparison sheet exceeds the limit on its pixels or on the length of a side."""

    code = "sheet-too-large"


class _OnePhotograph(Refused):
    """Caused by one photograph. `evidence`: its id, where it is known."""

    evidence: str | None = None


class PhotographOutside(_OnePhotograph):
    """The crop, or an end of the mark, is outside the photograph."""

    code = "photograph-outside"


class PhotographUnread(_OnePhotograph):
    """The photograph has an unsupported format, or cannot be decoded within the limits."""

    code = "photograph-unread"


class NoCopyFits(Refused):
    """No copy of that kind can be made of a received file of this format and size."""

    code = "no-copy-fits"


class AlreadyTold(Refused):
    """The case has interviews with testimony, and no reason for another one is given."""

    code = "already-told"


class ConsentMissing(Refused):
    """The consent on which the grant would be based is missing, refused or withdrawn."""

    code = "consent-missing"


class ExtentUnclear(Refused):
    """The grant names all recordings and single items at once, or neither."""

    code = "extent-unclear"


class ChallengeOver(Refused):
    """No authenticator challenge exists for this browser, or it has expired."""

    code = "challenge-over"


class WeakPassword(Refused):
    """The password has the wrong length, or too few different characters."""

    code = "password-weak"


class WrongCode(Refused):
    """The authenticator app's code is not valid at this moment."""

    code = "code-wrong"


class Slowed(CaseworkError):
    """`wait`: time until the next attempt is checked."""

    code = "sign-in-slowed"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"the next attempt has to wait {wait.total_seconds():.0f} s")
        self.wait = wait


class WrongState(CaseworkError):
    """The request is valid, but not in the present state of the object."""

    code = "wrong-state"


class ConsentLacking(WrongState):
    """Consent to recording is missing, and no decision to record without it was made."""

    code = "consent-lacking"


class NobodyChosen(Refused):
    """A case is to be shared, but no colleague is chosen."""

    code = "nobody-chosen"


class NothingAnswered(Refused):
    """A sheet of consent without an answer."""

    code = "nothing-answered"


class GroundMissing(Refused):
    """Consent by a guardian whose legal ground is not given."""

    code = "ground-missing"


class GuardianUnexpected(Refused):
    """A guardian, or their legal ground, with an answer that the person gave alone."""

    code = "guardian-unexpected"


class LimitsMissing(Refused):
    """Consent with limits that are not written down."""

    code = "limits-missing"


class GrantNotAccepted(WrongState):
    """`grant`: its id, so that a page can lead there."""

    code = "grant-not-accepted"

    def __init__(self, grant: str) -> None:
        super().__init__(f"grant {grant} was not accepted yet")
        self.grant = grant


class StillKept(WrongState):
    """A legal hold, a retention rule, the item's own state or the store prevents its destruction."""

    code = "kept"


class Disposed(WrongState):
    """The destruction of the item, or of the case's details, was authorised: it cannot be opened any more."""

    code = "disposed"


class RoomTaken(WrongState):
    """Another interview is planned or held in this room at that time."""

    code = "room-taken"


class CaseVoided(WrongState):
    """The case was voided because it had been opened in error: nothing is added to it."""

    code = "case-voided"


class InUse(WrongState):
    """A case or an interview that holds something cannot be voided as opened in error."""

    code = "in-use"


class AppointmentOver(WrongState):
    """The appointment was changed or cancelled, or its interview was opened."""

    code = "appointment-over"


class MovedOn(WrongState):
    """The person's role or the evidence chain has changed since the act was prepared; sign it again."""

    code = "moved-on"


class NotOpened(WrongState):
    """The reviewer of a working copy has not opened it."""

    code = "not-opened"


class ListMovedOn(WrongState):
    """The edit list has a newer version than the one that the page read."""

    code = "list-moved-on"


class NotesMovedOn(WrongState):
    """The notes of the guided set have a newer version than the one that the page read."""

    code = "notes-moved-on"


class ExaminationMovedOn(WrongState):
    """The draft of a record has another version than the one that the page read."""

    code = "examination-moved-on"


class DraftThere(WrongState):
    """A draft of a transcript in this language already exists."""

    code = "draft-there"


class DraftBeingKept(WrongState):
    """A version of the draft is being sealed, and the draft cannot be changed meanwhile."""

    code = "draft-being-kept"


class DraftMovedOn(WrongState):
    """The draft has another version than the one that the page read, or is not being sealed any more."""

    code = "draft-moved-on"


class SetClosed(WrongState):
    """The guided set is closed: it accepts no further notes, and no further photograph begins in it."""

    code = "set-closed"


class UnseenAlarm(WrongState):
    """An alarm about the ledger is not acknowledged yet; until it is, nothing is exported."""

    code = "unseen-alarm"


class SpecimenElsewhere(WrongState):
    """The person does not have the specimen, or a handover of it waits for its receipt."""

    code = "specimen-elsewhere"


class SpecimenMovedOn(WrongState):
    """The act contradicts what was stated about the specimen meanwhile, or another act is being stated."""

    code = "specimen-moved-on"


class SealKnown(WrongState):
    """The case has a specimen of this kind with this seal already."""

    code = "seal-known"


class ClockBehind(WrongState):
    """The clock is behind the newest statement about the specimen, which no later one may contradict."""

    code = "clock-behind"


class NotTaken(Refused):
    """`code` says why: `not-a-picture`, `not-a-document`, `file-too-large`, `too-many-uploads`,
    `digest-differs`, `not-agreed`, `intimate-document`, `consent-refused`, `intimate-refused`,
    `examination-refused`, `specimens-refused`, `specimens-not-agreed`,
    `sealed-as-other`, `sealed-not-intimate`, `begun-otherwise`, `intimate-injury`, `request-full`,
    `examination-incomplete`, `another-record`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cancelled(CaseworkError):
    """The film, sheet or face search that is being made was cancelled."""

    code = "cancelled"


class VaultLocked(CaseworkError):
    """The vault key is locked: recording continues, and opening evidence has to wait."""

    code = "vault-locked"


class NothingReadable(CaseworkError):
    """No copy has the bytes that the ledger names, or the key to them is missing or unreachable."""

    code = "nothing-readable"


class StillElsewhere(NothingReadable):
    """The item cannot be read here: another machine of the center has it in its spool."""

    code = "still-elsewhere"


class DatabaseAway(CaseworkError):
    """The working database does not answer now; a write in progress may be committed or not."""

    code = "database-away"


class DatabaseUnfit(CaseworkError):
    """The working database must not be used: its version or settings are unsafe, or its file is damaged."""

    code = "database-unfit"


class RecordingError(CaseworkError):
    """Base of the errors of a recorder child about one part."""

    code = "recording"


class SpoolBehind(RecordingError):
    """More bytes wait for the disk than the limit allows; the new record is not accepted."""

    code = "spool-behind"


class RecordingFailed(RecordingError):
    """`reason` is a code: `disk-full`, `write-failed`."""

    code = "recording-failed"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LedgerAway(RecordingError):
    """The ledger cannot be reached, or does not accept statements now; they wait in `pending/`."""

    code = "ledger-away"


class NeverStarted(RecordingError):
    """The part has nothing to seal: no statement in the ledger, or no usable spool, or it was practice."""

    code = "never-started"


class SandboxMissing(CaseworkError):
    """No sandbox could be set up, and so nothing was decoded. The message says why, for the administrator."""

    code = "sandbox-missing"
