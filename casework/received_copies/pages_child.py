"""Copies the pages of one received document and exits. It runs in a sandbox (`casework.sandbox.entry`) as
`pages_child FORMAT`, reads the standard input and writes the standard output: a line of JSON with what the
document says of itself (`read`) and its fingerprint (`fingerprints`), then a PDF of pictures (`picture_pdf`).

- PDF: each page as PDFium draws it, with what was filled into its forms. PDFium runs none of its scripts, and
  follows no link of it.
- TIFF: each of its pictures, as a page.

A document with a password cannot be read.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from casework.received_copies import fingerprints
from casework.received_copies.picture_pdf import Page, written
from casework.sandbox.previews_child import MAX_WHOLE, Unreadable, answer, metadata, opened, reduced

SIDE = 1754
"""Maximum pixels of the longer side of a page: A4 at 150 for each inch."""
MOST_ENLARGED = 3.0
"""Maximum pixels for each point (1/72 inch): a small page does not become a large picture."""
MOST_PAGES = 500
MOST_BYTES = 255 * 1024**2
"""Maximum bytes of all pages."""
QUALITY = 80
_POINT = 72 / 150
"""Points for each pixel of a page that names no size on paper."""


def main(format: str) -> int:  # noqa: A002  # the field's own name
    """Write the copy; returns 0, or 1 if the document cannot be read."""
    return answer(lambda: copied(sys.stdin.buffer.read(), format))


def copied(data: bytes, format: str) -> tuple[dict[str, Any], list[bytes]]:  # noqa: A002
    """Return what the document says of itself and its fingerprint, and its copy. Raises `Unreadable`."""
    said: dict[str, str] = {}
    drawn: list[str | None] = []
    pages = _drawn(data, said, drawn) if format == "pdf" else _pictures(data, format, said, drawn)
    copy = written(_bounded(pages))
    return {"fingerprint": [part for part in drawn if part is not None], "read": said}, [copy]


def _bounded(pages: Iterator[Page]) -> Iterator[Page]:
    size = 0
    for page in pages:
        size += len(page.picture)
        if size > MOST_BYTES:
            raise Unreadable("too-large")
        yield page


def _drawn(data: bytes, said: dict[str, str], drawn: list[str | None]) -> Iterator[Page]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        _require_few(len(document))
        if not len(document):
            raise Unreadable("not-readable")
        said.update(_without_empty(document.get_metadata_dict()))
        document.init_forms()
        for number in range(len(document)):
            page = document[number]
            width, height = page.get_size()
            scale = min(SIDE / max(width, height, 1), MOST_ENLARGED)
            shown = page.render(scale=scale, rev_byteorder=True).to_pil()
            drawn.append(fingerprints.of_page(shown))
            yield Page((width, height), shown.size, _jpeg(shown))
            page.close()
    except pypdfium2.PdfiumError as broken:
        raise Unreadable("not-readable") from broken


def _pictures(
    data: bytes,
    format: str,  # noqa: A002
    said: dict[str, str],
    drawn: list[str | None],
) -> Iterator[Page]:
    with opened(data, format, MAX_WHOLE) as image:
        _require_few(image.n_frames)
        said.update(metadata(image))
        for number in range(image.n_frames):
            image.seek(number)
            if image.width * image.height > MAX_WHOLE:
                raise Unreadable("too-large")
            shown = reduced(image.copy(), SIDE)
            drawn.append(fingerprints.of_page(shown))
            yield Page((shown.width * _POINT, shown.height * _POINT), shown.size, _jpeg(shown))


def _require_few(pages: int) -> None:
    if pages > MOST_PAGES:
        raise Unreadable("too-large")


def _without_empty(said: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in said.items() if text}


def _jpeg(image: Any) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
