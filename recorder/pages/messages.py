"""The messages of the interview room to people, in one place: checks, losses, refusals.

Every sentence has a code, so that programs can act on it and pages can translate it; the English text is the
key into the catalogue ``pages/ar.po``. Curly braces name values filled in where the sentence is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _(message: str) -> str:
    """Mark a sentence for the catalogue; translation happens where the reader's language is known."""
    return message


@dataclass(frozen=True)
class Check:
    """The result of one check before recording."""

    says: str
    """What was found."""
    fix: str = ""
    """What to do about it; empty if nothing is to be done."""


@dataclass(frozen=True)
class Trouble:
    """A problem, described in three parts."""

    what: str
    """What happened."""
    meaning: str
    """What it means for the testimony."""
    todo: str
    """What to do next."""


NAMES: Mapping[str, str] = {
    "wide": _("The wide camera"),
    "close": _("The close camera"),
    "sound": _("The sound"),
    "first-copy": _("The first copy"),
    "second-copy": _("The second copy"),
}

CHECKS: Mapping[str, Check] = {
    "camera.fine": Check(_("{camera} is connected: {width} × {height}, {rate} pictures a second.")),
    "camera.missing": Check(
        _("{camera} is not connected."),
        _("Open the room page on the capture machine, choose the camera and allow its use."),
    ),
    "camera.still": Check(
        _("{camera} is connected but sends no pictures."),
        _("See whether another program uses the camera, or unplug it and plug it in again."),
    ),
    "camera.small": Check(
        _("{camera} sends {width} × {height} so far; the full picture is 1280 × 720."),
        _("Wait a few seconds: the picture grows after connecting. Else check cable and network."),
    ),
    "camera.slow": Check(
        _("{camera} sends {rate} pictures a second so far; 20 are needed."),
        _("Wait a few seconds. If it stays slow, add light to the room or close other programs."),
    ),
    "camera.settling": Check(
        _("{camera} is connected: {width} × {height}. The picture is settling."),
        _("Wait two seconds."),
    ),
    "sound.fine": Check(_("The microphone is heard: its level moves.")),
    "sound.missing": Check(
        _("No microphone is connected."),
        _("Choose a microphone on the room page; it travels with the wide camera."),
    ),
    "sound.silent": Check(
        _("The microphone is connected, but its level does not move."),
        _("Say a few words in the room. If nothing moves, check the microphone's switch and cable."),
    ),
    "disk.fine": Check(_("There is room for {hours} hours of recording.")),
    "disk.short": Check(
        _("There is room for {hours} hours of recording only."),
        _("Keep the interview shorter, or ask the administrator to free space first."),
    ),
    "disk.full": Check(
        _("There is no room to record."),
        _("Ask the administrator to free space on the recording machine."),
    ),
    "clock.fine": Check(_("The clock is set by a time server.")),
    "clock.alone": Check(
        _("The clock is not set by a time server."),
        _("Compare it with a clock you trust. Ask the administrator to connect a time source."),
    ),
    "clock.wrong": Check(
        _("The clock cannot be right."),
        _("Ask the administrator to set the clock of the recording machine."),
    ),
    "copy.fine": Check(_("{copy} can be written.")),
    "copy.away": Check(
        _("{copy} cannot be written now."),
        _("You may begin: the recording is safe on this machine and copied later. Tell the administrator."),
    ),
    "ledger.fine": Check(_("The ledger can be written.")),
    "ledger.away": Check(
        _("The ledger cannot be written, so no recording could be proved."),
        _("Ask the administrator to look at the keyholder and the database."),
    ),
    "keys.fine": Check(_("The center's keys are protected.")),
    "keys.trial": Check(
        _("The center works with trial keys."),
        _("Good for practice. Before real testimony the administrator protects the keys."),
    ),
}

LOSSES: Mapping[str, Trouble] = {
    "camera": Trouble(
        _("{camera} is lost."),
        _("No picture of it is recorded since {since}. Everything else goes on, and the gap is stated."),
        _("The room page connects again by itself. After half a minute, check cable and capture machine."),
    ),
    "sound": Trouble(
        _("The sound is lost."),
        _("Nothing that is said is recorded since {since}. The gap is stated."),
        _("Stop the conversation, or take a break, until the sound is back. Check the microphone."),
    ),
    "everything": Trouble(
        _("Nothing is being recorded."),
        _("No picture and no sound arrives since {since}. What came before is safe."),
        _("Stop the conversation. Look at the capture machine and its network; it connects again by itself."),
    ),
    "spool": Trouble(
        _("The recording machine cannot write."),
        _("Nothing is recorded since {since}. What came before is safe and is sealed."),
        _("Stop the conversation. Ask the administrator to look at the disk, then begin a new part."),
    ),
    "lag": Trouble(
        _("Writing is slower than recording."),
        _("What happened after {safe} is not yet safe on the disk."),
        _("Take a break if it lasts. Ask the administrator to look at the disk."),
    ),
    "disk": Trouble(
        _("The disk is nearly full."),
        _("There is room for {minutes} minutes more."),
        _("Bring the interview to an end, or ask the administrator to free space now."),
    ),
    "ledger": Trouble(
        _("The ledger cannot be written now."),
        _("Recording goes on. The signed statements wait on this machine and are entered later."),
        _("You may go on. Tell the administrator."),
    ),
    "copy": Trouble(
        _("{copy} cannot be written now."),
        _("Since {since} it does not answer. Nothing is lost: the recording is safe on this machine."),
        _("You may go on; what waits is copied in order when it is back. Tell the administrator."),
    ),
    "safety-failed": Trouble(
        _("The room keeps no safety recording of its own."),
        _("The recording itself goes on as ever. Only the second way is missing since {since}."),
        _("You may go on. Afterwards, have somebody look at the browser of the capture machine."),
    ),
    "safety-full": Trouble(
        _("The room's safety recording has reached its limit."),
        _("What it holds is kept. The recording itself goes on as ever."),
        _("You may go on."),
    ),
    "connection": Trouble(
        _("This page has lost the server."),
        _("It cannot tell whether the recording goes on. The recording machine does not need this page."),
        _("Check this machine's network. Ask the interviewer to pause until the page is back."),
    ),
    "session": Trouble(
        _("You are not signed in, or your session has ended."),
        _("This page shows nothing more. The recording goes on without it, and nobody watches it here."),
        _("Ask the administrator for a new sign-in link and open it in this browser: the page then goes on."),
    ),
    "interrupted": Trouble(
        _("The recording was interrupted."),
        _("Nothing is being recorded. What came before is safe and is sealed as a part of its own."),
        _("Stop the conversation. Begin a new part as soon as the console allows it; the gap is stated."),
    ),
    "recorder": Trouble(
        _("The recorder of this interview does not answer."),
        _("What was safe until then stays safe. Nothing is recorded until it answers again."),
        _("Wait a few seconds: it is started again. Then begin a new part."),
    ),
}

REFUSALS: Mapping[str, Trouble] = {
    "body.too-large": Trouble(
        _("The request is too large."),
        _("It was not carried out; a running recording goes on."),
        _("Reload the page and try again."),
    ),
    "body.malformed": Trouble(
        _("The request could not be understood."),
        _("It was not carried out; a running recording goes on."),
        _("Reload the page and try again."),
    ),
    "sdp.malformed": Trouble(
        _("The camera's connection offer could not be understood."),
        _("This camera is not connected. Other cameras are not affected."),
        _("Reload the room page. If it happens again, use another browser on the capture machine."),
    ),
    "sdp.unacceptable": Trouble(
        _("The camera's connection offer does not fit: {detail}"),
        _("This camera is not connected. Other cameras are not affected."),
        _("Reload the room page. Each camera sends one picture (H.264) and at most one sound (Opus)."),
    ),
    "codec.unknown": Trouble(
        _("The browser of the capture machine offers no picture or sound the recorder can keep: {detail}"),
        _("This camera is not connected. Other cameras are not affected."),
        _("Use a browser that sends H.264 and Opus, such as Chromium, Chrome, Edge or Safari."),
    ),
    "camera.unknown": Trouble(
        _("There is no such camera in this interview."),
        _("Nothing was connected."),
        _("Open the room page again from the interview."),
    ),
    "state.wrong": Trouble(
        _("This cannot be done now: the interview is in another state."),
        _("Nothing was changed."),
        _("Look at the state on the console; it shows what can be done next."),
    ),
    "request.stale": Trouble(
        _("The request is older than the recording it speaks of."),
        _("Nothing was changed."),
        _("Look at the console again and repeat what you wanted, if it is still right."),
    ),
    "request.missing": Trouble(
        _("The request has no number of its own."),
        _("It was not carried out, so that nothing could happen twice."),
        _("Reload the page and try again."),
    ),
    "check.blocking": Trouble(
        _("Recording cannot begin: {detail}"),
        _("Nothing is being recorded."),
        _("Follow what stands under “Before recording”, then begin again."),
    ),
    "spool.failed": Trouble(
        _("The recording machine cannot write."),
        _("Nothing is being recorded."),
        _("Ask the administrator to look at its disk."),
    ),
    "ledger.away": Trouble(
        _("The ledger cannot be written."),
        _("Nothing is being recorded: no recording could be proved."),
        _("Ask the administrator to look at the keyholder and the database."),
    ),
    "ledger.refused": Trouble(
        _("The ledger does not take this recording: {detail}"),
        _("Nothing is being recorded: no recording could be proved."),
        _("Ask the administrator: this machine may have to be enrolled again."),
    ),
    "recorder.away": Trouble(
        _("The recorder of this interview does not answer."),
        _("Nothing was changed by this request. The console shows whether it is recording."),
        _("Try again in a few seconds."),
    ),
    "record.unknown": Trouble(
        _("This moment is not in the part being recorded."),
        _("Nothing was shown."),
        _("Reload the page."),
    ),
    "op.unknown": Trouble(
        _("The recorder does not know this request."),
        _("Nothing was changed."),
        _("Reload the page; page and recorder may be of different versions."),
    ),
    "safety.order": Trouble(
        _("The safety recording goes on at another place: {detail}"),
        _("Nothing was taken and nothing is lost."),
        _("The room page goes on by itself."),
    ),
    "safety.refused": Trouble(
        _("This is not the next piece of a safety recording: {detail}"),
        _("Nothing was taken. What had arrived before is kept."),
        _("Leave the room page open and tell the administrator."),
    ),
    "safety.state": Trouble(
        _("This cannot be done with the safety recording now."),
        _("Nothing was changed."),
        _("The room page tries again by itself."),
    ),
    "safety.room": Trouble(
        _("The recording machine has no room for the safety recording now."),
        _("It stays in the room's browser, sealed. Nothing is lost."),
        _("Leave the room page open and ask the administrator to free space."),
    ),
    "slip.empty": Trouble(
        _("There is no question in it."),
        _("Nothing was sent, and no recording is affected."),
        _("Write the question, then send it."),
    ),
    "slip.long": Trouble(
        _("The question is too long: it may have {detail} characters."),
        _("It was not sent. What you have written is still in its field."),
        _("Shorten it: whoever talks with the person has a moment to read it."),
    ),
    "slip.often": Trouble(
        _("You have sent several things within a minute."),
        _("This one was not sent. What you have written is still in its field; what came before is there."),
        _("Wait a moment, and put together what belongs together."),
    ),
    "slip.many": Trouble(
        _("Too many questions are open in this interview."),
        _("This one was not sent. What you have written is still in its field."),
        _("Ask the prosecutor to look through those that have arrived, or wait for the break."),
    ),
    "item.unknown": Trouble(
        _("The center's protocol has changed since this page was opened."),
        _("It was not entered. What was ticked before stays in the record."),
        _("Reload the page: it shows the protocol as it is now."),
    ),
    "slip.unknown": Trouble(
        _("There is no such question in this interview."),
        _("Nothing was changed."),
        _("Reload the page: it shows what has arrived."),
    ),
    "slip.state": Trouble(
        _("Somebody else has dealt with this question meanwhile."),
        _("Nothing was changed."),
        _("Look at the list again: it shows how the question stands."),
    ),
    "interview.unknown": Trouble(
        _("There is no such interview."),
        _("Nothing was changed."),
        _("Open the interview again from its case."),
    ),
}


HOUSE: Mapping[str, Trouble] = {
    "forbidden": Trouble(
        _("Your role does not allow this, or the case was not given to you."),
        _("Nothing was changed, and no recording is affected."),
        _("Ask the prosecutor of the case, or the administrator."),
    ),
    "not-signed-in": Trouble(
        _("You are not signed in, or your session has ended."),
        _("Nothing was changed, and no recording is affected."),
        _("Ask the administrator for a new sign-in link, and open it."),
    ),
    "missing": Trouble(
        _("There is nothing at this address."),
        _("Nothing was changed, and no recording is affected."),
        _("Open the interview again from its case."),
    ),
    "wrong-state": Trouble(
        _("This is not possible at this moment of the interview."),
        _("Nothing was changed, and no recording is affected."),
        _("Reload the page: it shows how the interview stands now."),
    ),
    "keyholder-away": Trouble(
        _("The process that holds the keys does not answer."),
        _("What has been recorded is safe on this machine."),
        _("Wait a few seconds and try again. If it stays so, tell the administrator."),
    ),
    "database-away": Trouble(
        _("The working database does not answer at the moment."),
        _("Recordings go on; their statements wait. Whether this last step was done is not certain."),
        _("Wait a minute, then reload the page. If it stays so, tell the administrator."),
    ),
    "internal": Trouble(
        _("Something failed inside Amana that should not."),
        _("What has been recorded is safe on this machine. Whether this last step was done is not certain."),
        _("Reload the page to see how things stand. If it happens again, tell the administrator."),
    ),
}
"""Refusals of the application that a page of this room may receive; sent by it, translated here."""


def table() -> dict[str, str]:
    """Return all sentences as the flat table for a page's script: ``check.camera.fine.says`` and so on."""
    flat = {f"name.{code}": text for code, text in NAMES.items()}
    for code, check in CHECKS.items():
        flat |= {f"check.{code}.says": check.says, f"check.{code}.fix": check.fix}
    for family, troubles in (("lost", LOSSES), ("refused", {**HOUSE, **REFUSALS})):
        for code, trouble in troubles.items():
            for part in ("what", "meaning", "todo"):
                flat[f"{family}.{code}.{part}"] = getattr(trouble, part)
    return flat
