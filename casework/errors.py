"""Everything casework raises on purpose.

CaseworkError
├── Forbidden            the person's role does not allow the act, or the case was not given to them
│   ├── OwnRequest       nobody decides about their own request
│   ├── PasskeyMissing   a grave act of somebody who has no passkey, where those are not taken unsigned
│   ├── PasskeyElsewhere their passkeys are for another address of this center than the page's
│   ├── SignatureRefused what the browser answered is no signature by this person over this act
│   ├── OtherPerson      the page that sends this was opened by somebody else than is signed in now
│   ├── NeedsSecond      an intimate picture, and nobody else has agreed that this person opens it
│   ├── PasskeyNeeded    who has passkeys makes another one only when signed in with one of them
│   ├── LinkNeeded       in a session that a password began, no passkey is made and no password set
│   ├── HasLeft          the person has left
│   ├── PassageExcluded  a court has excluded it from being used
│   └── NotGranted       no grant of this person reaches it
│       ├── GrantNotBegun, GrantEnded, GrantWithdrawn    the one that would reach it is not in force
│       ├── ConsentGone          it rests on consent, which was refused or withdrawn
│       └── CopyNotAuthorised    it is for a copy, which nobody has authorised yet
├── NotSignedIn          a sign-in link, passkey or session is unknown, used up, expired or ended
│   └── AuthenticatorBehind  the passkey's counter did not go on: there may be a copy of it
├── Missing              no such person, case, interview, evidence or viewing
│   └── SigningOver      nothing waits for this signature: unknown, expired, answered, or another session's
├── Refused              the request itself makes no sense (empty name, unknown purpose, …)
│   ├── NotTaken         a file that is not of a format that is taken, too large, or not what was announced
│   ├── ExcludedWithin   a package that would contain what a court has excluded
│   ├── NotAccepted      a redacted film or transcript that no second person has accepted
│   ├── TranscriptRefused  text that is no transcript, and in which line or cue that shows
│   ├── MarkRefused      a mark on a photograph's ruler that gives no sensible scale
│   ├── SheetTooLarge    a comparison sheet of more points than one may have
│   ├── PhotographOutside  what is to be shown of a photograph, or a mark, does not lie in it
│   ├── PhotographUnread   a photograph that cannot be decoded within the limits for that
│   ├── AlreadyTold      there is testimony in the case, and nobody has said why she is asked again
│   ├── ConsentMissing   what is asked for rests on consent that is not there
│   ├── ExtentUnclear    a grant of all recordings and of single items at once, or of neither
│   ├── ChallengeOver    no authenticator was asked in this browser, or too long ago
│   ├── WeakPassword     too short, or of the same few characters
│   └── WrongCode        the app's code is not one of this moment
├── Slowed               after several failed attempts the next one has to wait
├── WrongState           right request, wrong moment (recording into a sealed interview, …)
│   ├── StillKept        a hold, a rule or its own state keeps it from being destroyed
│   ├── GrantNotAccepted the receiver of a grant has not undertaken yet what it asks for
│   ├── Disposed         the item is destroyed, or two people have agreed that it is to be
│   ├── SetClosed        nothing is added to a guided set that was closed
│   ├── NotOpened        who says whether a copy is as it should be has not opened it
│   ├── ListMovedOn      an edit list was changed from another page since this one read it
│   ├── NotesMovedOn     a set's notes were kept from another page since this one read them
│   ├── DraftThere       a transcript in this language is being written already
│   ├── DraftBeingKept   a version of a transcript's draft is being kept: it is not changed meanwhile
│   ├── DraftMovedOn     a transcript's draft was saved from another page since this one read it
│   ├── MovedOn          something else was stated about the same while the person signed: sign anew
│   └── UnseenAlarm      somebody contradicts the ledger, and nobody has said to have seen that: no exports
├── Cancelled            somebody does not want it any more: a film, a sheet, faces
├── VaultLocked          nobody has unlocked the vault key yet: recording goes on, viewing must wait
├── NothingReadable      no copy of a sealed message has the digest the index names
│   └── StillElsewhere   … but another machine of the center has it in its spool
├── DatabaseAway         the working database does not answer now; what was being written may be kept or not
├── DatabaseUnfit        it answers, and must not be used as it is set up
└── RecordingError       in the recorder child, about one part
    ├── SpoolBehind      more waits to be written than the bound allows; nothing of it was dropped silently
    ├── RecordingFailed  this part can take nothing more; everything before `safe_until` is safe, seal it
    ├── LedgerAway       the ledger cannot be reached; statements wait in `pending/`
    └── NeverStarted     the part has no `recording.started` in the ledger, so nothing was recorded

Errors of the floor below that a caller can act on (`chain_of_custody.errors.ChainConflict`) pass through.
Messages carry ids and codes, never names.
"""

from __future__ import annotations

from datetime import timedelta


class CaseworkError(Exception):
    """Base of all errors of this package."""

    code = "casework"
    """A stable word for programs and for translated messages."""


class Forbidden(CaseworkError):
    code = "forbidden"


class OwnRequest(Forbidden):
    code = "own-request"


class PasskeyMissing(Forbidden):
    code = "passkey-missing"


class PasskeyElsewhere(Forbidden):
    code = "passkey-elsewhere"


class SignatureRefused(Forbidden):
    code = "signature-refused"


class HasLeft(Forbidden):
    code = "has-left"


class NotGranted(Forbidden):
    code = "not-granted"


class GrantNotBegun(NotGranted):
    code = "grant-not-begun"


class GrantEnded(NotGranted):
    code = "grant-ended"


class GrantWithdrawn(NotGranted):
    code = "grant-withdrawn"


class ConsentGone(NotGranted):
    code = "consent-gone"


class CopyNotAuthorised(NotGranted):
    code = "copy-not-authorised"


class PassageExcluded(Forbidden):
    code = "passage-excluded"


class PasskeyNeeded(Forbidden):
    code = "passkey-needed"


class OtherPerson(Forbidden):
    code = "other-person"


class NeedsSecond(Forbidden):
    code = "needs-second"


class IntimateStays(Forbidden):
    code = "intimate-stays"


class LinkNeeded(Forbidden):
    code = "link-needed"


class NotSignedIn(CaseworkError):
    code = "not-signed-in"


class AuthenticatorBehind(NotSignedIn):
    code = "passkey-behind"


class Missing(CaseworkError):
    code = "missing"


class SigningOver(Missing):
    code = "signing-over"


class Refused(CaseworkError):
    code = "refused"


class ExcludedWithin(Refused):
    code = "excluded-within"


class NotAccepted(Refused):
    code = "not-accepted"


class TranscriptRefused(Refused):
    """`reason`: a code (`webvtt`, `bringing`); `line`: of the file, or of the cue, from 1; 0 for all of
    it."""

    code = "transcript-refused"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"no transcript: {reason} in line or cue {line}")
        self.reason = reason
        self.line = line


class MarkRefused(Refused):
    code = "mark-refused"


class SheetTooLarge(Refused):
    code = "sheet-too-large"


class _OnePhotograph(Refused):
    """Because of one photograph. `evidence`: its id, where it is known which."""

    evidence: str | None = None


class PhotographOutside(_OnePhotograph):
    code = "photograph-outside"


class PhotographUnread(_OnePhotograph):
    code = "photograph-unread"


class AlreadyTold(Refused):
    code = "already-told"


class ConsentMissing(Refused):
    code = "consent-missing"


class ExtentUnclear(Refused):
    code = "extent-unclear"


class ChallengeOver(Refused):
    code = "challenge-over"


class WeakPassword(Refused):
    code = "password-weak"


class WrongCode(Refused):
    code = "code-wrong"


class Slowed(CaseworkError):
    """`wait`: until the next attempt is looked at."""

    code = "sign-in-slowed"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"the next attempt has to wait {wait.total_seconds():.0f} s")
        self.wait = wait


class WrongState(CaseworkError):
    code = "wrong-state"


class GrantNotAccepted(WrongState):
    """`grant`: its id, so that a page can lead there."""

    code = "grant-not-accepted"

    def __init__(self, grant: str) -> None:
        super().__init__(f"grant {grant} was not accepted yet")
        self.grant = grant


class StillKept(WrongState):
    code = "kept"


class Disposed(WrongState):
    code = "disposed"


class MovedOn(WrongState):
    code = "moved-on"


class NotOpened(WrongState):
    code = "not-opened"


class ListMovedOn(WrongState):
    code = "list-moved-on"


class NotesMovedOn(WrongState):
    code = "notes-moved-on"


class DraftThere(WrongState):
    code = "draft-there"


class DraftBeingKept(WrongState):
    code = "draft-being-kept"


class DraftMovedOn(WrongState):
    code = "draft-moved-on"


class SetClosed(WrongState):
    code = "set-closed"


class UnseenAlarm(WrongState):
    code = "unseen-alarm"


class NotTaken(Refused):
    """`code` says why: `not-a-picture`, `not-a-document`, `file-too-large`, `too-many-uploads`,
    `digest-differs`, `not-agreed`, `intimate-document`, `consent-refused`, `sealed-as-other`,
    `sealed-not-intimate`, `begun-otherwise`, `intimate-injury`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cancelled(CaseworkError):
    code = "cancelled"


class VaultLocked(CaseworkError):
    code = "vault-locked"


class NothingReadable(CaseworkError):
    code = "nothing-readable"


class StillElsewhere(NothingReadable):
    code = "still-elsewhere"


class DatabaseAway(CaseworkError):
    code = "database-away"


class DatabaseUnfit(CaseworkError):
    code = "database-unfit"


class RecordingError(CaseworkError):
    code = "recording"


class SpoolBehind(RecordingError):
    code = "spool-behind"


class RecordingFailed(RecordingError):
    """`reason` is a code: `disk-full`, `write-failed`."""

    code = "recording-failed"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LedgerAway(RecordingError):
    code = "ledger-away"


class NeverStarted(RecordingError):
    code = "never-started"
