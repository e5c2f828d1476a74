"""Send requested files to a center of Amana by the link of the request. One file, which needs Python alone.

    python3 amana-intake.py https://amana.example/give#TOKEN --giver "Company, records office" FILE FOLDER …
    python3 amana-intake.py https://amana.example/give#TOKEN --list files.csv

Each file is read once for its SHA-256, which goes onto the receipt; then it is sent in pieces. Each is
durable at the center before it is acknowledged; the next one is sent meanwhile. After a cut it continues
by itself, after a new start where it was. A file counts as sealed when the center has sealed a file with
exactly this digest. `sha256sum -c RECEIPT` checks the receipt against the files.

A list is CSV in UTF-8 with a heading: `file` (relative to the list), and any of `giver`, `place`, `device`,
`basis`, `said`; an empty one takes the value of the option.

Exit code 0 only if every file is sealed.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import os
import re
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from urllib.parse import urlsplit

BLOCK = 4 * 1024 * 1024
"""Bytes of a file that are read at a time."""
SMALLEST, FIRST, LARGEST = 256 * 1024, 1024 * 1024, 16 * 1024 * 1024
"""Bytes of a piece: they grow while the line is quick, and shrink where it is slow. Two of the largest are
under way at a time, of the others one."""
QUICK, SLOW = 3.0, 20.0
"""Seconds until a piece is acknowledged, below which the next is larger and above which it is smaller."""
WITHIN = 120.0
"""Seconds without an answer after which a connection counts as cut."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""Hosts to which nothing leaves this machine: for these alone a link may begin with http://."""
LONGEST_NAME = 255
NAMES = "surrogateescape"
"""How a receipt is encoded: it has each name byte by byte, for `sha256sum --check`."""
LONGEST_PAUSE = 30.0
TEXTS = ("giver", "place", "device", "basis", "said")
CONTINUES = frozenset(
    (
        *("out-of-order", "body-too-slow", "too-many-requests", "wrong-state", "database-away"),
        *("keyholder-away", "ledger-away", "internal", "begin-anew", "disk-full", "recording-failed"),
    )
)
"""Codes of refusals that end by themselves; all others are final."""
_LINK = re.compile(r"https?://[^/?#]+/give#([A-Za-z0-9_-]{43})")


class Refused(Exception):
    """The center refuses a file, or the request is over. Its text says what and what to do."""


class Cut(Exception):
    """No answer, or one that asks to try again."""


@dataclass(frozen=True)
class Given:
    """A file to send: where it is, its name for the center, and the texts about its origin."""

    path: Path
    name: str
    origin: Mapping[str, str]


@dataclass
class Center:
    """The center behind a link: its address, the token of the request, and the connections to it."""

    link: str
    certificate: Path | None = None
    _free: list[http.client.HTTPConnection] = field(default_factory=list, init=False)
    _asked: deque[http.client.HTTPConnection] = field(default_factory=deque, init=False)
    """Connections whose answers are due, in the order of the requests."""

    def __post_init__(self) -> None:
        """Raise `Refused` for something that is no link of a request, or one without encryption."""
        match = _LINK.fullmatch(self.link)
        if match is None:
            raise Refused("this is no link for sending files: it begins with https:// and has /give#")
        self._parts, self._token = urlsplit(self.link), match[1]
        if self._parts.scheme == "http" and self._parts.hostname not in THIS_MACHINE:
            raise Refused(
                "this link begins with http://, so others could read what is sent; ask for https://"
            )

    def ask(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        """Return the center's answer. Raises `Refused`, `Cut`."""
        self.begin(method, path, body)
        return self.answer()

    def begin(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> None:
        """Send a request, whole on return, over a connection that nothing else uses. Raises `Cut`."""
        headers = {
            "authorization": f"Bearer {self._token}",
            "origin": f"{self._parts.scheme}://{self._parts.netloc}",
            "accept": "application/json",
            "accept-language": "en",
            "content-type": kind,
        }
        with self._connected():
            self._asked.append(self._free.pop() if self._free else self._connect())
            self._asked[-1].request(method, path, body, headers)

    def answer(self) -> dict[str, Any]:
        """Return the answer to the earliest request that has none. Raises `Refused`, `Cut`."""
        with self._connected():
            answer = self._asked[0].getresponse()
            said = answer.read()
            if 300 <= answer.status < 500 and "json" not in answer.headers.get_content_type():
                raise Refused(f"no center answers there: {answer.status} {answer.reason}")
            content = json.loads(said)
            if answer.status < 300:
                self._free.append(self._asked.popleft())
                return dict(content)
            error = content.get("error", {})
            words = " ".join(str(error.get(part, "")) for part in ("what", "meaning", "todo")).strip()
            if error.get("code") in CONTINUES:
                raise Cut(words)
            raise Refused(words or f"the center answered with {answer.status}")

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Raises `Refused`, `Cut`: then no connection is left, and no answer is due."""
        try:
            yield
        except ssl.SSLCertVerificationError as unknown:
            self.disconnect()
            raise Refused(
                f"the center's certificate is not trusted here ({unknown.verify_message}): --ca"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as cut:
            self.disconnect()
            raise Cut(f"no connection ({cut or type(cut).__name__})") from None
        except (Refused, Cut):
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Close every connection; no answer is due afterwards."""
        for connection in (*self._free, *self._asked):
            connection.close()
        self._free.clear()
        self._asked.clear()

    def _connect(self) -> http.client.HTTPConnection:
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(self._parts.netloc, timeout=WITHIN)
        context = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection(self._parts.netloc, timeout=WITHIN, context=context)


def digest_of(path: Path) -> tuple[str, int]:
    """Return (SHA-256 in hexadecimal, bytes) of a file."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(BLOCK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def send(center: Center, given: Given, digest: str, size: int, tell: Callable[[str], None]) -> None:
    """Send one file until it is sealed. Raises `Refused`, `OSError` if the file cannot be read."""
    name = shown_name(given.name)[-LONGEST_NAME:]
    announced = {"name": name, "size": size, "digest": digest, "origin": given.origin}
    cuts, pace = 0, _Pace()
    with given.path.open("rb") as file:
        while True:
            try:
                for received in _progress(center, file, announced, pace):
                    cuts = 0
                    tell(f"{received * 100 // size} %")
                return
            except Cut as cut:
                cuts += 1
                pace.slower()
                tell(f"{cut}; continues by itself")
                time.sleep(min(LONGEST_PAUSE, 2.0**cuts / 2))


@dataclass
class _Pace:
    """How many bytes the next piece has."""

    size: int = FIRST

    @property
    def together(self) -> int:
        """How many pieces are under way at a time."""
        return 2 if self.size == LARGEST else 1

    def slower(self) -> None:
        self.size = max(SMALLEST, self.size // 2)

    def learn(self, seconds: float) -> None:
        """A piece was acknowledged after this time."""
        if seconds > SLOW:
            self.slower()
        elif seconds < QUICK:
            self.size = min(LARGEST, 2 * self.size)


def _progress(center: Center, file: BinaryIO, announced: Mapping[str, Any], pace: _Pace) -> Iterator[int]:
    """Send what the center does not have; yield the bytes that it has. Raises `Refused`, `Cut`."""
    size = announced["size"]
    status = center.ask("POST", "/give/uploads", json.dumps(announced).encode())
    while status["state"] != "sealed":
        upload, received = f"/give/uploads/{status['id']}", status["received"]
        if received == size:
            status = center.ask("POST", f"{upload}/finish")
            continue
        for status in _pieces(center, file, upload, range(received, size), pace):
            yield status["received"]


def _pieces(center: Center, file: BinaryIO, upload: str, due: range, pace: _Pace) -> Iterator[dict[str, Any]]:
    """Send the bytes of the file that are `due`; yield each answer. Raises `Refused`, `Cut`."""
    at, sent_at = due.start, deque[float]()
    file.seek(at)
    try:
        while at < due.stop or sent_at:
            if at < due.stop and len(sent_at) < pace.together:
                piece = file.read(min(pace.size, due.stop - at))
                if not piece:
                    raise Refused("the file became shorter while it was sent")
                sent_at.append(time.monotonic())
                center.begin("POST", f"{upload}/pieces?offset={at}", piece, "application/octet-stream")
                at += len(piece)
            else:
                status = center.answer()
                pace.learn(time.monotonic() - sent_at.popleft())
                yield status
    finally:
        if sent_at:  # where the file cannot be read; the answers belong to no later request
            center.disconnect()


def shown_name(name: str) -> str:
    """Return a file's name as text. Bytes that are not UTF-8, as on old media, become `\\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def receipt_line(digest: str, name: str) -> str:
    """Return the line that `sha256sum` writes for a file (GNU coreutils, section 6.1)."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}"


def from_paths(paths: list[Path], origin: Mapping[str, str]) -> Iterator[Given]:
    """Yield the files of these paths, those in folders too, in order.

    Raises `Refused` for a missing one, `OSError` for a folder that cannot be read.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(_inside(path))
            yield from (Given(one, one.relative_to(path.parent).as_posix(), origin) for one in inside)
        elif path.is_file():
            yield Given(path, path.name, origin)
        else:
            raise Refused(f"{path}: no such file")


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder. Raises `OSError` for one that cannot be read, which `rglob` omits."""
    for within, _, names in os.walk(folder, onerror=_raise):
        yield from (one for name in names if (one := Path(within, name)).is_file())


def _raise(error: OSError) -> None:
    raise error


def from_list(path: Path, origin: Mapping[str, str]) -> Iterator[Given]:
    """Yield the files of a list. Raises `Refused` for a list that is none, and for a file that is missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        unknown = set(rows.fieldnames or ()) - {"file", *TEXTS}
        if unknown or "file" not in (rows.fieldnames or ()):
            raise Refused(f"{path}: its heading has `file` and any of {', '.join(TEXTS)}")
        for row in rows:
            name = row["file"] or ""
            if not name or not (path.parent / name).is_file():
                raise Refused(f"{path}, line {rows.line_num}: no such file {name}")
            own = {text: value.strip() for text in TEXTS if (value := row.get(text)) and value.strip()}
            yield Given(path.parent / name, name, {**origin, **own})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "link", nargs="?", default="", metavar="LINK", help="as it was given: https://…/give#…"
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, and folders of files")
    parser.add_argument("--list", type=Path, metavar="CSV", help="files with who gave each, and the rest")
    for text, words in zip(
        TEXTS,
        (
            "who gives the files",
            "where they were given or seized",
            "the device or medium that they were on",
            "the legal basis, with its reference",
            "what was said about them",
        ),
        strict=True,
    ):
        parser.add_argument(f"--{text}", default="", metavar="TEXT", help=words)
    parser.add_argument(
        "--receipt", type=Path, metavar="FILE", help="where the receipt is written (else: printed)"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the center's own authority, PEM")


def run(parsed: argparse.Namespace) -> int:
    """Send the files and write the receipt; return 0 only if every file is sealed, else 1.

    Raises `Refused` before anything is sent, `OSError`.
    """
    origin = {text: getattr(parsed, text).strip() for text in TEXTS if getattr(parsed, text).strip()}
    center = Center(parsed.link, parsed.ca)
    files = [*from_paths(parsed.paths, origin), *(from_list(parsed.list, origin) if parsed.list else ())]
    if not files:
        raise Refused("no file was named")
    if without := next((one for one in files if "giver" not in one.origin), None):
        raise Refused(f"{without.name}: who gives it? --giver")
    sealed = 0
    with _receipt(parsed.receipt) as receipt:
        begun = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        print(f"# Amana: sealed by the center at {urlsplit(parsed.link).netloc}, {begun}", file=receipt)
        for given in files:
            try:
                line = receipt_line(_sent(center, given), given.name)
            except (Refused, OSError) as refused:
                print(f"{shown_name(given.name)}: not sent. {refused}", file=sys.stderr)
                continue
            print(line, file=receipt, flush=True)  # at once: what is interrupted keeps what it has
            sealed += 1
    print(f"{sealed} of {len(files)} files are sealed.", file=sys.stderr)
    return 0 if sealed == len(files) else 1


@contextmanager
def _receipt(path: Path | None) -> Iterator[TextIO]:
    """Where the receipt is written. Raises `Refused` for a file that exists: it may be another receipt."""
    if path is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors=NAMES)
        yield sys.stdout
        return
    try:
        file = path.open("x", encoding="utf-8", errors=NAMES)
    except FileExistsError:
        raise Refused(f"{path} exists already, and may be another receipt") from None
    with file:
        yield file


def _sent(center: Center, given: Given) -> str:
    digest, size = digest_of(given.path)
    if size == 0:
        raise Refused("an empty file cannot be sealed")
    interactive = sys.stderr.isatty()

    def tell(words: str) -> None:
        if interactive:
            print(f"\r\033[K{shown_name(given.name)}: {words}", end="", file=sys.stderr, flush=True)

    send(center, given, digest, size, tell)
    if interactive:
        print(f"\r\033[K{shown_name(given.name)}: sealed", file=sys.stderr)
    return digest


def main() -> int:
    """Run as a program of its own."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], epilog="Exit code 0 only if every file is sealed."
    )
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except (Refused, OSError) as failed:
        print(failed, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
