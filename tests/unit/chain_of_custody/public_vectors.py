"""The public corpora, where they lie beside the checkout; in CI they must."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def public_vectors(name: str) -> Path:
    folder = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / name
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the public vectors {name} must be there in CI")
        pytest.skip(f"the public vectors {name} are not beside this checkout")
    return folder
