"""Shares of words: the specification's vectors, and whatever people do to words."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from vault.sealing.slip39 import WORDS, ShareRefused, combine, complete, parse, split, written_words

FILE = json.loads((Path(__file__).parent / "vectors" / "slip39.json").read_text())
SECRET = bytes(range(32))


@pytest.mark.parametrize(("shares", "secret"), FILE["vectors"])
def test_the_arithmetic_is_that_of_the_specifications_vectors(shares: list[str], secret: str) -> None:
    if secret:
        assert combine_mnemonics(shares, FILE["passphrase"].encode()).hex() == secret
        return
    with pytest.raises(MnemonicError):
        combine_mnemonics(shares, FILE["passphrase"].encode())


@settings(max_examples=10, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_any_two_of_three_give_the_secret_in_any_order(secret: bytes) -> None:
    shares = split(secret)
    assert [share.number for share in shares] == [1, 2, 3]
    for one, other in itertools.permutations(shares, 2):
        assert combine(one, other) == secret
        assert combine(parse(one.words), parse([word[:4] for word in other.words])) == secret


def test_a_share_of_the_same_secret_is_another_each_time() -> None:
    assert len({tuple(share.words) for _ in range(3) for share in split(SECRET)}) == 9


def test_four_letters_tell_every_word_from_all_others() -> None:
    for word in WORDLIST:
        assert complete(word, 1) == complete(word[:4].upper(), 1) == word


@pytest.mark.parametrize(
    ("word", "meant"),
    [("acadmic", "academic"), ("acadx", "academic"), ("xxxx", ""), ("الشاهد", ""), ("", "")],
)
def test_a_word_that_is_not_on_the_list_is_named_with_its_place(word: str, meant: str) -> None:
    with pytest.raises(ShareRefused, match="word 7, ") as caught:
        complete(word, 7)
    assert (caught.value.wrong, caught.value.position, caught.value.meant) == ("word", 7, meant)


def test_numbers_and_points_between_words_do_not_count() -> None:
    words = list(split(SECRET)[0].words)
    sheet = "\n".join(f"{number:2}. {word}" for number, word in enumerate(words, 1))
    assert written_words(sheet) == words


def test_a_word_that_was_exchanged_is_found_whichever_it_is() -> None:
    words = list(split(SECRET)[0].words)
    for position in range(WORDS):
        wrong = list(words)
        wrong[position] = WORDLIST[(WORDLIST.index(words[position]) + 1) % len(WORDLIST)]
        with pytest.raises(ShareRefused, match="do not fit together") as caught:
            parse(wrong)
        assert caught.value.wrong == "checksum"
    swapped = [words[1], words[0], *words[2:]]
    if swapped != words:
        with pytest.raises(ShareRefused):
            parse(swapped)


def test_too_few_words_and_too_many_are_counted() -> None:
    words = split(SECRET)[0].words
    for wrong in (words[:-1], [*words, words[0]], []):
        with pytest.raises(ShareRefused, match=f"these are {len(wrong)}") as caught:
            parse(wrong)
        assert (caught.value.wrong, caught.value.position) == ("count", len(wrong))


def test_a_share_of_another_kind_is_none_of_ours() -> None:
    for groups in ([(3, 5)], [(1, 1)], [(2, 5)]):
        text = generate_mnemonics(1, groups, SECRET)[0][-1]
        with pytest.raises(ShareRefused) as caught:
            parse(text.split())
        assert caught.value.wrong == "another-kind"


def test_shares_that_do_not_belong_together_are_told_apart() -> None:
    shares, others = split(SECRET), split(SECRET)
    with pytest.raises(ShareRefused, match="share 1 again") as caught:
        combine(shares[0], shares[0])
    assert caught.value.wrong == "same-share"
    with pytest.raises(ShareRefused, match="not of the same ceremony") as caught:
        combine(shares[0], others[1])
    assert caught.value.wrong == "another-splitting"


def test_no_word_of_a_share_is_in_what_is_said_of_it() -> None:
    message = {"the", "words", "do", "not", "fit", "together", "one", "at", "least", "is", "another"}
    share = split(SECRET)[0]
    wrong = [*share.words[:-1], WORDLIST[(WORDLIST.index(share.words[-1]) + 1) % len(WORDLIST)]]
    with pytest.raises(ShareRefused) as caught:
        parse(wrong)
    told = f"{caught.value} {share!r}"
    assert not [word for word in share.words if word in set(re.findall("[a-z]+", told)) - message]
