"""Cards of a composed film and of a comparison sheet: pictures with words, typeset like the papers, in Arabic
and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casework.working_copies.cards import FONT, Card
from player.papers.typeset import FOLDER, compiled

_FONT = FOLDER / "fonts" / "NotoNaskhArabic-Regular.ttf"
_POINT = 72
"""Pixels per inch: one pixel is one point of the page."""


def draw(cards: Sequence[Card]) -> Mapping[str, bytes]:
    """Draw a PNG for each card, by its name, and the font of a film's clock. The same bytes every time."""
    return {card.name: _drawn(card) for card in cards} | {FONT: _FONT.read_bytes()}


def _drawn(card: Card) -> bytes:
    facts = {"kind": card.kind, "size": list(card.size), "values": dict(card.values)}
    source = "sheet-card" if card.kind.startswith("sheet-") else "card"
    return compiled(source, facts, format="png", ppi=_POINT)
