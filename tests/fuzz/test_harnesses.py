"""What `make fuzz` runs for hours, for a moment: seeds are read, altered ones bring our own errors only."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import CustodyError
from tests.fuzz.alterations import PIECES
from tests.fuzz.harnesses import HARNESSES

LONG_LENGTH = b"\x30\x84\xff\xff\xff\xff"
"""The head of a sequence in DER that is four gigabytes long."""

WHOLE = ("package", "excerpt_package")
"""Harnesses that take a hundredth of a second and more for each try."""


@pytest.mark.parametrize("name", HARNESSES)
def test_every_seed_is_read(name: str) -> None:
    read, seeds = HARNESSES[name]
    given_seeds = seeds()
    assert given_seeds
    for seed in given_seeds:
        read(seed)


@pytest.mark.parametrize("name", HARNESSES)
def test_of_altered_seeds_only_our_own_errors_come(name: str) -> None:
    read, seeds = HARNESSES[name]

    @settings(
        max_examples=20 if name in WHOLE else 75,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(altered(seeds()))
    def tried(data: bytes) -> None:
        try:
            read(data)
        except CustodyError as error:
            assert str(error)

    tried()


@st.composite
def altered(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with a few places cut, repeated, or overwritten with what is likely to be wrong there."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 40)))
        piece = draw(
            st.binary(max_size=8) | st.sampled_from((*PIECES, LONG_LENGTH)) | st.just(data[at:end] * 2)
        )
        data = data[:at] + piece + data[draw(st.sampled_from((at, end, min(len(data), at + len(piece))))) :]
    return data
