"""Cards of a composed film and of a comparison sheet: pictures with words, typeset like the papers, in Arabic
and English."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import typst

from casework.working_copies.cards import FONT, Card
from player.papers.typeset import FOLDER

_FONT = FOLDER / "fonts" / "NotoNaskhArabic-Regular.ttf"
_POINT = 72
"""Pixels per inch: one pixel is one point of the page."""


def draw(cards: Sequence[Card]) -> Mapping[str, bytes]:
    """Draw a PNG for each card, by its name, and the font of a film's clock. The same bytes every time."""
    return {card.name: _drawn(card) for card in cards} | {FONT: _FONT.read_bytes()}


def _drawn(card: Card) -> bytes:
    facts = {"kind": card.kind, "size": list(card.size), "values": dict(card.values)}
    return typst.compile(
        FOLDER / ("sheet-card.typ" if card.kind.startswith("sheet-") else "card.typ"),
        root=FOLDER,
        font_paths=[FOLDER / "fonts"],
        ignore_system_fonts=True,
        format="png",
        ppi=_POINT,
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
