"""Previews of a photograph, made in a sandbox (`previews_child`).

A photograph comes from a camera, a phone or a USB stick, and may be hostile: a decompression bomb, a broken
or a disguised file, one that makes a decoder overflow its stack. None of that affects this process, and
without a sandbox no picture is decoded. If the child fails, the original is stored unchanged all the same;
only the missing preview is reported.

Trusts: nothing that the child reports beyond its form: lengths are bounded, and its output is JPEGs for a
browser that decodes them like any picture.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.errors import SandboxMissing
from casework.sandbox import child_process
from casework.sandbox.child_process import Limits, Work
from casework.sandbox.file_types import PICTURES
from chain_of_custody.items.file_manifest import LARGE, SMALL

log = logging.getLogger(__name__)

MAX_ANSWER = 16 * 1024 * 1024
"""Maximum bytes of the child's whole output."""
WORK = Work(
    Limits(memory=1024**3, seconds=20, written=MAX_ANSWER, processes=32),
    module="casework.sandbox.previews_child",
    idle=False,  # a person waits for it
)
WITHIN = 30.0
"""Seconds until a child is killed."""
AT_ONCE = threading.BoundedSemaphore(2)
"""Children that run at the same time: each may use its whole memory."""
MAX_DESCRIPTION = 128 * 1024
"""Maximum bytes of a child's description of a picture."""
MAX_PICTURE = 4 * 1024 * 1024
"""Maximum bytes of a picture that it made."""


@dataclass(frozen=True)
class Preview:
    """What was read from a file, and the previews made of it."""

    read: Mapping[str, Any] = field(default_factory=dict)
    """`width`, `height`, and under `metadata` the file's own metadata; `unreadable`: why there is no
    preview."""
    pictures: Mapping[int, bytes] = field(default_factory=dict)
    """JPEGs by track: `SMALL`, `LARGE`; none if it cannot be shown."""


def look(data: bytes, format: str) -> Preview:  # noqa: A002  # the field's own name
    """Read a picture of this format; never raises, neither because of its content nor without a sandbox."""
    if format not in PICTURES:
        return Preview()
    with AT_ONCE, child_process.in_memory(data) as given, child_process.in_memory() as answered:
        try:
            ended = child_process.run(WORK, format, given=given, answered=answered, seconds=WITHIN)
        except SandboxMissing as missing:
            log.error("no preview, since there is no sandbox: %s", missing)
            return Preview({"unreadable": SandboxMissing.code})
        except TimeoutError:
            log.warning("a picture of format %s took too long and cannot be shown", format)
            return Preview({"unreadable": "too-large"})
        out = answered.read(MAX_ANSWER)
    try:
        return _answer(out)
    except (ValueError, KeyError, TypeError):
        log.warning("a picture of format %s ended its reader: %d", format, ended)
        return Preview({"unreadable": "not-readable"})


@functools.cache
def decoders() -> str:
    """Return the names and versions of the libraries that decode, scale and encode pictures."""
    import pillow_heif
    from PIL import __version__, features

    turbo = features.version_feature("libjpeg_turbo")
    heif = f"pillow-heif {pillow_heif.__version__} with libheif {pillow_heif.libheif_version()}"
    return f"Pillow {__version__} with libjpeg-turbo {turbo}; {heif}"


def _answer(out: bytes) -> Preview:
    line, _, rest = out.partition(b"\n")
    if len(line) > MAX_DESCRIPTION:
        raise ValueError("too much told")
    reply = json.loads(line)
    if "unreadable" in reply:
        return Preview({"unreadable": "too-large" if reply["unreadable"] == "too-large" else "not-readable"})
    pictures = {}
    for track in (SMALL, LARGE):
        size, _, rest = rest.partition(b"\n")
        length = int(size[:10])
        if not 0 < length <= MAX_PICTURE or len(rest) < length or not rest.startswith(b"\xff\xd8"):
            raise ValueError("not a picture")
        pictures[track], rest = rest[:length], rest[length:]
    metadata = {str(name)[:100]: str(value)[:300] for name, value in dict(reply["read"]).items()}
    read = {"height": int(reply["height"]), "metadata": metadata, "width": int(reply["width"])}
    return Preview(read, pictures)
