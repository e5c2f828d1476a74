"""Splitting of a 32-byte secret into three shares of words, any two of which restore it: SLIP-39, 2-of-3.

A share is 33 English words from a list of 1,024. No two words of the list begin with the same four letters,
so typing four letters is enough, and a wrong word is named. Each share has a checksum of 30 bits, which
detects any three wrong words; the secret has its own digest, which detects shares that do not match.
All shares of one splitting begin with the same two words, and carry the same number.

One share reveals nothing about the secret, whatever the computing power. The arithmetic is Trezor's
`shamir-mnemonic`, the reference that the specification names; the test vectors are the specification's. Other
features of SLIP-39 are not used: there is one group and no passphrase.

Specification: https://github.com/satoshilabs/slips/blob/master/slip-0039.md.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share as Parsed
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from vault.errors import VaultError

SECRET_SIZE = 32
THRESHOLD, SHARES, WORDS = 2, 3, 33
ENOUGH = 4
"""Letters that distinguish a word of the list from all others."""

Wrong = Literal["word", "count", "checksum", "another-kind", "same-share", "another-splitting", "digest"]
"""What can be wrong with shares."""

_BY_START = {word[:ENOUGH]: word for word in WORDLIST}
_NOT_WORDS = re.compile(r"[0-9.:,;()\s]+")


class ShareRefused(VaultError):
    """The words are no share, or the shares give no secret. The message contains no word except a single one
    that is not on the list."""

    def __init__(
        self, wrong: Wrong, message: str, position: int = 0, word: str = "", meant: str = ""
    ) -> None:
        super().__init__(message)
        self.wrong = wrong
        self.position = position
        """Position of the word, from 1; or the number of words (`count`)."""
        self.word = word
        self.meant = meant
        """The nearest word of the list; empty if none is near."""


@dataclass(frozen=True)
class Share:
    """One of three shares."""

    number: int
    """1 to 3."""
    splitting: int
    """0 to 32767, chosen at random: the same for all shares of one splitting."""
    words: Sequence[str] = field(repr=False)


def split(secret: bytes) -> list[Share]:
    """Split `secret` (32 bytes) into three shares. Raises `ValueError` for another length."""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"a secret is {SECRET_SIZE} bytes")
    ((*texts,),) = generate_mnemonics(1, [(THRESHOLD, SHARES)], secret)
    return [parse(text.split()) for text in texts]


def complete(word: str, position: int) -> str:
    """Return the word of the list with this beginning: four letters are enough; shorter words must be whole.

    Raises `ShareRefused` (`word`), with the position of the word.
    """
    written = word.strip().lower()
    full = written if written in WORD_INDEX_MAP else _BY_START.get(written[:ENOUGH])
    if full is not None and full.startswith(written):
        return full
    near = [full] if full else difflib.get_close_matches(written, WORDLIST, 1, 0.6)
    meant = near[0] if near else ""
    message = f"word {position}, {word[:20]!r}, is not on the list" + (f"; is it {meant!r}?" if meant else "")
    raise ShareRefused("word", message, position, word[:20], meant)


def written_words(text: str) -> list[str]:
    """Return the words of a share from handwritten form: numbers and punctuation between them are ignored."""
    return [word for word in _NOT_WORDS.split(text) if word]


def parse(words: Sequence[str]) -> Share:
    """Parse a share from its words, each of which may be cut to four letters.

    Raises `ShareRefused`: `word`, `count`, `checksum`, or `another-kind` for a share of another kind.
    """
    whole = [complete(word, position) for position, word in enumerate(words, 1)]
    if len(whole) != WORDS:
        raise ShareRefused("count", f"a share has {WORDS} words, and these are {len(whole)}", len(whole))
    try:
        parsed = Parsed.from_mnemonic(" ".join(whole))
    except MnemonicError as error:
        if "checksum" not in str(error):
            raise ShareRefused("another-kind", "this is no share of two out of three") from None
        raise ShareRefused("checksum", "the words do not fit together: one at least is another") from None
    if (parsed.group_count, parsed.group_threshold, parsed.member_threshold) != (1, 1, THRESHOLD) or (
        parsed.index >= SHARES
    ):
        raise ShareRefused("another-kind", "this is no share of two out of three")
    return Share(parsed.index + 1, parsed.identifier, tuple(whole))


def combine(first: Share, second: Share) -> bytes:
    """Return the secret. Raises `ShareRefused`: `same-share`, `another-splitting`, `digest`."""
    if first.splitting != second.splitting:
        raise ShareRefused("another-splitting", "these two shares are not of the same ceremony")
    if first.number == second.number:
        raise ShareRefused("same-share", f"this is share {first.number} again; another one is needed")
    try:
        return bytes(combine_mnemonics([" ".join(share.words) for share in (first, second)]))
    except MnemonicError:
        raise ShareRefused("digest", "each share is whole, but they do not belong together") from None
