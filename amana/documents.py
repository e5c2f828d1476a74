"""Where the guide's texts and pictures are: `guide/LANGUAGE/NAME.md` and `pictures/guide/NAME.webp`.

Both are below `docs` of the sources. A wheel has a copy of them in this package (`setup.py`).
"""

from __future__ import annotations

from pathlib import Path


def _folder() -> Path:
    packaged = Path(__file__).parent / "docs"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "docs"


GUIDE = _folder() / "guide"
"""Folder of the texts, by language."""
PICTURES = _folder() / "pictures" / "guide"
"""Folder of the pictures in them."""
