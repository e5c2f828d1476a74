"""New passphrases for sealed packages: eight words that can be read out over the telephone.

The words are those of BIP-39's English list: 2048 of them, told apart by their first four letters. Each is
drawn with 11 random bits, so a passphrase has 88: with the million rounds of hashing that the file asks for
each try, out of anybody's reach. Nothing keeps it: it is shown once, to whoever hands the package over.
"""

from __future__ import annotations

import secrets

from mnemonic import Mnemonic

WORDS = 8


def new_passphrase() -> str:
    """Eight random words, single spaces between: the form that `passphrases.normalise` gives them."""
    words = Mnemonic("english").wordlist
    return " ".join(secrets.choice(words) for _ in range(WORDS))
