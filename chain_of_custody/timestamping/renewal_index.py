"""An index that finds the timestamp that renews another one, without a linear search.

A package may contain thousands of tokens, each renewed by the next. With a linear search for each token, the
author of a package could keep a verifier busy for as long as they like.

Trusts: the tokens, which `token_verification` has proved.

Specification: docs/spec/time.md, section 5; Fenwick, "A new data structure for cumulative frequency tables"
(1994).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from chain_of_custody.timestamping.stamp import Stamp


class Successors:
    """Finds, among tokens ordered by size, the earliest over a larger tree that was made in time.

    A Fenwick tree over the places, from the largest tree down: each node has the tokens of a range ordered by
    their `latest`, and for each the earliest among those up to it. Building takes O(n log n), a query
    O(log² n).
    """

    def __init__(self, ordered: Sequence[Stamp]) -> None:
        self._ordered = ordered
        self._sizes = [stamp.size for stamp in ordered]
        self._latest: list[list[datetime]] = [[] for _ in range(len(ordered) + 1)]
        self._earliest: list[list[int]] = [[] for _ in range(len(ordered) + 1)]
        for place in sorted(range(len(ordered)), key=lambda place: ordered[place].token.latest):
            node = len(ordered) - place
            while node <= len(ordered):
                before = self._earliest[node][-1:]
                self._latest[node].append(ordered[place].token.latest)
                self._earliest[node].append(min((*before, place), key=self._rank))
                node += node & -node

    def earliest(self, size: int, until: datetime) -> Stamp | None:
        """Return the earliest token over a tree larger than `size` whose stated time is before `until`."""
        candidates: list[int] = []
        node = len(self._ordered) - bisect_right(self._sizes, size)
        while node:
            if timely := bisect_left(self._latest[node], until):
                candidates.append(self._earliest[node][timely - 1])
            node -= node & -node
        return self._ordered[min(candidates, key=self._rank)] if candidates else None

    def _rank(self, place: int) -> tuple[datetime, int]:
        return self._ordered[place].token.at, place
