"""The text of what people bring: every letter of it, and nothing that could deceive its reader."""

from __future__ import annotations

import pytest

from casework.received_copies.text_child import CUT, MOST_TEXT, copied
from casework.sandbox.previews_child import Unreadable

WORDS = "مرحبا، هذا نص. Hello."
MAIL = """From: =?utf-8?b?2LTYrti1?= <person@example.org>
To: other@example.org
Date: Mon, 30 Nov 2026 20:15:00 +0200
Subject: =?windows-1256?Q?=E3=D1=CD=C8=C7?=
Bcc: nobody@example.org
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=windows-1256
Content-Transfer-Encoding: 8bit

TEXT
--b
Content-Type: text/html; charset=utf-8

<p>one<script>evil()</script><br>two &amp; three</p>
--b
Content-Type: image/jpeg
Content-Disposition: attachment; filename="a.jpg"
Content-Transfer-Encoding: base64

/9j/
--b--
"""


def mail() -> bytes:
    return MAIL.encode().replace(b"TEXT", "نص".encode("windows-1256"))


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        WORDS.encode("utf-8-sig"),
        WORDS.encode("utf-16"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
    ],
)
def test_a_text_is_read_in_the_encoding_that_it_has(data: bytes) -> None:
    assert copied(data, "txt").decode() == WORDS


def test_a_declared_encoding_counts_where_it_is_not_utf_8() -> None:
    page = '<html><meta charset="windows-1256"><body>نص</body></html>'
    assert copied(page.encode("windows-1256"), "html").decode() == "نص\n"
    listed = '<?xml version="1.0" encoding="windows-1256"?><a>نص</a>'
    assert copied(listed.encode("windows-1256"), "xml").decode() == listed
    assert "\ufffd" in copied(b'<a encoding="idna">\xff</a>', "xml").decode()


def test_what_controls_or_turns_is_written_out_and_marks_of_arabic_text_stay() -> None:
    hostile = "a\u202egnp.exe\u2066b\u2069\x07\x1b[2J\u2028\ufeff\U000e0041\r\nend\r"
    assert copied(hostile.encode(), "txt").decode() == (
        "a[U+202E]gnp.exe[U+2066]b[U+2069][U+0007][U+001B][2J[U+2028][U+FEFF][U+E0041]\nend\n"
    )
    persian = "می\u200cخواهم \u200eabc\u200f"
    assert copied(persian.encode(), "txt").decode() == persian


def test_of_a_mail_the_heads_and_each_text_are_read_and_the_rest_is_named() -> None:
    assert copied(mail(), "eml").decode() == (
        "From: شخص <person@example.org>\n"
        "To: other@example.org\n"
        "Date: Mon, 30 Nov 2026 20:15:00 +0200\n"
        "Subject: مرحبا\n"
        "\n[text/plain]\nنص"
        "\n[text/html]\none\ntwo & three\n"
        "\n[image/jpeg a.jpg]\n"
    )


def test_of_a_mailbox_every_mail_is_read() -> None:
    box = b"".join(b"From x@y Tue Dec  1\nSubject: %d\n\nbody %d\n" % (n, n) for n in (1, 2))
    text = copied(box, "mbox").decode()
    assert text == "Subject: 1\n\n[text/plain]\nbody 1\n\n\nSubject: 2\n\n[text/plain]\nbody 2\n"


@pytest.mark.parametrize("line", ["أ" * 1000 + "\n", "a\r\n"])
def test_a_long_text_is_cut_between_letters_and_says_so(line: str) -> None:
    whole = line * (3 * MOST_TEXT // len(line.encode()))
    text = copied(whole.encode(), "txt").decode()
    assert text.endswith(CUT)
    assert MOST_TEXT - 3 < len(text.removesuffix(CUT).encode()) <= MOST_TEXT
    assert whole.replace("\r", "").startswith(text.removesuffix(CUT))


@pytest.mark.parametrize(
    "hostile",
    [
        b"--b\n".join([b"Content-Type: multipart/mixed; boundary=b\n\n"] * 1000),
        b"From: " + b"<" * 50_000 + b"\n\nbody",
        b"Date: " + b"(" * 10_000 + b"\n\nbody",
    ],
    ids=["nested", "addresses", "comments"],
)  # fmt: skip
def test_a_hostile_mail_is_a_text_or_is_refused(hostile: bytes) -> None:
    try:
        assert copied(hostile, "eml").decode()
    except Unreadable as refused:
        assert str(refused) == "not-readable"


def test_where_there_is_no_text_there_is_no_copy() -> None:
    with pytest.raises(Unreadable):
        copied(b"", "mbox")
