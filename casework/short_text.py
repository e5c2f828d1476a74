"""Short texts by which people, places and orders are recognised: names, rooms, references.

Such a text must be recognisable. So it is stored in one spelling (NFC, single blanks), and refused if it
contains invisible characters, or characters that change the order of the text around them: controls (NUL
too), format characters, marks and overrides of direction, fillers, variation selectors, private characters.
Two of the format characters are accepted where Arabic script needs them: a joiner or non-joiner between two
of its letters.

Sources: UTS #39, section 3 (identifier profile); RFC 8264, section 9 (the classes that an identifier leaves
out); RFC 5892, appendix A (joiners in context, narrower here).
"""

from __future__ import annotations

import re
import unicodedata

from casework.errors import Refused, TextUnseen

IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that are usually invisible (Default_Ignorable_Code_Point), and interlinear annotation."""
_JOINERS = "\u200c\u200d"
_STROKE = "\u0640"  # tatweel
_AS = str.maketrans("\u0671\u0649\u06cc\u0629\u06a9", "\u0627\u064a\u064a\u0647\u0643")
"""Letters that are compared as others: alef wasla, alef maqsura and Persian ya, ta marbuta, Persian kaf."""


def western_digits(text: str) -> str:
    """Return the text with every decimal digit, Arabic ones among them, as `0` to `9`."""
    return "".join(str(int(one)) if one.isdecimal() else one for one in text)


def folded(text: str) -> str:
    """Return a text as it is compared in a search, the same as `web/static/transcript/folding.js`.

    Without case, accents, vowel signs and tatweel; all forms of alef as one, hamza as its carrier, alef
    maqsura as ya, ta marbuta as ha; digits as `0` to `9`, white space as single blanks.
    """
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", text)
        if unicodedata.category(sign) not in ("Mn", "Mc", "Me", "Cf") and sign != _STROKE
    )
    return " ".join(western_digits(bare.casefold().translate(_AS)).split())


def identifying(text: str, most: int, what: str) -> str:
    """Return the text in the form in which it is stored; it may be empty.

    `most`: characters; `what`: such as "a name". Raises `TextUnseen`, and `Refused` for too long a text.
    """
    text = unicodedata.normalize("NFC", re.sub("[\t\r\n]", " ", text))
    if any(_unseen(text, at) for at in range(len(text))):
        raise TextUnseen(f"{what} holds characters that cannot be seen")
    text = " ".join(text.split())
    if len(text) > most:
        raise Refused(f"{what} has at most {most} characters")
    return text


def _unseen(text: str, at: int) -> bool:
    if text[at] in _JOINERS:
        return not (_is_arabic(_letter(text[:at][::-1])) and _is_arabic(_letter(text[at + 1 :])))
    return unicodedata.category(text[at]).startswith("C") or IGNORABLE.match(text[at]) is not None


def _letter(text: str) -> str:
    """Return the first character that is no mark on another one; empty without any."""
    return next((sign for sign in text if unicodedata.category(sign) != "Mn"), "")


def _is_arabic(sign: str) -> bool:
    return sign.isalpha() and unicodedata.name(sign, "").startswith("ARABIC ")
