"""What pages load (scripts, styles, pictures) and the addresses at which they are served.

Each address contains one digest of all these files together: `/static/<digest>/exhibit/page.js`. The file at
an address never changes, so browsers cache it for ever; a module's relative imports resolve to the same
digest. Another digest, or none, is not found: a page never runs scripts of two versions together ([decision
0056](docs/decisions/0056-addresses-with-a-digest.md)).

The files are read once and served from memory, so they match the digest even if the disk changes. A change
takes effect after a restart.
"""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from amana.documents import PICTURES
from casework.web.script_imports import imported_modules

PLACE = "/static"
"""The path below which all of them are served."""
GUIDE_PICTURES = "pictures/"
"""What the names of the guide's pictures begin with."""
_ALLOWED = {"copies/film_worker.js": "/derivatives/"}
"""Service workers, by the paths of the pages whose requests each may answer."""
_FOR_GOOD = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
}
_TEXTS = frozenset({".css", ".js", ".svg"})
_GZIP = re.compile(r"\s*(?:x-)?gzip\s*(?:;\s*q=(?P<weight>[0-9.]+)\s*)?", re.IGNORECASE)


@dataclass(frozen=True)
class PageFile:
    """One file: its content, and what kind it is by the suffix of its name."""

    content: bytes
    suffix: str

    @property
    def compressible(self) -> bool:
        """Whether it is served compressed where the browser takes that."""
        return self.suffix in _TEXTS

    @functools.cached_property
    def compressed(self) -> bytes:
        """The content in gzip, made once."""
        return gzip.compress(self.content, mtime=0)


class PageFiles:
    """All files of a folder, by their paths in it: `exhibit/page.js`; of `more` folders, with a prefix each.

    Raises `ValueError` for a file of a kind that pages do not load.
    """

    def __init__(self, folder: Path, more: Mapping[str, Path] = MappingProxyType({})) -> None:
        self.files: dict[str, PageFile] = {}
        whole = sha256()
        for prefix, of_it in {"": folder, **more}.items():
            for path in sorted(path for path in of_it.rglob("*") if path.is_file()):
                if path.suffix not in _TYPES:
                    raise ValueError(f"{path}: pages load no {path.suffix or 'file without a suffix'}")
                name, content = prefix + path.relative_to(of_it).as_posix(), path.read_bytes()
                self.files[name] = PageFile(content, path.suffix)
                whole.update(f"{name}\0{sha256(content).hexdigest()}\n".encode())
        self.digest = whole.hexdigest()[:16]
        """Of all names and contents; 16 hexadecimal digits."""
        self._preloads: dict[str, tuple[str, ...]] = {}

    def address(self, name: str) -> str:
        """Return the address of a file. Raises `LookupError` if there is none of this name."""
        if name not in self.files:
            raise LookupError(f"pages load no {name}")
        return f"{PLACE}/{self.digest}/{name}"

    def preloads(self, entry: str) -> tuple[str, ...]:
        """Return the names of all modules that a page with the module `entry` loads besides it, each once.

        Raises `LookupError` for a module that is missing, and `UnknownImport` for an import that cannot be
        followed.
        """
        if entry not in self._preloads:
            self._preloads[entry] = imported_modules(entry, self._text)
        return self._preloads[entry]

    def _text(self, name: str) -> str:
        self.address(name)
        return self.files[name].content.decode()


@functools.cache
def page_files() -> PageFiles:
    """Return the files of our pages, read at the first use in this process."""
    return PageFiles(statics(), {GUIDE_PICTURES: PICTURES})


def statics() -> Path:
    """Return the folder of what the pages of every package load: scripts, styles, pictures."""
    return Path(str(files("web"))) / "static"


class Statics:
    """Serves them: an ASGI application to be mounted at `PLACE`.

    Text goes out in gzip where the browser takes that; each encoding has its own `ETag`. A range is answered
    with the whole file, as RFC 9110 (14.2) allows: none is large.
    """

    def __init__(self, served: PageFiles) -> None:
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises `HTTPException`: 404 for another digest or name, 405 for a method."""
        if scope["type"] != "http":
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        digest, _, name = scope["path"].removeprefix(f"{scope['root_path']}/").partition("/")
        file = self._served.files.get(name) if digest == self._served.digest else None
        if file is None:
            raise HTTPException(404)
        response = _answer(file, digest, Headers(scope=scope), scope["method"])
        if name in _ALLOWED:
            response.headers["service-worker-allowed"] = _ALLOWED[name]
        await response(scope, receive, send)


def _answer(file: PageFile, digest: str, request_headers: Headers, method: str) -> Response:
    zipped = file.compressible and takes_gzip(request_headers.get("accept-encoding", ""))
    content = file.compressed if zipped else file.content
    tag = f'"{digest}-gzip"' if zipped else f'"{digest}"'
    headers = {"etag": tag, "cache-control": _FOR_GOOD, "accept-ranges": "none"}
    if file.compressible:
        headers["vary"] = "Accept-Encoding"
    held = request_headers.get("if-none-match", "").split(",")
    if any(one.strip().removeprefix("W/") in (tag, "*") for one in held):
        return Response(status_code=304, headers=headers)
    headers |= {"content-type": _TYPES[file.suffix], "content-length": str(len(content))}
    if zipped:
        headers["content-encoding"] = "gzip"
    return Response(b"" if method == "HEAD" else content, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Return whether a header `Accept-Encoding` names gzip, and does not refuse it with a weight of 0."""
    found = [match for part in accepted.split(",") if (match := _GZIP.fullmatch(part))]
    return any(match["weight"] is None or match["weight"].strip("0.") for match in found)
