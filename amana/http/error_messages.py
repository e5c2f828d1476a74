"""Error messages by code: what happened, what it means for the testimony, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amana.languages import marked as _


@dataclass(frozen=True)
class ErrorMessage:
    """Three sentences, and the HTTP status of the response that carries them."""

    what: str
    meaning: str
    todo: str
    status: int = 503


_NOTHING_CHANGED = _("Nothing was changed, and no recording is affected.")
_RECORDINGS_SAFE = _("What has been recorded is safe on this machine.")

ERROR_MESSAGES: Mapping[str, ErrorMessage] = {
    "not-signed-in": ErrorMessage(
        _("You are not signed in, or your session has ended."),
        _NOTHING_CHANGED,
        _("Sign in with your passkey, or ask the administrator for a one-time link."),
        401,
    ),
    "link-not-valid": ErrorMessage(
        _("This sign-in link is not valid: it was used before, is too old, or is incomplete."),
        _NOTHING_CHANGED,
        _("Ask the administrator for a new link. On the machine itself: amana link."),
        403,
    ),
    "passkey-not-taken": ErrorMessage(
        _("This passkey does not open this center: it is not known here, or it was revoked."),
        _NOTHING_CHANGED,
        _("Try another passkey, or ask the administrator for a one-time link."),
        403,
    ),
    "passkey-behind": ErrorMessage(
        _("This passkey has counted fewer uses than this center has seen of it. There may be a copy of it."),
        _("Nobody was signed in, and no recording is affected."),
        _("Use another passkey, and tell the administrator: this one has to be revoked."),
        403,
    ),
    "passkey-not-made": ErrorMessage(
        _("The passkey that the browser made could not be taken."),
        _("Nothing was changed: it does not open this center. No recording is affected."),
        _("Remove it from the device's list of passkeys, and try again; or use another device."),
        422,
    ),
    "passkey-needed": ErrorMessage(
        _("You have a passkey already, and another one is made only by whoever is signed in with it."),
        _NOTHING_CHANGED,
        _("Sign out, sign in with your passkey, and come back. If it is lost, ask the administrator."),
        403,
    ),
    "code-not-valid": ErrorMessage(
        _("This recovery code is not valid: it was used before, newer ones were made, or it was mistyped."),
        _("Nobody was signed in, and no recording is affected."),
        _("Try another one of the ten. If none is left, ask the administrator for a one-time link."),
        403,
    ),
    "recovery-only": ErrorMessage(
        _("You are signed in with a recovery code, which is only good for setting up a new way in."),
        _NOTHING_CHANGED,
        _("Make a new passkey or password, and sign in with that."),
        403,
    ),
    "room-link-not-valid": ErrorMessage(
        _("This link for a room is not valid: it was used before, is older than 72 hours, or was revoked."),
        _NOTHING_CHANGED,
        _("Ask the administrator for a new link for this room, and open it in this browser."),
        403,
    ),
    "no-room-device": ErrorMessage(
        _("This machine does not belong to a room, or not any more."),
        _("Nothing is recorded from here. What was recorded is not affected."),
        _("Ask the administrator for a link for this room, and open it in this browser."),
        401,
    ),
    "link-needed": ErrorMessage(
        _("Who is signed in with a password makes no passkey and sets no other password."),
        _NOTHING_CHANGED,
        _("Ask the administrator for a one-time link, and open it on the device in question."),
        403,
    ),
    "password-not-taken": ErrorMessage(
        _("Number, password and code do not belong together, or the code was used before."),
        _("Nobody was signed in, and no recording is affected."),
        _("Wait for the next code of the app, and type all three again."),
        403,
    ),
    "sign-in-slowed": ErrorMessage(
        _("There were several failed attempts with this number or from this network."),
        _("Nobody was signed in. A passkey or a one-time link opens meanwhile; no recording is affected."),
        _("Wait until the time is over, then try again."),
        429,
    ),
    "password-weak": ErrorMessage(
        _("This password is too short, or made of the same few characters."),
        _NOTHING_CHANGED,
        _("Take several words that nobody else would put together."),
        422,
    ),
    "code-wrong": ErrorMessage(
        _("The code is not the one that the app shows now."),
        _NOTHING_CHANGED,
        _("Type the password again, with the app's next code. If it goes on, set the phone's clock right."),
        422,
    ),
    "challenge-over": ErrorMessage(
        _("This took longer than three minutes, or was begun in another browser."),
        _NOTHING_CHANGED,
        _("Press the button again."),
        409,
    ),
    "no-passkeys-here": ErrorMessage(
        _("Passkeys cannot be used at this address."),
        _NOTHING_CHANGED,
        _("The sign-in page says at which address they can."),
        409,
    ),
    "too-many-attempts": ErrorMessage(
        _("There were too many attempts to sign in from this machine."),
        _NOTHING_CHANGED,
        _("Wait a minute, then open the link again."),
        429,
    ),
    "not-a-reader": ErrorMessage(
        _("The ledger is read with a reader's token. There was none, or it is not valid any more."),
        _NOTHING_CHANGED,
        _("Ask the center for a token: amana readers add."),
        401,
    ),
    "entries-withheld": ErrorMessage(
        _("This reader's token opens checkpoints and hashes, not entries."),
        _NOTHING_CHANGED,
        _("Ask the center, if you are to read entries."),
        403,
    ),
    "forbidden": ErrorMessage(
        _("Your role does not allow this, or the case was not given to you."),
        _NOTHING_CHANGED,
        _("Ask the prosecutor of the case, or the administrator."),
        403,
    ),
    "other-person": ErrorMessage(
        _("Somebody else is signed in in this browser now than when this page was opened."),
        _("Nothing was added in their name. What was sealed before is safe."),
        _("Whoever opened the page signs in again."),
        403,
    ),
    "has-left": ErrorMessage(
        _("This person has left: from that moment on they may do nothing here."),
        _NOTHING_CHANGED,
        _("If that is a mistake, the administrator adds the person again."),
        403,
    ),
    "not-granted": ErrorMessage(
        _("This was not granted to you: not this recording, not this part of it, or not for this purpose."),
        _("Nothing was opened. What was granted to you stands on your home page."),
        _("Ask the prosecutor of the case for a grant that names it."),
        403,
    ),
    "grant-not-begun": ErrorMessage(
        _("What was granted to you has not begun yet."),
        _("Nothing was opened. Your home page says from when on it can be."),
        _("Come back then, or ask the prosecutor of the case."),
        403,
    ),
    "grant-ended": ErrorMessage(
        _("What was granted to you has ended: its time is over."),
        _("Nothing was opened. What you opened before stays on the record."),
        _("If you still need it, ask the prosecutor of the case for a new grant."),
        403,
    ),
    "grant-withdrawn": ErrorMessage(
        _("What was granted to you was withdrawn."),
        _("Nothing is opened any more, also on pages that were open. What you opened stays on the record."),
        _("Ask the prosecutor of the case why, and whether something else can be granted."),
        403,
    ),
    "passage-excluded": ErrorMessage(
        _("A court has decided that this passage, or all of this recording, is not to be used."),
        _("It was left out by that order. It is not missing: the recording is kept whole and unchanged."),
        _("Go on with the rest. Only another order can restore it; ask the prosecutor of the case."),
        403,
    ),
    "excluded-within": ErrorMessage(
        _("What you order would hold a passage that a court has decided is not to be used."),
        _("Nothing was made of it, and nothing has left the house. The recording is kept whole."),
        _("Order an excerpt before or after it. The prosecutor of the case can order a package with it."),
        409,
    ),
    "transcript-refused": ErrorMessage(
        _("This is not a transcript yet."),
        _("Nothing was kept as a version. What was written is saved as it stands."),
        _("Look at the cue that is marked: its times, its words or who speaks need to be put right."),
        422,
    ),
    "draft-there": ErrorMessage(
        _("A transcript in this language is being written already."),
        _("The file that you brought was not taken over, so that nothing of that is lost."),
        _("Go on with the one that is there; or do without it, and bring the file then."),
        409,
    ),
    "draft-being-kept": ErrorMessage(
        _("A version of this transcript is being kept just now."),
        _("Nothing was changed or lost. While it is sealed nobody writes in it."),
        _("Look again in a few minutes. If it stays so, tell the administrator: a machine may be away."),
        409,
    ),
    "draft-moved-on": ErrorMessage(
        _("Somebody else has saved this transcript since you read it."),
        _("Nothing was overwritten. What you typed still stands on your page."),
        _("Choose on the page whether to take theirs, or to save yours over it."),
        409,
    ),
    "consent-gone": ErrorMessage(
        _("The person who told it does not agree, or no longer agrees, to its being shared with you."),
        _("Nothing is opened on that ground any more. Copies handed out before are not undone by it."),
        _("Do not ask the person. If a court orders it, the prosecutor can grant it on that ground."),
        403,
    ),
    "copy-not-authorised": ErrorMessage(
        _("A copy was granted to you, but nobody has authorised it yet."),
        _("No package was made. You may view what was granted."),
        _("Ask the prosecutor of the case to authorise the copy."),
        403,
    ),
    "grant-not-accepted": ErrorMessage(
        _("Before the first opening you have to read and undertake what this grant asks of you."),
        _("Nothing was opened."),
        _("Open the grant on your home page, read it, and confirm."),
        409,
    ),
    "already-told": ErrorMessage(
        _("There is testimony in this case already, and nobody has written why the person is asked again."),
        _("No interview was opened. Nobody should have to tell it twice."),
        _("Look at what is there. If it has to be, go back and write the reason."),
        422,
    ),
    "extent-unclear": ErrorMessage(
        _("It is not clear what to grant: all recordings and also single items or times, or none of these."),
        _("Nothing was granted, and nothing was shown to anybody."),
        _("Choose either all recordings, or only those that are ticked, and send it again."),
        422,
    ),
    "consent-missing": ErrorMessage(
        _("This is to rest on the person's consent, and no such consent is recorded."),
        _("Nothing was granted, and nothing was shown to anybody."),
        _("Ask the person, and record the answer on the page Consent; or name the court's order."),
        422,
    ),
    "missing": ErrorMessage(
        _("There is nothing at this address."),
        _NOTHING_CHANGED,
        _("Go back to the page you came from, or begin at the home page."),
        404,
    ),
    "refused": ErrorMessage(
        _("Something in the form is missing or not possible."),
        _NOTHING_CHANGED,
        _("Go back, look through what you entered, and send it again."),
        422,
    ),
    "wrong-state": ErrorMessage(
        _("This is not possible at this moment of the interview."),
        _NOTHING_CHANGED,
        _("Reload the page: it shows how the interview stands now."),
        409,
    ),
    "disposed": ErrorMessage(
        _("This was disposed of: two people agreed to its destruction."),
        _("Nothing opens it any more. The proofs that it was recorded and what was done with it stay valid."),
        _("The case's page Keeping and destroying says who agreed, when and why."),
        410,
    ),
    "kept": ErrorMessage(
        _("This may not be destroyed now: a legal hold is over the case, or a rule still keeps it."),
        _NOTHING_CHANGED,
        _("The case's page Keeping and destroying says what keeps it and until when."),
        409,
    ),
    "own-request": ErrorMessage(
        _("Nobody decides about their own request: a second person has to."),
        _NOTHING_CHANGED,
        _("Ask a colleague to whom the case is given."),
        403,
    ),
    "passkey-missing": ErrorMessage(
        _("You have no passkey, and this act is taken only with its person's own signature."),
        _NOTHING_CHANGED,
        _("Make a passkey first, then send it again. Where you cannot make one, ask the administrator."),
        403,
    ),
    "passkey-elsewhere": ErrorMessage(
        _("Your passkeys were made at another address of this center, and work only there."),
        _NOTHING_CHANGED,
        _("Open the center there. If that address is gone, ask the administrator."),
        403,
    ),
    "signature-wanted": ErrorMessage(
        _("This act is signed with your passkey, and this browser did not ask you for it."),
        _NOTHING_CHANGED,
        _("Allow scripts for this page, reload it, and send it again."),
        409,
    ),
    "signature-refused": ErrorMessage(
        _("This is no valid signature by you over what was to be signed."),
        _NOTHING_CHANGED,
        _("Send it again, and sign with a passkey of your own. If it happens again, tell the administrator."),
        403,
    ),
    "signing-over": ErrorMessage(
        _("What you signed was prepared too long ago, in another session, or was answered already."),
        _("Whether the last step arrived is not certain. It is entered once at most."),
        _("Reload the page to see how things stand, and send it again if it is not there."),
        404,
    ),
    "moved-on": ErrorMessage(
        _("While you were signing, something else was entered about the same, so your signature came late."),
        _("Nothing of yours was entered. What you filled in is still there."),
        _("Look at how things stand, and sign once more."),
        409,
    ),
    "rules-unreadable": ErrorMessage(
        _("The rules of this center cannot be read."),
        _("Until somebody has put them right, nothing is destroyed."),
        _("Tell the administrator: amana retention rules, at the terminal, says what is wrong with them."),
        409,
    ),
    "unseen-alarm": ErrorMessage(
        _("There is an alarm: somebody contradicts the ledger, and nobody has said to have seen it."),
        _("No package was made. Recordings and what was handed out before are not affected."),
        _("Tell the administrator: the page State of the system shows the alarm and what to do."),
        409,
    ),
    "vault-locked": ErrorMessage(
        _("The vault is locked: nobody has entered its passphrase since the service was started."),
        _("Recording goes on as usual. Recordings and notes cannot be opened until it is unlocked."),
        _("Unlock the vault on the health page, or ask somebody who may."),
        423,
    ),
    "wrong-passphrase": ErrorMessage(
        _("What was typed (passphrase, PIN or token) does not open the vault."),
        _("Recording goes on as usual. Recordings and notes stay closed."),
        _("Try again, carefully; each wrong attempt makes the next one wait longer."),
        403,
    ),
    "slowed": ErrorMessage(
        _("There were several wrong passphrases, so the next attempt has to wait."),
        _("Recording goes on as usual. Recordings and notes stay closed."),
        _("Wait a minute, then try again."),
        429,
    ),
    "nothing-readable": ErrorMessage(
        _("Neither copy of this recording could be read as it was sealed."),
        _("The proof of what was recorded is intact; the bytes that are stored now do not match it."),
        _("Tell the administrator at once. Leave both copies exactly as they are."),
    ),
    "still-elsewhere": ErrorMessage(
        _("This recording is on the disk of another machine, and its copies do not have all of it yet."),
        _("It is safe there. It can be opened here as soon as that machine has carried it into the copies."),
        _("Wait a few minutes. If that machine does not work, tell the administrator."),
    ),
    "recorder-gone": ErrorMessage(
        _("The recorder of this interview does not answer."),
        _("What it recorded until now is safe on this machine and is sealed as an interrupted part."),
        _("Go to the console: it connects again by itself and says when recording can go on."),
    ),
    "machine-elsewhere": ErrorMessage(
        _("This interview is recorded on another machine of the center, which this one cannot reach."),
        _("Recording is not affected."),
        _("Open it at that machine's own address, and tell the administrator to set AMANA_NODE_ADDRESS."),
        421,
    ),
    "machine-away": ErrorMessage(
        _("The machine that records this interview does not answer."),
        _("What it recorded is on its own disk, and is sealed when it works again."),
        _("Try again in half a minute: the interview then goes on, on another machine, in a new part."),
    ),
    "keyholder-away": ErrorMessage(
        _("The process that holds the keys does not answer."),
        _RECORDINGS_SAFE,
        _("Wait a few seconds and try again. If it stays so, tell the administrator."),
    ),
    "protection-away": ErrorMessage(
        _("What protects the keys (a token, or a server for keys) does not answer."),
        _RECORDINGS_SAFE,
        _("It is tried again by itself. If it stays so, tell the administrator."),
    ),
    "protection-refused": ErrorMessage(
        _("What protects the keys (a token, or a server for keys) refuses to open them."),
        _RECORDINGS_SAFE,
        _("Tell the administrator: amana keys status, at the terminal, says why."),
    ),
    "ledger-diverged": ErrorMessage(
        _("The custody ledger on this machine is not the one that was signed before."),
        _("Statements up to the last signature can still be proved. Nothing new is signed on top of it."),
        _("Stop, and tell the administrator: an old copy of the data may have been put in its place."),
        500,
    ),
    "database-away": ErrorMessage(
        _("The working database does not answer at the moment."),
        _("Recordings go on; their statements wait. Whether this last step was done is not certain."),
        _("Wait a minute, then reload the page. If it stays so, tell the administrator."),
    ),
    "ledger-away": ErrorMessage(
        _("The custody ledger could not be written."),
        _("Recording goes on; its statements wait and are entered later. Nothing was opened or handed out."),
        _("Try again. If it stays so, tell the administrator: the disk may be full."),
    ),
    "altered": ErrorMessage(
        _("Something stored is not what was sealed."),
        _("It was not shown. What was proved before stays proved."),
        _("Tell the administrator at once. Leave everything exactly as it is."),
        500,
    ),
    "disk-full": ErrorMessage(
        _("The disk of this machine is full."),
        _("What was recorded before is safe, and can be sealed."),
        _("Free some space or tell the administrator, before recording goes on."),
        507,
    ),
    "store-away": ErrorMessage(
        _("A place where copies are kept does not answer."),
        _RECORDINGS_SAFE,
        _("You may go on. Tell the administrator."),
    ),
    "not-a-picture": ErrorMessage(
        _("This file is no picture that is taken here: its content is not JPEG, HEIC, PNG, DNG or TIFF."),
        _("Nothing of this file was kept. The photographs taken before it are safe."),
        _("Choose the picture itself. A form or a scan is added as a document."),
        415,
    ),
    "not-a-document": ErrorMessage(
        _("This file is no document that is taken here: its content is neither PDF nor a picture."),
        _("Nothing of this file was kept. What was added before it is safe."),
        _("Save it as PDF, or photograph it, and add that."),
        415,
    ),
    "file-too-large": ErrorMessage(
        _("This file is empty, or larger than 256 megabytes."),
        _("Nothing of this file was kept. What was added before it is safe."),
        _("Leave it on the camera's card, and tell the administrator."),
        413,
    ),
    "too-many-uploads": ErrorMessage(
        _("A thousand files were begun and are not finished."),
        _("What was sealed before is safe. Those that are unfinished wait where they are."),
        _("Let the unfinished ones go on, or give them up, and then add more."),
        429,
    ),
    "needs-second": ErrorMessage(
        _("This picture is intimate: it is opened by nobody without a second person's agreement."),
        _("It was not shown, and it is safe."),
        _("Ask for it on the case's page Intimate pictures; a colleague agrees there."),
        403,
    ),
    "intimate-stays": ErrorMessage(
        _("An intimate picture leaves in no package."),
        _("Nothing left the house. The picture is safe, and can be opened here once a second person agrees."),
        _("Take it out of the order. If the court needs to see it, let the court see it here."),
        403,
    ),
    "consent-refused": ErrorMessage(
        _("She has refused photographs, or taken her consent to them back."),
        _("Nothing of this file was kept. What was sealed before stays as it is."),
        _("Put the camera away. If she changes her mind, record it on the page Consent first."),
        422,
    ),
    "set-closed": ErrorMessage(
        _("This set was closed, perhaps on another machine."),
        _("Nothing was added to it. What was sealed before is safe."),
        _("Reload the page. Begin a set that follows this one, and add it there."),
        409,
    ),
    "notes-moved-on": ErrorMessage(
        _("The notes of this set were changed meanwhile, on another device or in another tab."),
        _("What you noted since stands on this page alone, and is not kept. What was noted there is kept."),
        _("Keep this page open. Open the set in another tab, and enter there what is missing."),
        409,
    ),
    "not-opened": ErrorMessage(
        _("You have not opened this copy yet, so you cannot say whether it is as it should be."),
        _("Nothing was entered. The copy is as it was."),
        _("Open it above, look at all of it, and state it then."),
        409,
    ),
    "list-moved-on": ErrorMessage(
        _("This edit list was changed meanwhile, by somebody else or in another tab."),
        _("What you changed since stands on this page alone, not kept. What was changed there is kept."),
        _("Keep this page open. Open the list in another tab, and enter there what is missing."),
        409,
    ),
    "not-accepted": ErrorMessage(
        _("This copy is not accepted by a second person: none has said so yet, or one has refused it."),
        _("It was not given out now, and it is safe."),
        _("Somebody who did not work on it opens it, and says on its page whether it is as it should be."),
        409,
    ),
    "not-agreed": ErrorMessage(
        _("An intimate picture is taken only if she has agreed to it in particular."),
        _("Nothing of this file was kept. The photographs taken before it are safe."),
        _("Ask her. If she agrees, say so on the page, and add it again."),
        422,
    ),
    "intimate-document": ErrorMessage(
        _("Only photographs can be marked as intimate; documents cannot."),
        _("Nothing of this file was kept. What was added before it is safe."),
        _("Add a picture as a photograph. Without the mark, all who may see this case's photographs see it."),
        422,
    ),
    "sealed-not-intimate": ErrorMessage(
        _("This picture is sealed in this case already, and was not marked as intimate when it was added."),
        _("That cannot be changed: all who may see the case's photographs see it. Nothing was added now."),
        _("Tell the prosecutor. Once the sealed one is disposed of, it can be added again as intimate."),
        409,
    ),
    "sealed-as-other": ErrorMessage(
        _("This file is sealed in this case already, as a document or a photograph: not as it is added now."),
        _("It is safe where it is, and was not added a second time."),
        _("Look for it on the case's page of photographs and documents."),
        409,
    ),
    "intimate-injury": ErrorMessage(
        _("Pictures of this injury are intimate; this one was added without that mark, so all would see it."),
        _("It was not sealed. The pictures that were sealed before are safe."),
        _("Mark the injury as intimate, with her agreement, and choose the frame; the page still has it."),
        409,
    ),
    "begun-otherwise": ErrorMessage(
        _("This file arrived whole before, added otherwise: in another place, or not as intimate."),
        _("It is not lost. It will be sealed as it was added first; that cannot be changed any more."),
        _("Add it once more as you did first, so that it is sealed. If it is intimate, tell the prosecutor."),
        409,
    ),
    "digest-differs": ErrorMessage(
        _("What arrived is not the file that was announced: it was changed on the way, or on the card."),
        _("Nothing of this file was kept. The photographs taken before it are safe."),
        _("Add the file again. If this happens twice, look at the card and the cable."),
        422,
    ),
    "begin-anew": ErrorMessage(
        _("This file was begun in a session that has ended, and only that session could go on with it."),
        _("Nothing that was sealed is affected. What had arrived of this one file is let go after a week."),
        _("The page begins it anew by itself. If it does not, add the file again."),
        409,
    ),
    "out-of-order": ErrorMessage(
        _("A piece of the file is missing before this one."),
        _("What had arrived before is safe."),
        _("The page goes on by itself from where the file is. If it does not, add the file again."),
        409,
    ),
    "recording-failed": ErrorMessage(
        _("The disk of this machine cannot take more."),
        _("What was sealed before is safe."),
        _("Tell the administrator. Keep the pictures on the camera's card until then."),
        507,
    ),
    "no-film-program": ErrorMessage(
        _("This machine has no program that makes films: FFmpeg is not installed."),
        _("The recordings are whole. They can be played here, and leave in packages, as before."),
        _("Ask the administrator to install it (apt install ffmpeg). Nothing has to be started anew."),
        503,
    ),
    "no-face-detector": ErrorMessage(
        _("This machine has no program that finds faces: it does not exist for every machine."),
        _("The recordings and the list are whole. Nothing was proposed."),
        _("Watch the whole film, and cover by hand what must not be seen."),
        503,
    ),
    "film-failed": ErrorMessage(
        _("The program that makes films gave none."),
        _("Nothing of it was kept. The recording is as it was sealed, and can be played here."),
        _("Order it anew. If it fails again, tell the administrator: the log says what the program said."),
    ),
    "film-too-long": ErrorMessage(
        _("The film was not done within the time and the size that a film may take."),
        _("Nothing of it was kept. The recording is as it was sealed, and can be played here."),
        _("Order single parts or some minutes instead, or order it anew when less goes on."),
    ),
    "film-refused": ErrorMessage(
        _("Of what was ordered nothing can be shown: no picture was recorded in that time."),
        _("Nothing was made. The recording is not affected."),
        _("Order another time or another camera."),
    ),
    "film-wrong-state": ErrorMessage(
        _("A part that the film was to show is not sealed."),
        _("Nothing was made. The recording is not affected."),
        _("Order it anew once the part is sealed."),
    ),
    "film-forbidden": ErrorMessage(
        _("When its turn came, whoever had ordered the film was not allowed to have it made any more."),
        _("Nothing was opened for it, and nothing of it was kept."),
        _("The prosecutor of the case can order it."),
    ),
    "film-has-left": ErrorMessage(
        _("When its turn came, whoever had ordered the film was not allowed to have it made any more."),
        _("Nothing was opened for it, and nothing of it was kept."),
        _("The prosecutor of the case can order it."),
    ),
    "film-excluded-within": ErrorMessage(
        _("The film would have shown a passage that a court has decided is not to be used."),
        _("Nothing was made of it, and nothing has left the house. The recording is kept whole."),
        _("Order some minutes before or after that passage."),
    ),
    "film-disk-full": ErrorMessage(
        _("There was no room left on this machine for the film."),
        _("Nothing of it was kept: the room that is left belongs to recordings. These are safe."),
        _("Tell the administrator, and order it anew once there is room."),
    ),
    "film-recording-failed": ErrorMessage(
        _("There was no room left on this machine for the film."),
        _("Nothing of it was kept: the room that is left belongs to recordings. These are safe."),
        _("Tell the administrator, and order it anew once there is room."),
    ),
    "mark-refused": ErrorMessage(
        _("A mark on a ruler gives no scale that could be, or no photograph has one."),
        _("Nothing was made. The photographs are not affected."),
        _("Put both ends of the mark far apart onto lines of the ruler; its length is from 1 to 1000 mm."),
        422,
    ),
    "sheet-too-large": ErrorMessage(
        _("The sheet would have more points than one may have."),
        _("Nothing was made. The photographs are not affected."),
        _("Show a part of each photograph instead of all of it, or put fewer on one sheet."),
        422,
    ),
    "photograph-outside": ErrorMessage(
        _("What was to be shown of a photograph, or a mark on it, does not lie in the photograph."),
        _("Nothing of the sheet was kept. The photographs are as they were sealed."),
        _("Mark the photographs anew and order the sheet again."),
        422,
    ),
    "photograph-unread": ErrorMessage(
        _("A photograph could not be read within the limits for that."),
        _("Nothing of the sheet was kept. The photograph is as it was sealed, and can be saved."),
        _("Make the sheet without it."),
        422,
    ),
    "sheet-failed": ErrorMessage(
        _("The sheet could not be made."),
        _("Nothing of it was kept. The photographs are as they were sealed."),
        _("Order it anew. If it fails again, tell the administrator: the log says why."),
    ),
    "sheet-forbidden": ErrorMessage(
        _("When its turn came, whoever had ordered the sheet was not allowed to have it made any more."),
        _("Nothing was opened for it, and nothing of it was kept."),
        _("Whoever may open each of the photographs can order it."),
    ),
    "sheet-lost-with-its-machine": ErrorMessage(
        _("The machine that was to make the sheet is gone, and with it the order."),
        _("Nothing of the sheet was kept. The photographs are safe."),
        _("Order it anew."),
    ),
    "sheet-disk-full": ErrorMessage(
        _("There was no room left on this machine for the sheet."),
        _("Nothing of it was kept: the room that is left belongs to recordings. These are safe."),
        _("Tell the administrator, and order it anew once there is room."),
    ),
    "lost-with-its-machine": ErrorMessage(
        _("The machine that was to make the film is gone, and with it the order."),
        _("Nothing of the film was kept. The recording is safe."),
        _("Order it anew."),
    ),
    "unknown-host": ErrorMessage(
        _("This center is not known under that address."),
        _NOTHING_CHANGED,
        _("Use the address that the administrator gave you."),
        421,
    ),
    "foreign-origin": ErrorMessage(
        _("The request did not come from a page of this center."),
        _NOTHING_CHANGED,
        _("Open the page here, and send it from there."),
        403,
    ),
    "body-too-large": ErrorMessage(
        _("What was sent is larger than this address takes."),
        _NOTHING_CHANGED,
        _("Send less at a time."),
        413,
    ),
    "body-too-slow": ErrorMessage(
        _("What was sent did not arrive in time."),
        _NOTHING_CHANGED,
        _("Look at the connection, and try again."),
        408,
    ),
    "malformed": ErrorMessage(
        _("The request was not understood."),
        _NOTHING_CHANGED,
        _("Reload the page, and try again."),
        422,
    ),
    "method": ErrorMessage(
        _("This address does not do that."),
        _NOTHING_CHANGED,
        _("Go back to the page you came from."),
        405,
    ),
    "internal": ErrorMessage(
        _("Something failed inside Amana that should not."),
        _("What has been recorded is safe on this machine. Whether this last step was done is not certain."),
        _("Reload the page to see how things stand. If it happens again, tell the administrator."),
        500,
    ),
}


def message_of(*codes: str | None) -> ErrorMessage:
    """Return the message of the first code that has one; for pages about an earlier error."""
    return next(
        (ERROR_MESSAGES[code] for code in codes if code and code in ERROR_MESSAGES),
        ERROR_MESSAGES["internal"],
    )
