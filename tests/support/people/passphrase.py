"""The passphrase of every center that tests make."""

from __future__ import annotations

PASSPHRASE = "seven words that nobody else would think of"
