"""New passphrases for sealed packages: eight words that can be read out over the telephone.

The words are those of BIP-39's English list: 2048 words, distinct in their first four letters. Each is drawn
with 11 random bits, so a passphrase has 88: with the million rounds of hashing that the file requires for
each try, a search is infeasible. It is not stored: it is shown once, to the person who hands over
the package.
"""

from __future__ import annotations

import secrets

from mnemonic import Mnemonic

WORDS = 8


def new_passphrase() -> str:
    """Return eight random words, single spaces between: the form that `passphrases.normalise` returns."""
    words = Mnemonic("english").wordlist
    return " ".join(secrets.choice(words) for _ in range(WORDS))
