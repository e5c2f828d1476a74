"""The pages of documents that people bring: each as a picture, with what was filled in, and nothing else."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pypdfium2
import pytest
import typst
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from casework.received_copies import pages_child
from casework.received_copies.pages_child import SIDE, copied
from casework.received_copies.picture_pdf import Page, written
from casework.sandbox.previews_child import Unreadable
from tests.support.media.made_pictures import picture

REPORT = b"""#set document(
  title: "A report", author: "Person A", date: datetime(year: 2026, month: 11, day: 30))
#set page(width: 595pt, height: 842pt)
= Report
#rect(width: 100%, height: 300pt, fill: red)
#pagebreak()
#set page(width: 842pt, height: 595pt)
second page"""
FORM = b"""%PDF-1.7
1 0 obj << /Type /Catalog /Pages 2 0 R
  /AcroForm << /Fields [4 0 R] /DR << /Font << /F 6 0 R >> >> /DA (/F 40 Tf) >>
  /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Annots [4 0 R] >> endobj
4 0 obj << /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (XXXX) /DA (/F 40 Tf 1 0 0 rg) /F 4
  /Rect [0 0 200 100] /P 3 0 R /AP << /N 5 0 R >> >> endobj
5 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 200 100] /Length 32 >> stream
1 0 0 rg 20.00 20.00 160 60 re f
endstream endobj
6 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R /Size 7 >>
"""
HUGE = FORM.replace(b"[0 0 200 100] /Annots", b"[0 0 14400 14400] /Annots")
MANY = b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n" + (
    b"2 0 obj << /Type /Pages /Kids [" + b"3 0 R " * 501 + b"] /Count 501 >> endobj\n"
    b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >> endobj\ntrailer << /Root 1 0 R /Size 4 >>\n"
)


@pytest.fixture(scope="module")
def report() -> bytes:
    return typst.compile(REPORT)


def pages(copy: bytes) -> list[Image.Image]:
    """The pages, as another program draws them at one pixel for each point."""
    return [page.render(scale=1).to_pil() for page in pypdfium2.PdfDocument(copy)]


def copy_of(data: bytes, format_: str = "pdf") -> bytes:
    [copy] = copied(data, format_)[1]
    return copy


def test_each_page_is_a_picture_of_its_own_size_and_shows_what_it_showed(report: bytes) -> None:
    said, [copy] = copied(report, "pdf")
    assert (said["read"]["Title"], said["read"]["Author"]) == ("A report", "Person A")
    first, second = pages(copy)
    assert (first.size, second.size) == ((595, 842), (842, 595))
    red = [first.getpixel(place) for place in ((300, 250), (300, 700))]
    assert red[0] == pytest.approx((255, 65, 54), abs=4)
    assert red[1] == pytest.approx((255, 255, 255), abs=4)
    assert copy.count(f"/Height {SIDE} ".encode()) == copy.count(f"/Width {SIDE} ".encode()) == 1


def test_a_copy_has_pictures_and_nothing_else_and_is_the_same_each_time(report: bytes) -> None:
    copy = copy_of(report)
    assert copy == copy_of(report)
    outside = re.sub(rb"stream\n.*?\nendstream", b"", copy, flags=re.DOTALL)
    assert set(re.findall(rb"/[A-Z]\w+", outside)) == {
        *(b"/Type", b"/Catalog", b"/Pages", b"/Count", b"/Kids", b"/Page", b"/Parent", b"/MediaBox"),
        *(b"/Contents", b"/Resources", b"/XObject", b"/Picture", b"/Subtype", b"/Image"),
        *(
            b"/Width",
            b"/Height",
            b"/ColorSpace",
            b"/DeviceRGB",
            b"/BitsPerComponent",
            b"/Filter",
            b"/DCTDecode",
            b"/Length",
        ),
        *(b"/Size", b"/Root"),
    }
    for word in (b"A report", b"Person A", b"2026"):
        assert word not in copy


def test_the_table_of_a_copy_says_where_each_object_is(report: bytes) -> None:
    copy = copy_of(report)
    table = int(copy.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    places = [int(line[:10]) for line in copy[table:].split(b"\n")[3:11]]
    for number, place in enumerate(places, 1):
        assert copy[place:].startswith(b"%d 0 obj\n" % number)
    assert all(earlier < later for earlier, later in pairwise(sorted(places)))
    reader = PdfFileReader(io.BytesIO(copy))  # another reader, which is strict
    assert reader.root["/Pages"]["/Count"] == 2


def test_what_was_filled_into_a_form_is_shown_and_no_script_is_kept() -> None:
    copy = copy_of(FORM)
    [page] = pages(copy)
    assert page.getpixel((100, 50)) == pytest.approx((255, 0, 0), abs=6)
    assert b"JavaScript" not in copy


def test_a_large_page_is_reduced_and_a_small_one_hardly_enlarged() -> None:
    assert f"/Width {SIDE} /Height {SIDE}".encode() in copy_of(HUGE)
    assert b"/Width 600 /Height 300" in copy_of(FORM)


def test_each_picture_of_a_tiff_is_a_page() -> None:
    frames = [Image.new("L", (1700, 2200), colour) for colour in (255, 0)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    white, black = pages(copy_of(out.getvalue(), "tiff"))
    assert white.getpixel((50, 50)) == (255, 255, 255)
    assert black.getpixel((50, 50)) == (0, 0, 0)


def test_metadata_of_a_tiff_is_read() -> None:
    assert copied(picture("TIFF"), "tiff")[0]["read"]["Make"] == "Camera A"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", FORM[:200], MANY[:120], b"%PDF-" + bytes(range(256)) * 40])
def test_what_is_no_document_is_not_readable(data: bytes) -> None:
    with pytest.raises(Unreadable, match="not-readable"):
        copied(data, "pdf")


def test_a_document_with_a_password_is_not_readable(report: bytes) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(report)))
    writer.encrypt("of the owner", "of the user")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(Unreadable, match="not-readable"):
        copied(out.getvalue(), "pdf")


def test_too_many_pages_or_bytes_are_too_large(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable, match="too-large"):
        copied(MANY, "pdf")
    monkeypatch.setattr(pages_child, "MOST_BYTES", 1000)
    with pytest.raises(Unreadable, match="too-large"):
        copied(report, "pdf")


def test_a_file_of_pictures_is_in_the_form_that_is_specified() -> None:
    made = written([Page((10, 20), (1, 2), b"first"), Page((30, 40), (3, 4), b"second")])
    assert made.startswith(b"%PDF-1.4\n")
    assert b"<< /Type /Pages /Count 2 /Kids [3 0 R 6 0 R] >>" in made
    assert (
        b"8 0 obj\n<< /Type /XObject /Subtype /Image /Width 3 /Height 4 /ColorSpace /DeviceRGB"
        b" /BitsPerComponent 8 /Filter /DCTDecode /Length 6 >>\nstream\nsecond\nendstream\nendobj\n"
    ) in made
