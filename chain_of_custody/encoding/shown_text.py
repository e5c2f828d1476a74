"""Text that people wrote, as reports and pages show it: without characters that would change the text around
it.

Specification: docs/spec/manifest.md, "Text as it is shown". The scripts have the same in `page/words.js`;
both pass `tests/vectors/shown-text`. Ranges are listed, since a property of Unicode covers more in later
versions.
"""

from __future__ import annotations

import re

LONGEST = 500
"""Maximum characters of a text that are shown: as many as a question may have."""

_REPLACED = re.compile(
    "["
    "\u0000-\u001f\u007f-\u009f"  # controls
    "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"  # spaces other than U+0020
    "\u00ad\u061c\u180e\u200b\u200e\u200f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # invisible
    "\u2028-\u202e\u2060-\u206f"  # line ends; marks, overrides and isolates of direction
    "\ud800-\udfff"  # halves of a surrogate pair
    "]"
)


def plain(text: str) -> str:
    """Return `text` with a space in the place of each character that is not shown as it is."""
    return _REPLACED.sub(" ", text)


def printable(text: str) -> str:
    """Return what is shown of a text of any length: at most `LONGEST` characters."""
    return plain(text[:LONGEST])
