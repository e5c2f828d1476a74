"""Cards (pictures with words) for films and sheets, and the type of the function that draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

FONT = "font.ttf"
"""Name of the font file, in the same folder."""


@dataclass(frozen=True)
class Card:
    """A picture with words, needed in the folder of the films. `kind`: `no-picture`, `no-sound`, `label`,
    `redacted`, `break`, `next` or `cut`; `size`: points across and down; `values`: for its words."""

    name: str
    kind: str
    size: tuple[int, int]
    values: Mapping[str, str] = field(default_factory=dict)


Cards: TypeAlias = "Callable[[Sequence[Card]], Mapping[str, bytes]]"
"""Draws the files needed beside the films: name → content; a PNG for each card, and the font `FONT`."""
