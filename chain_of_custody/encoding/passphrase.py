"""Normalise passphrases of sealed packages to one form, however they were typed.

A passphrase is nine numbers from 1 to 1024, each of 10 random bits. Each number has an Arabic and an English
word (`passphrase_words.txt`), so that a clerk can type the words of either language, or the numbers
themselves. A clerk reads them from paper, a letter or over the telephone, leaves a hamza out, and types them
in a program that may turn a hyphen into a dash or begin a line with a capital. None of that changes the
words, so none of it changes the key. A wrong word does.

A word that is on neither list is not refused: it is used as typed, and makes a different passphrase. So a
reader that is given the numbers needs no list. `player/package/passphrase.py` makes new passphrases.

Specification: docs/spec/sealed-package.md; Unicode Standard Annex #15 (NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from chain_of_custody.errors import Malformed

MAX_PASSPHRASE = 1024
"""Maximum letters of a passphrase as typed. Nine words have some sixty."""

Language: TypeAlias = Literal["ar", "en"]
LANGUAGES: tuple[Language, ...] = ("ar", "en")
"""The columns of the list of words."""

# Tatweel, Arabic vowel signs, hamza on the line; unseen marks that set a direction or join letters.
_LEFT_OUT = re.compile(
    r"[\u0640\u064b-\u065f\u0670\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u0621]"
)
_FOLDED = str.maketrans(
    # Alef with madda or hamza, alef wasla: alef. Waw with hamza: waw. Yeh with hamza, alef maqsura, Persian
    # yeh: yeh. Teh marbuta: heh. Persian kaf: kaf. Both rows of eastern digits.
    "\u0622\u0623\u0625\u0671\u0624\u0626\u0649\u06cc\u0629\u06a9"
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
    "\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9",
    "\u0627\u0627\u0627\u0627\u0648\u064a\u064a\u064a\u0647\u0643" + 2 * "0123456789",
)
# Spaces and line ends, hyphens and dashes, commas (the Arabic one too), dots.
_BETWEEN = re.compile(r"[\t\n\v\f\r \u0085\u2028\u2029\-\u2010-\u2015,\u060c.]+")
_FOUR_DIGITS = re.compile(r"([0-9]{4})(?=[0-9])")


def normalise(typed: str) -> bytes:
    """Return the input of key derivation: the numbers of the words, one space between, as UTF-8.

    Raises `Malformed` if there is no word, or more than `MAX_PASSPHRASE` letters.
    """
    if len(typed) > MAX_PASSPHRASE:
        raise Malformed(f"a passphrase has at most {MAX_PASSPHRASE} letters")
    words = _spelling(typed)
    try:
        numbers = " ".join(_numbers().get(word, word) for word in words.split(" ")).encode()
    except UnicodeEncodeError as error:
        raise Malformed("the passphrase is not text") from error
    if not numbers:
        raise Malformed("the passphrase is empty")
    return numbers


def in_words(numbers: str, language: Language) -> list[str]:
    """Return the words of a passphrase's numbers, as `normalise` gives these, in one language."""
    column = LANGUAGES.index(language)
    return [word_list()[int(number) - 1][column] for number in numbers.split(" ")]


def list_text() -> str:
    """Return the list as its file has it: a number, its Arabic and its English word in each line."""
    return files("chain_of_custody.encoding").joinpath("passphrase_words.txt").read_text("utf-8")


@cache
def word_list() -> tuple[tuple[str, str], ...]:
    """Return the Arabic and the English word of each number, from 1 on."""
    rows = [line.split(" ") for line in list_text().splitlines()]
    return tuple((arabic, english) for _, arabic, english in rows)


@cache
def _numbers() -> dict[str, str]:
    """Return the number of each word, in four digits, by the word's one spelling."""
    return {_spelling(word): f"{number:04}" for number, words in enumerate(word_list(), 1) for word in words}


def _spelling(typed: str) -> str:
    """Return words and numbers in one spelling, one space between, before words become numbers."""
    # Small letters may compose where capitals did not, so normalise before and after.
    small = unicodedata.normalize("NFKC", typed).lower()
    folded = unicodedata.normalize("NFKC", _LEFT_OUT.sub("", small).translate(_FOLDED))
    return _FOUR_DIGITS.sub(r"\1 ", _BETWEEN.sub(" ", folded)).strip(" ")
