"""Sentences for what a person signs and its consequence: from the stored statement, not from the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from amana.languages import say
from casework.signing.pending_acts import PendingAct
from casework.translations import marked as _


class SigningTexts(NamedTuple):
    """The texts of a page about a signed act."""

    what: str
    """What is signed."""
    consequence: str
    done: str
    """The same in the past tense."""


TEXTS: Mapping[str, SigningTexts] = {
    "hold.placed": SigningTexts(
        _("You place a legal hold on case {case}."),
        _("From now on nothing in this case is destroyed, whatever any rule says, until the hold is lifted."),
        _("A legal hold was placed"),
    ),
    "hold.lifted": SigningTexts(
        _("You lift a legal hold on case {case}."),
        _("From now on the retention rules apply again, unless there is another hold on the case."),
        _("A legal hold was lifted"),
    ),
    "disposal.authorised": SigningTexts(
        _("You sign for the destruction of something in case {case}."),
        _("Once two people have signed, nobody can open it any more, and it is destroyed permanently."),
        _("A destruction was requested, or agreed to"),
    ),
    "disposal.refused": SigningTexts(
        _("You refuse or cancel a destruction in case {case}."),
        _("It is kept. A new request can be made, and needs two people again."),
        _("A destruction was refused or cancelled"),
    ),
    "case.given": SigningTexts(
        _("You share case {case}."),
        _("From now on they may do here what their role allows. You can withdraw access at any time."),
        _("A case was shared with a colleague"),
    ),
    "case.withdrawn": SigningTexts(
        _("You withdraw a colleague's access to case {case}."),
        _("It ends at once, also for what they have open now. What they have seen before is not undone."),
        _("A colleague's access to a case was withdrawn"),
    ),
    "grant.given": SigningTexts(
        _("You grant a court or the defence to open testimony of case {case}."),
        _("It opens what you chose, for that purpose and that time, and each opening is entered."),
        _("A grant was given"),
    ),
    "grant.withdrawn": SigningTexts(
        _("You withdraw a grant in case {case}."),
        _("It ends at once, also for what is open now. What was seen or handed over before is not undone."),
        _("A grant was withdrawn"),
    ),
    "copy.authorised": SigningTexts(
        _("You authorise a copy under a grant in case {case}."),
        _("Its receiver may take testimony out of the center, and nobody can recover it."),
        _("A copy under a grant was authorised"),
    ),
    "passage.excluded": SigningTexts(
        _("You enter that a court has excluded something of a recording in case {case}."),
        _("From now on nobody but the prosecutor is given it, and no package contains it. It is kept."),
        _("A court's exclusion of a passage was entered"),
    ),
    "passage.restored": SigningTexts(
        _("You enter that what a court had excluded in case {case} may be used again."),
        _("From now on everyone who may view the recording is given that passage again."),
        _("The end of an exclusion was entered"),
    ),
    "export.ordered": SigningTexts(
        _("You order a package for the court from case {case}."),
        _("It contains testimony that leaves the center. The court sees that you ordered it, when and why."),
        _("A package for the court was ordered"),
    ),
    "seal.confirmed": SigningTexts(
        _("You confirm that you stopped and sealed this recording of case {case}."),
        _("It was sealed already and is safe. Your signature adds to the seal that it was you."),
        _("The sealing of a recording was confirmed"),
    ),
    "intimate.requested": SigningTexts(
        _("You ask to open an intimate picture of case {case}."),
        _("A second person agrees or refuses. What you open then is entered each time, with your name."),
        _("An intimate picture was asked for"),
    ),
    "intimate.approved": SigningTexts(
        _("You agree that a colleague opens an intimate picture of case {case}."),
        _("For one day this person can open this picture. What they have seen cannot be undone."),
        _("The opening of an intimate picture was agreed to"),
    ),
    "intimate.refused": SigningTexts(
        _("You refuse that a colleague opens an intimate picture of case {case}."),
        _("It stays closed. They can ask again, and you or another one will be asked."),
        _("The opening of an intimate picture was refused"),
    ),
    "consent.recorded": SigningTexts(
        _("You record what the person answered about consent in case {case}."),
        _("From now on this applies, to everything that is based on consent."),
        _("An answer about consent was recorded"),
    ),
    "consent.withdrawn": SigningTexts(
        _("You record that the person withdraws consent in case {case}."),
        _("As soon as it is entered, nothing that is based on this consent can be opened any more."),
        _("Withdrawal of consent was recorded"),
    ),
    "derivative.checked": SigningTexts(
        _("You state whether a redacted copy or a transcript of case {case} is correct."),
        _("If you accept it, it may leave the center. What others have seen of it cannot be undone."),
        _("It was stated whether a redacted copy or a transcript is correct"),
    ),
    "retention.set": SigningTexts(
        _("You state the type of case {case}, and its retention period."),
        _("From now on this decides when parts of this case may be destroyed, unless there is a hold."),
        _("A retention period was stated"),
    ),
    "specimen.taken": SigningTexts(
        _("You state that you took a specimen in case {case}, and closed it with its seal."),
        _("From now on you are the one who has it, until somebody confirms that they received it from you."),
        _("A specimen was taken"),
    ),
    "specimen.handed-over": SigningTexts(
        _("You hand over a specimen of case {case}."),
        _("You state who gets it, and how its seal is. Until they confirm it, nobody is stated to have it."),
        _("A specimen was handed over"),
    ),
    "specimen.received": SigningTexts(
        _("You confirm that you received a specimen of case {case}."),
        _("From now on you are the one who has it, until somebody confirms that they received it from you."),
        _("The receipt of a specimen was confirmed"),
    ),
    "specimen.recalled": SigningTexts(
        _("You recall the handover of a specimen of case {case}."),
        _("You state that it did not take place, and that you still have the specimen."),
        _("The handover of a specimen was recalled"),
    ),
    "specimen.destroyed": SigningTexts(
        _("You state that you destroyed a specimen of case {case}, or used it up."),
        _("This is the end of its chain: nothing can be stated about it afterwards."),
        _("The destruction of a specimen was stated"),
    ),
    "specimen.withdrawn": SigningTexts(
        _("You state that a specimen of case {case} was entered in error."),
        _("This is the end of its chain: nothing can be stated about it afterwards."),
        _("The entry of a specimen was withdrawn"),
    ),
    "credential.enrolled": SigningTexts(
        _("You add a further passkey to your account."),
        _("From now on everybody who can use it signs in as you, and signs in your name."),
        _("A further passkey was added"),
    ),
    "credential.revoked": SigningTexts(
        _("You revoke one of your passkeys."),
        _("It never opens this center again, and you are signed out everywhere else."),
        _("A passkey was revoked"),
    ),
}
"""Type of statement → its texts."""
OTHER = _("Something that no page asks you to sign: {type}")


def done(language: str, type_: str) -> str:
    """Return what was signed, for the list."""
    return say(language, TEXTS[type_].done) if type_ in TEXTS else say(language, OTHER).format(type=type_)


def signing_text(language: str, act: PendingAct) -> dict[str, str]:
    """Return the texts for the dialog in which the person signs."""
    texts = TEXTS[act.statements[0].type]
    case = "" if act.case is None else act.case.code
    return {
        "what": say(language, texts.what).format(case=f"\u2066{case}\u2069"),
        "consequence": say(language, texts.consequence),
    }
