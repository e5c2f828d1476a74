"""The words of passphrases, and the vectors of how they may be typed."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from chain_of_custody.encoding.passphrase import LANGUAGES, Language, normalise, word_list

ROOT = Path(__file__).parents[3]
CASES = json.loads((ROOT / "tests" / "vectors" / "passphrases" / "cases.json").read_text())
LIST = ROOT / "chain_of_custody" / "encoding" / "passphrase_words.txt"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_passphrase_is_its_numbers_however_it_is_typed(case: dict[str, str]) -> None:
    assert normalise(case["typed"]).decode() == case["numbers"]


def test_the_list_is_numbered() -> None:
    assert [line.split()[0] for line in LIST.read_text().splitlines()] == [f"{n:04}" for n in range(1, 1025)]
    for arabic, english in word_list():
        assert re.fullmatch("[\u0621-\u064a]{3,7}", arabic)
        assert re.fullmatch("[a-z]{4,8}", english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_words_differ_by_one_letter(language: Language) -> None:
    """Nor by the letters that are folded, which would make them one word; nor by two that are exchanged."""
    near: dict[str, set[str]] = {}
    for word in (row[LANGUAGES.index(language)] for row in word_list()):
        folded = _folded(word)
        spellings = {folded} | {folded[:at] + folded[at + 1 :] for at in range(len(folded))}
        for spelling in spellings:
            near.setdefault(spelling, set()).add(folded)
    pairs = {pair for words in near.values() for pair in combinations(sorted(words), 2)}
    assert not [pair for pair in pairs if _one_slip(*pair)]
    assert len({_folded(row[LANGUAGES.index(language)]) for row in word_list()}) == 1024


def _folded(word: str) -> str:
    return word.translate(str.maketrans("أإآىةؤئ", "ااايهوي", "ء"))


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter wrong, missing or too many, or two exchanged, makes one of the other."""
    if len(a) == len(b):
        differ = [at for at in range(len(a)) if a[at] != b[at]]
        exchanged = len(differ) == 2 and differ[1] == differ[0] + 1 and a[differ[0]] == b[differ[1]]
        return len(differ) == 1 or (exchanged and a[differ[1]] == b[differ[0]])
    short, long = sorted((a, b), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
