"""Comparison of names that a reader could confuse.

Two names are alike if their skeletons are equal (UTS #39, section 4): each character is replaced by its
prototype, so that a Cyrillic е and a Latin e are equal. Case is ignored, and so are marks that are optional
in names in Arabic letters: vowel signs, hamza on its carrier, madda and tatweel.

`confusables.txt` is the table of Unicode. No library for it is suitable: PyICU has to be compiled with ICU's
own files, and `confusable-homoglyphs` lacks the direction of the table, and its Arabic digits.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from importlib.resources import files

from sqlalchemy import select

from casework import sealed_names
from casework.center import Center
from casework.database.models import Person
from casework.short_text import IGNORABLE

_STROKE = "\u0640"  # tatweel


def alike(one: str, other: str) -> bool:
    """Return whether one of these names could be taken for the other."""
    return not _forms(one).isdisjoint(_forms(other))


def held_by(center: Center, name: str) -> tuple[str, ...]:
    """Return the ids of people whose names could be taken for this one, also of those who have left."""
    people = sealed_names.named(center, center.database.scalars(select(Person)))
    return tuple(one.id for one in people if one.name is not None and alike(one.name, name))


def skeleton(text: str) -> str:
    """Return the skeleton of UTS #39; it is for comparing, not for showing."""
    text = IGNORABLE.sub("", unicodedata.normalize("NFD", text))
    # The prototypes of some presentation forms have prototypes of their own.
    while (replaced := unicodedata.normalize("NFD", text.translate(_prototypes()))) != text:
        text = replaced
    return text


@functools.lru_cache(maxsize=2000)
def _forms(name: str) -> frozenset[str]:
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFD", name)
        if unicodedata.category(sign) != "Mn" and sign != _STROKE
    )
    # The skeleton distinguishes I from i, and casefolding I from l: a reader may confuse all three.
    return frozenset({skeleton(bare).casefold(), skeleton(bare.casefold())})


@functools.cache
def _prototypes() -> Mapping[int, str]:
    prototypes: dict[int, str] = {}
    for line in files(__package__).joinpath("confusables.txt").read_text("ascii").splitlines():
        if not line.startswith("#"):
            prototype, signs = line.split(" < ")
            text = "".join(chr(int(code, 16)) for code in prototype.split())
            prototypes |= {int(code, 16): text for code in signs.split()}
    return prototypes
