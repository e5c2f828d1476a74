"""New passphrases for sealed packages: nine numbers, each of which is also an Arabic and an English word.

The words are everyday ones, and no two of a language differ by one letter, so that they can be read out over
the telephone and typed by a person who reads only one of the languages
(`chain_of_custody/encoding/passphrase_words.txt`). Each number is drawn with 10 random bits, so a passphrase
has 90: with the million rounds of hashing that the file requires for each try, a search is infeasible. It is
not stored: it is shown once, to the person who hands over the package.
"""

from __future__ import annotations

import secrets

from chain_of_custody.encoding.passphrase import word_list

WORDS = 9


def new_passphrase() -> str:
    """Return nine random numbers in four digits, single spaces between: the form that `normalise` returns."""
    return " ".join(f"{secrets.randbelow(len(word_list())) + 1:04}" for _ in range(WORDS))
