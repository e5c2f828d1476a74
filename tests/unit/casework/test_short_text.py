"""Names and places look like what they are: one spelling, and nothing in them that is not seen."""

from __future__ import annotations

import re

import pytest

from casework.cases import consent, description
from casework.errors import Refused, TextUnseen
from casework.interviews import interviews, rooms
from casework.interviews.interviews import Present
from casework.ledger.reasons import referring
from casework.people.similar_names import alike, skeleton
from casework.short_text import folded, identifying
from tests.support.centers.casework_world import World

TURNED = "Person \u202eP"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Person\t P\n", "Person P"),
        ("Person\u00a0P", "Person P"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("ليلى حسن", "ليلى حسن"),
        ("محمّد أبو العبد", "محمّد أبو العبد"),
        ("می\u200cروم", "می\u200cروم"),
        ("به\u200dمن", "به\u200dمن"),
        ("مُ\u200cح", "مُ\u200cح"),  # over a vowel sign
        ("", ""),
    ],
)
def test_a_short_text_is_stored_in_one_spelling(typed: str, stored: str) -> None:
    assert identifying(typed, 200, "a name") == stored


@pytest.mark.parametrize(
    "unseen",
    [
        *("\x00", "\x1b", "\x1c", "\x7f", "\x85"),
        *("\u200b", "\u200e", "\u200f", "\u061c", "\u2060", "\ufeff", "\u00ad"),
        *(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        *("\u034f", "\u115f", "\u3164", "\ufe0f", "\ufff9", "\U000e0041", "\U000e0100", "\ue000", "\uffff"),
        *("\u200c", "\u200d", "\u0600"),
    ],
    ids=ascii,
)
def test_what_is_not_seen_is_refused_wherever_it_stands(unseen: str) -> None:
    for text in (f"Person{unseen}P", f"{unseen}P", f"P{unseen}"):
        with pytest.raises(TextUnseen):
            identifying(text, 200, "a name")


def test_a_joiner_stands_between_two_letters_of_arabic_script_alone() -> None:
    for text in ("می\u200c", "\u200cروم", "می\u200c روم", "می\u200c\u200dروم", "a\u200cروم", "م\u200c5"):
        with pytest.raises(TextUnseen):
            identifying(text, 200, "a name")


def test_names_places_and_references_are_taken_in_this_form_alone(world: World) -> None:
    center, case = world.center, world.case.id

    def opened(place: str, who: str) -> None:
        interviews.open_interview(
            center,
            world.prosecutor,
            case,
            purpose="testimony",
            room="room-1",
            place=place,
            present=[Present(who, "interviewer")],
            wish="",
        )

    def explained(by: str) -> None:
        consent.record(
            center,
            world.prosecutor,
            case,
            [consent.Answer("recording", "given")],
            decided_by="self",
            form="oral",
            language="ar",
            explained_by=by,
        )

    for refused in (
        lambda: opened(TURNED, "Person N"),
        lambda: opened("Hebron", TURNED),
        lambda: explained(TURNED),
        lambda: rooms.add(center, world.administrator, "room-9", TURNED),
        lambda: description.describe(center, world.prosecutor, case, called=TURNED, notes=""),
        lambda: referring(TURNED, ""),
    ):
        with pytest.raises(TextUnseen):
            refused()
    with pytest.raises(Refused, match=re.escape("at most 200 characters")):
        referring("x" * 201, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Person P", "P\u0435rson P"),  # a Cyrillic е
        ("Person P", "\u03a1erson P"),  # a Greek Ρ
        ("Layla", "layIa"),
        ("Ilya", "llya"),
        ("Omar", "0mar"),
        ("Marn", "Mam"),
        ("José", "Jose"),
        ("أحمد", "احمد"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("علي", "علی"),  # the second with a Farsi yeh
        ("ليلى", "لي\u200cلى"),
        ("هاني", "ﻫﺎﻧﻲ"),  # presentation forms
    ],
)
def test_names_that_a_reader_takes_for_one_another_are_alike(one: str, other: str) -> None:
    assert alike(one, other) and alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Person P", "Person Q"),
        ("Layla", "Leyla"),
        ("أحمد", "حامد"),
        ("سعيد", "سعد"),
        ("عمر", "عمرو"),
        ("Anna", "Hanna"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert not alike(one, other)


def test_the_skeleton_is_that_of_the_published_table() -> None:
    """Examples of UTS #39, and rows of its table."""
    assert skeleton("ℊ") == skeleton("g") == "g"
    assert skeleton("m") == "rn"
    assert skeleton("paypal") == skeleton("раураl")
    assert skeleton("١") == skeleton("ا") == "l"
    assert skeleton("\u200bа\u2067") == "a"


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("كَتَبَ  الكِتاب", "كتب الكتاب"),
        ("أحمد وإسلام وآمنة وٱلباب", "احمد واسلام وامنه والباب"),
        ("ليلى مسؤولة عن شيء", "ليلي مسووله عن شيء"),
        ("الـــقدس", "القدس"),
        ("کتاب في ٢٠٢٤", "كتاب في 2024"),
        ("À l'École\n", "a l'ecole"),
        ("\ufdf2 \ufefb", "الله لا"),
        ("می\u200cروم", "ميروم"),
        ("ـَ", ""),
    ],
)
def test_a_text_is_searched_without_what_it_may_be_written_with_or_without(typed: str, compared: str) -> None:
    assert folded(typed) == compared
