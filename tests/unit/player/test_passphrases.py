"""New passphrases: eight words of a list that everybody has, each drawn by chance."""

from __future__ import annotations

from mnemonic import Mnemonic

from chain_of_custody.encoding.passphrase import normalise
from player.package.passphrase import new_passphrase


def test_a_new_passphrase_is_eight_words_of_the_list() -> None:
    words = new_passphrase().split(" ")
    assert len(words) == 8
    assert set(words) <= set(Mnemonic("english").wordlist)


def test_a_new_passphrase_is_in_the_form_it_is_used_in() -> None:
    passphrase = new_passphrase()
    assert normalise(passphrase) == passphrase.encode()


def test_each_word_has_eleven_bits() -> None:
    assert len(set(Mnemonic("english").wordlist)) == 2**11
    # Of 4000 draws from 2048 words, some 1760 are different; from half as many words it would be fewer.
    drawn = {word for _ in range(500) for word in new_passphrase().split(" ")}
    assert len(drawn) > 1500
