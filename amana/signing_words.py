"""What a person signs, in a sentence, and what comes of it: from the kept statement, not from the form."""

from __future__ import annotations

from collections.abc import Mapping

from amana.languages import marked as _
from amana.languages import say
from casework.personal import Asked

SIGNED: Mapping[str, tuple[str, str]] = {
    "hold.placed": (
        _("You place a legal hold over case {case}."),
        _("From now on nothing of this case is destroyed, whatever any rule says, until the hold is lifted."),
    ),
    "hold.lifted": (
        _("You lift a legal hold over case {case}."),
        _("From now on the rules of keeping decide again, where no other hold is over the case."),
    ),
    "disposal.authorised": (
        _("You sign for the destruction of something in case {case}."),
        _("Once two people have signed for it, nobody can open it any more, and it is destroyed for good."),
    ),
    "disposal.refused": (
        _("You refuse a destruction in case {case}, or take it back."),
        _("It is kept. A new request can be made, and needs two people again."),
    ),
    "case.given": (
        _("You give case {case} to a colleague."),
        _("From now on they do in this case what their role does. You can take it back at any time."),
    ),
    "case.withdrawn": (
        _("You take case {case} back from a colleague."),
        _("It ends at once, also for what they have open now. What they have seen, they have seen."),
    ),
    "grant.given": (
        _("You grant a court or the defence to open testimony of case {case}."),
        _("It opens what you chose, for that purpose and that time, and each opening is entered."),
    ),
    "grant.withdrawn": (
        _("You withdraw a grant in case {case}."),
        _("It ends at once, also for what is open now. What was seen or taken away before is not undone."),
    ),
    "copy.authorised": (
        _("You authorise a copy under a grant in case {case}."),
        _("Its receiver may take testimony out of the house, and nobody can bring that back."),
    ),
    "export.ordered": (
        _("You order a package for the court from case {case}."),
        _("It holds testimony that leaves the house. The court is told that you ordered it, when and why."),
    ),
    "seal.confirmed": (
        _("You confirm that you stopped and sealed this recording of case {case}."),
        _("It was sealed already and is safe. Your signature adds to the seal that it was you."),
    ),
}
"""Type of statement → what is signed, and what comes of it."""

DONE: Mapping[str, str] = {
    "hold.placed": _("A legal hold was placed"),
    "hold.lifted": _("A legal hold was lifted"),
    "disposal.authorised": _("A destruction was asked for, or agreed to"),
    "disposal.refused": _("A destruction was refused, or taken back"),
    "case.given": _("A case was given to a colleague"),
    "case.withdrawn": _("A case was taken back from a colleague"),
    "grant.given": _("A grant was given"),
    "grant.withdrawn": _("A grant was withdrawn"),
    "copy.authorised": _("A copy under a grant was authorised"),
    "export.ordered": _("A package for the court was ordered"),
    "seal.confirmed": _("The sealing of a recording was confirmed"),
}
"""Type of statement → the same as what was done."""
OTHER = _("Something that no page asks you to sign: {type}")


def done(language: str, type_: str) -> str:
    """What was signed, for the list of it."""
    return say(language, DONE[type_]) if type_ in DONE else say(language, OTHER).format(type=type_)


def told(language: str, asked: Asked) -> dict[str, str]:
    """For the dialog in which the person signs."""
    what, consequence = SIGNED[asked.statement.type]
    case = "" if asked.case is None else asked.case.code
    return {
        "what": say(language, what).format(case=f"\u2066{case}\u2069"),
        "consequence": say(language, consequence),
    }
