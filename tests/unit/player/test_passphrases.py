"""New passphrases: nine numbers, each drawn by chance."""

from __future__ import annotations

from chain_of_custody.encoding.passphrase import LANGUAGES, in_words, normalise
from player.package.passphrase import new_passphrase


def test_a_new_passphrase_is_nine_numbers_in_the_form_they_are_used_in() -> None:
    passphrase = new_passphrase()
    assert len(passphrase.split(" ")) == 9
    assert normalise(passphrase) == passphrase.encode()


def test_the_words_of_either_language_are_the_same_passphrase() -> None:
    passphrase = new_passphrase()
    for language in LANGUAGES:
        assert normalise(" ".join(in_words(passphrase, language))) == passphrase.encode()


def test_each_number_has_ten_bits() -> None:
    # Of 4500 draws from 1024 numbers, some 1011 are different; from half as many it would be at most 512.
    drawn = {number for _ in range(500) for number in new_passphrase().split(" ")}
    assert len(drawn) > 900
    assert drawn <= {f"{number:04}" for number in range(1, 1025)}
