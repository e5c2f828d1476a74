"""The harnesses that ask both verifiers: apart from `harnesses.HARNESSES`, since they start Node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.fuzz import packages_in_both, readers_in_both, stories, timestamps_in_both

IN_BOTH: Mapping[str, tuple[Callable[[bytes], object], Callable[[], Sequence[bytes]]]] = {
    "timestamps_in_both": (timestamps_in_both.timestamps_in_both, timestamps_in_both.seeds),
    "packages_in_both": (packages_in_both.packages_in_both, stories.seeds),
    **{
        f"{name}_in_both": (readers_in_both.harness(name), reader.seeds)
        for name, reader in readers_in_both.READERS.items()
    },
}
"""Name → the harness, and what makes its seeds."""
