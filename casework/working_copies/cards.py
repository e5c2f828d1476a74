"""Pictures with words, for films and sheets, and what draws them: whoever has the words in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

FONT = "font.ttf"
"""Name of the font, which lies beside them."""


@dataclass(frozen=True)
class Card:
    """A picture with words that has to lie beside the films. `kind`: `no-picture`, `no-sound`, `label`,
    `redacted`, `break`, `next` or `cut`; `size`: points across and down; `values`: what its words name."""

    name: str
    kind: str
    size: tuple[int, int]
    values: Mapping[str, str] = field(default_factory=dict)


Cards: TypeAlias = "Callable[[Sequence[Card]], Mapping[str, bytes]]"
"""Draws what has to lie beside the films: name → content; a PNG for each card, and the font `FONT`."""
