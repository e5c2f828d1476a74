"""Writes a PDF of nothing but pictures, one JPEG on each page: the form of docs/spec/manifest.md, section 7.

No script, link, form, font or text is in it. The same pages give the same bytes, whenever they are written.
Source: ISO 32000-1, 7.5 (file structure) and 8.9.5 (images).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One picture: a JPEG in RGB of this many pixels. `points`: width and height on paper, in 1/72 inch."""

    points: tuple[float, float]
    pixels: tuple[int, int]
    picture: bytes


def written(pages: Iterable[Page]) -> bytes:
    """Return the file."""
    out, places = io.BytesIO(), {}

    def add(number: int, content: bytes) -> None:
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))

    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    kids = []
    for count, page in enumerate(pages):
        first = 3 + 3 * count
        kids.append(b"%d 0 R" % first)
        add(
            first,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R"
            b" /Resources << /XObject << /Picture %d 0 R >> >> >>" % (*page.points, first + 1, first + 2),
        )
        add(first + 1, _stream(b"", b"%.2f 0 0 %.2f 0 0 cm /Picture Do" % page.points))
        add(
            first + 2,
            _stream(
                b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB"
                b" /BitsPerComponent 8 /Filter /DCTDecode " % page.pixels,
                page.picture,
            ),
        )
    add(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    add(2, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids)))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    for number in sorted(places):
        out.write(b"%010d 00000 n \n" % places[number])
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table))
    return out.getvalue()


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)
