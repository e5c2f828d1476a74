"""Square codes in pages, read by the camera of a phone or tablet."""

from __future__ import annotations

import segno


def code_picture(text: str) -> str:
    """Return the address (`data:`) of a picture of a QR code with this text (ISO/IEC 18004, level M)."""
    return segno.make_qr(text, error="m").svg_data_uri(scale=5, border=4, dark="#20231f", light="#fff")
