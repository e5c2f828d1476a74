"""Near-identical files have near-identical fingerprints, other files have others."""

from __future__ import annotations

import io
import random
from itertools import combinations

import pytest
from PIL import Image

from casework.received_copies import fingerprints
from casework.received_copies.fingerprints import BITS, MOST_LINES, MOST_PARTS, MOST_PICTURES, Agreement
from casework.received_copies.kinds import FILM, PAGES, PICTURE, TEXT
from tests.support.media.made_pictures import encoded, scene

CHAT = [f"30/11/26, 20:{minute:02} - Person {'AB'[minute % 2]}: line {minute}" for minute in range(60)]
PLAIN = bytes(81)
DIGITS = "0123456789abcdef" * 2


def of(image: Image.Image) -> list[str]:
    return fingerprints.of_picture(image)


def again(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def points(seed: int) -> bytes:
    return scene(seed).convert("L").resize((9, 9), Image.Resampling.BOX).tobytes()


def noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(81)


def film(seeds: range) -> list[str]:
    """That of a film with a picture of each seed."""
    return fingerprints.of_film(b"".join(points(seed) for seed in seeds))


def same(kind: str, one: list[str], other: list[str]) -> tuple[int, int] | None:
    found = fingerprints.agreement(kind, one, other)
    assert found == fingerprints.agreement(kind, other, one)
    return None if found is None else (found.same, found.parts)


@pytest.mark.parametrize("quality", [95, 75, 50, 30])
def test_a_picture_that_was_encoded_again_is_recognised_by_its_bits(quality: int) -> None:
    for seed in range(10):
        found = same(PICTURE, of(scene(seed)), of(again(encoded(scene(seed), quality=quality))))
        assert found is not None
        assert BITS - 4 <= found[0] <= found[1] == BITS


def test_a_picture_of_half_the_size_in_another_format_and_lighter_is_recognised() -> None:
    for seed in range(10):
        reduced = scene(seed).resize((320, 240), Image.Resampling.LANCZOS)
        for variant in (again(encoded(reduced, format_)) for format_ in ("PNG", "WEBP", "HEIF")):
            assert same(PICTURE, of(scene(seed)), of(variant)) is not None
        lighter = scene(seed).point(lambda value: 40 + value * 4 // 5)
        assert same(PICTURE, of(scene(seed)), of(lighter)) is not None


def test_other_pictures_and_the_same_one_rotated_or_mirrored_are_not_similar() -> None:
    for one, other in combinations(range(40), 2):
        assert same(PICTURE, of(scene(one)), of(scene(other))) is None
    for turned in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_LEFT_RIGHT):
        assert same(PICTURE, of(scene(1)), of(scene(1).transpose(turned))) is None


def test_a_picture_without_contrast_has_no_fingerprint_and_is_similar_to_nothing() -> None:
    dark = Image.new("RGB", (640, 480), (9, 8, 7))
    assert of(dark) == []
    assert same(PICTURE, of(dark), of(dark)) is None
    assert fingerprints.of_points(PLAIN) is None
    assert fingerprints.of_points(bytes(40) + bytes([16]) * 41) is not None


def test_a_film_is_recognised_by_its_pictures_also_where_its_beginning_was_cut_off() -> None:
    whole = film(range(30))
    assert same(FILM, whole, whole) == (30, 30)
    assert same(FILM, whole, film(range(12, 30))) == (18, 18)
    assert same(FILM, whole, film(range(24, 36))) == (6, 12)
    assert same(FILM, whole, film(range(25, 37))) is None
    assert same(FILM, whole, film(range(100, 130))) is None


def test_of_a_long_film_some_pictures_are_looked_for_from_its_beginning_to_its_end() -> None:
    long = film(range(200))
    assert same(FILM, long, film(range(170))) == (57, 57)
    assert same(FILM, film(range(110)), film(range(90, 200))) is None


def test_a_film_is_compared_by_a_bounded_number_of_pictures_without_repetitions_and_dark_ones() -> None:
    assert len(fingerprints.of_film(b"".join(noise(seed) for seed in range(650)))) == MOST_PICTURES
    assert fingerprints.of_film(PLAIN + points(1) * 3 + b"cut off") == [fingerprints.of_points(points(1))]
    assert fingerprints.of_film(b"") == []


def test_a_text_is_recognised_by_its_lines_whatever_their_ends_and_spaces() -> None:
    text = fingerprints.of_text("\n".join(CHAT))
    assert same(TEXT, text, fingerprints.of_text("\r\n".join(f"  {line}\t" for line in CHAT))) == (60, 60)
    longer = [*CHAT, *(f"one more, {number}" for number in range(15))]
    assert same(TEXT, text, fingerprints.of_text("\n".join(longer))) == (60, 75)
    much_longer = [*longer, *(f"and more, {number}" for number in range(30))]
    assert same(TEXT, text, fingerprints.of_text("\n".join(much_longer))) is None
    assert fingerprints.of_text(" \n\n") == []


def test_of_a_long_text_so_many_lines_are_compared_and_their_share_is_that_of_all() -> None:
    lines = [f"line {number}" for number in range(20_000)]
    text = fingerprints.of_text("\n".join(lines))
    assert len(text) == MOST_LINES
    found = same(TEXT, text, fingerprints.of_text("\n".join(lines[2000:])))
    assert found is not None
    assert found[1] == MOST_LINES
    assert found[0] / found[1] == pytest.approx(0.9, abs=0.05)
    assert same(TEXT, text, fingerprints.of_text("\n".join(lines[10_000:]))) is None


def test_pages_are_recognised_when_they_are_drawn_exactly_the_same_but_for_empty_ones() -> None:
    pages = [fingerprints.of_page(scene(seed)) or "" for seed in range(4)]
    assert len(set(pages)) == 4
    assert same(PAGES, pages, pages[1:]) == (3, 3)
    assert same(PAGES, pages, [*pages[:2], "00" * 16]) is None
    assert fingerprints.of_page(Image.new("L", (60, 80), 255)) is None
    assert fingerprints.of_page(scene(1, (320, 240))) != pages[1]


def test_nothing_of_another_form_is_taken_from_a_child() -> None:
    assert fingerprints.parsed([DIGITS] * MOST_PARTS) == [DIGITS] * MOST_PARTS
    assert fingerprints.parsed([]) == []
    for value in (None, DIGITS, [7], [DIGITS.upper()], [f"{DIGITS}\n"], ["00" * 17]):
        assert fingerprints.parsed(value) == []
    assert fingerprints.parsed(["00" * 16] * (MOST_PARTS + 1)) == []
    assert fingerprints.agreement(PICTURE, [], ["00" * 16]) is None
    assert fingerprints.agreement(PICTURE, ["00" * 16], ["00" * 14 + "ffff"]) == Agreement(112, 128)
    assert fingerprints.agreement(PICTURE, ["00" * 16], ["00" * 13 + "01ffff"]) is None
