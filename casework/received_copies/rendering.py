"""Render a copy into a folder with its program: from a sealed received file (`compose`), or again from a
package (`reproduce`).

FFmpeg reads films and sound from a file: the table of contents of an MP4 may be at its end, which a pipe
cannot seek to. The file is in the private scratch folder, in clear, until the copy is made. Pictures,
documents and texts are passed through memory.

Trusts: that the received file is verified. It is hashed as it is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from casework.errors import Cancelled
from casework.received_copies import films, fingerprints, metadata, program
from casework.received_copies.kinds import FILM, SOUND
from casework.received_copies.program import CopyFailed, CopyTooLarge
from casework.sandbox import ffmpeg
from casework.sandbox.ffmpeg import FilmFailed, FilmTooLong, ProgramMissing
from casework.working_copies.source_file import SourceFile
from chain_of_custody.items.recipe import Program, Read
from chain_of_custody.statements.types import DERIVATIVES

BY_FFMPEG = frozenset((FILM, SOUND))
"""Kinds that FFmpeg makes."""


@dataclass(frozen=True)
class Rendered:
    """What was made. `read`: the received file, as it was read; `metadata`: what it says of itself;
    `fingerprint`: that of the copy (`fingerprints`), empty if it has none."""

    read: Read
    metadata: Mapping[str, str]
    fingerprint: Sequence[str]


@dataclass(frozen=True)
class CopyOrder:
    """A copy to render, of `kind`, from the received file `evidence`. `size`: its bytes; `ffmpeg`: the
    program, which pictures, documents and texts do not need."""

    kind: str
    evidence: str
    file: SourceFile
    size: int
    ffmpeg: Path | None

    @property
    def output(self) -> str:
        """Return the name of the copy in its folder."""
        return f"copy.{DERIVATIVES[self.kind]}"

    @property
    def _name(self) -> str:
        return f"{self.evidence}/original.{self.file.format}"

    def arguments(self) -> list[str]:
        """Return the program's arguments."""
        if self.kind in BY_FFMPEG:
            return films.arguments(self.kind, self._name, self.file.format, self.output)
        return [self.file.format]

    def described(self) -> Program:
        """Return the recipe's program. Raises `ProgramMissing`, and as `ffmpeg.described`."""
        return ffmpeg.described(self._ffmpeg()) if self.kind in BY_FFMPEG else program.described(self.kind)

    def render(
        self,
        folder: Path,
        progress: Callable[[int, int], None] = lambda done, total: None,
        stopped: threading.Event | None = None,
        room: Callable[[int], None] = lambda size: None,
    ) -> Rendered:
        """Render it in `folder`, as `output`.

        `progress`: receives how many µs of a film or sound are made, of an unknown number (0); `room`: checks
        that there is room for so many bytes, and raises if not. Raises `CopyFailed`, `Cancelled`,
        `ProgramMissing`, `SandboxMissing`, and what reading the file raises.
        """
        stopped = stopped or threading.Event()
        if self.kind in BY_FFMPEG:
            return self._copy_film(folder, progress, stopped, room)
        room(program.MOST_WRITTEN[self.kind])
        file, content = folder / self.output, self.file.contents()
        return Rendered(*program.copy(self.kind, self.arguments(), self._name, content, file, stopped))

    def _ffmpeg(self) -> Path:
        if self.ffmpeg is None:
            raise ProgramMissing("no FFmpeg on this machine")
        return self.ffmpeg

    def _copy_film(
        self,
        folder: Path,
        progress: Callable[[int, int], None],
        stopped: threading.Event,
        room: Callable[[int], None],
    ) -> Rendered:
        room(2 * self.size)
        read = self._write(folder, progress, stopped)
        try:
            ffmpeg.make(
                self._ffmpeg(),
                self.arguments(),
                folder,
                {},
                seconds=films.seconds(self.size),
                size=films.most_bytes(self.size),
                progress=lambda done: progress(done, 0),
                stopped=stopped,
            )
            ffmpeg.require_film(folder / self.output)
        except FilmTooLong as long:
            raise CopyTooLarge(str(long)) from long
        except FilmFailed as failed:
            raise CopyFailed(str(failed)) from failed
        return Rendered(read, self._metadata(folder, stopped), self._fingerprint(folder, stopped))

    def _metadata(self, folder: Path, stopped: threading.Event) -> Mapping[str, str]:
        """Return what the received film says of itself; nothing where FFmpeg finds nothing."""
        found = self._beside(
            films.metadata_arguments(self._name, self.file.format),
            folder / films.METADATA,
            films.METADATA_TIME,
            films.METADATA_SIZE,
            stopped,
        )
        return metadata.written(found.decode(errors="replace"))

    def _fingerprint(self, folder: Path, stopped: threading.Event) -> Sequence[str]:
        """Return the fingerprint of the film that was made; nothing where FFmpeg finds nothing."""
        if self.kind != FILM:
            return ()
        arguments, size = films.points_arguments(self.output), films.POINTS_SIZE
        points = self._beside(arguments, folder / films.POINTS, films.POINTS_TIME, size, stopped)
        return fingerprints.of_film(points)

    def _beside(
        self, arguments: Sequence[str], file: Path, seconds: int, size: int, stopped: threading.Event
    ) -> bytes:
        """Return the small file that FFmpeg writes beside the copy; nothing if it writes none."""
        try:
            ffmpeg.make(
                self._ffmpeg(),
                arguments,
                file.parent,
                {},
                seconds=seconds,
                size=size,
                progress=lambda done: None,
                stopped=stopped,
            )
            ffmpeg.require_film(file)
        except FilmFailed:
            return b""
        return file.read_bytes()

    def _write(self, folder: Path, progress: Callable[[int, int], None], stopped: threading.Event) -> Read:
        """Write the received file to where FFmpeg reads it."""
        digest, size = sha256(), 0
        path = folder / self._name
        path.parent.mkdir(mode=0o700)
        with path.open("wb") as file:
            for piece in self.file.contents():
                progress(0, 0)  # it notices a cancellation
                if stopped.is_set():
                    raise Cancelled("the copy is not wanted any more")
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        return Read(self._name, size, digest.hexdigest())
