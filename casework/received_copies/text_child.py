"""Copies the text of one received file and exits. It runs in a sandbox (`casework.sandbox.entry`) as
`text_child FORMAT`, reads the standard input and writes the standard output: a line of JSON with the
fingerprint of the text (`fingerprints`), then UTF-8.

- Encoding: UTF-8, or UTF-16 with a byte order mark; else the one that the file declares, if it is known; what
  is undecodable becomes U+FFFD.
- E-mail (RFC 5322, RFC 2045): From, To, Cc, Date and Subject, then each part that is text. Of other parts
  name and type are listed.
- HTML: its text, without scripts and styles.
- Characters that control, or that turn the direction of what follows, are written out, as `[U+202E]`.
"""

from __future__ import annotations

import codecs
import email.parser
import email.policy
import re
import sys
import unicodedata
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from casework.received_copies import fingerprints
from casework.sandbox.previews_child import Unreadable, answer

MOST_TEXT = 4 * 1024**2
"""Maximum bytes of the copy, before the line which says that it was cut."""
CUT = "\n\n[…] النص أطول من هذا. · The text is longer than this.\n"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD = 4096
"""Bytes in which a file declares its encoding."""
_CHARSETS = ("cp", "iso8859", "koi8", "mac-", "utf-8", "utf-16", "ascii", "gb", "big5", "shift_jis", "euc")
"""Beginnings of Python's names of encodings that are taken from a declaration."""
_MARKS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Format characters that ordinary Arabic and Persian text has, and that turn nothing that follows."""
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Unicode's categories of controls, format characters, surrogates, and separators of lines and paragraphs."""
_BLOCKS = frozenset(("br", "div", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"))
_UNSHOWN = frozenset(("script", "style", "template"))


def main(format: str) -> int:  # noqa: A002  # the field's own name
    """Write the copy; returns 0, or 1 if the file has no text that can be read."""
    return answer(lambda: _copy(sys.stdin.buffer.read(), format))


def _copy(data: bytes, format: str) -> tuple[dict[str, Any], list[bytes]]:  # noqa: A002
    copy = copied(data, format)
    return {"fingerprint": fingerprints.of_text(copy.decode()), "read": {}}, [copy]


def copied(data: bytes, format: str) -> bytes:  # noqa: A002
    """Return the copy of a file of this format. Raises `Unreadable`."""
    size, lines = 0, []
    try:
        for text in _texts(data, format):
            line = visible(text[: 2 * MOST_TEXT + 2]).encode()  # a line end of two characters becomes one
            size += len(line)
            lines.append(line)
            if size > MOST_TEXT:
                whole = b"".join(lines)[:MOST_TEXT].decode(errors="ignore")
                return (whole + CUT).encode()
    except MemoryError:
        raise
    except Exception as broken:  # the parser of e-mail raises errors of every kind on hostile bytes
        raise Unreadable("not-readable") from broken
    if not size:
        raise Unreadable("not-readable")
    return b"".join(lines)


def decoded(data: bytes, declared: str | None = None) -> str:
    """Return bytes as text. `declared`: the encoding that the file names."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_known(declared) or "utf-8-sig", "replace")


def visible(text: str) -> str:
    """Return text whose lines end with line feeds, without a character that controls or turns."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign if _is_plain(sign) else f"[U+{ord(sign):04X}]" for sign in lines)


def _is_plain(sign: str) -> bool:
    return (
        sign in "\t\n" or sign in _MARKS or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )


def _known(declared: str | None) -> str | None:
    try:
        name = codecs.lookup(declared or "").name
    except LookupError:
        return None
    return name if name.startswith(_CHARSETS) else None


def _texts(data: bytes, format: str) -> Iterator[str]:  # noqa: A002
    """Yield the text of the file, part by part."""
    match format:
        case "eml":
            yield from _message(data)
        case "mbox":
            for number, message in enumerate(re.split(rb"(?m)^From .*\n", data)[1:]):
                yield "\n\n" if number else ""
                yield from _message(message)
        case "html":
            yield html_text(decoded(data, _declared(data)))
        case _:
            yield decoded(data, _declared(data))


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_HEAD])
    return found[1].decode("ascii") if found else None


def _message(data: bytes) -> Iterator[str]:
    message = email.parser.BytesParser(EmailMessage, policy=email.policy.default).parsebytes(data)
    for name in _HEADERS:
        for value in message.get_all(name, ()):
            yield f"{name}: {value}\n"
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        yield f"\n[{kind}{_name_of(part)}]\n"
        if part.get_content_maintype() == "text":
            content = part.get_payload(decode=True)
            text = decoded(content if isinstance(content, bytes) else b"", part.get_content_charset())
            yield html_text(text) if kind == "text/html" else text


def _name_of(part: EmailMessage) -> str:
    name = part.get_filename()
    return f" {name}" if name else ""


def html_text(source: str) -> str:
    """Return the text of an HTML document."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.texts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSHOWN:
            self._unshown += 1
        elif tag in _BLOCKS:
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._unshown = max(0, self._unshown - 1)
        elif tag in _BLOCKS:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self.texts.append(data.replace("\n", " "))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
