"""Our own drawings of a body, for pages and papers: outlines on which a pin says where an injury is.

Sides are hers: "left" is the side of her left hand. No drawing is mirrored, whatever the direction of a page.
"""

from __future__ import annotations

import functools
from importlib.resources import files


@functools.cache
def drawing(figure: str, side: str) -> str:
    """Return the SVG element of a figure's side (`exam_sets.FIGURES`, `exam_sets.SIDES`)."""
    return files("casework").joinpath("photographs", "drawings", f"{figure}-{side}.svg").read_text("utf-8")
