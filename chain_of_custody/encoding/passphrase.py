"""Normalise passphrases of sealed packages to one form, however they were typed.

A passphrase is eight words of the BIP-39 English list, each with 11 random bits. A clerk reads it from paper,
a letter or over the telephone, and types it in a program that may turn a hyphen into a dash or begin a line
with a capital. None of that changes the words, so none of it changes the key. A wrong word does.

The words are not checked against the list: reading a package needs no list. `player/package/passphrase.py`
makes new ones.

Specification: docs/spec/sealed-package.md; Unicode Standard Annex #15 (NFKC).
"""

from __future__ import annotations

import re
import unicodedata

from chain_of_custody.errors import Malformed

MAX_PASSPHRASE = 1024
"""Maximum letters of a passphrase as typed. Eight words have some sixty."""

# Spaces and line ends, hyphens and dashes, commas (the Arabic one too), dots.
_BETWEEN = re.compile(r"[\t\n\v\f\r \u0085\u2028\u2029\-\u2010-\u2015,\u060c.]+")


def normalise(typed: str) -> bytes:
    """Return the input of key derivation: the words in lower case, one space between, as UTF-8.

    Raises `Malformed` if there is no word, or more than `MAX_PASSPHRASE` letters.
    """
    if len(typed) > MAX_PASSPHRASE:
        raise Malformed(f"a passphrase has at most {MAX_PASSPHRASE} letters")
    # Small letters may compose where capitals did not, so normalise before and after.
    small = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).lower())
    try:
        words = _BETWEEN.sub(" ", small).strip(" ").encode()
    except UnicodeEncodeError as error:
        raise Malformed("the passphrase is not text") from error
    if not words:
        raise Malformed("the passphrase is empty")
    return words
