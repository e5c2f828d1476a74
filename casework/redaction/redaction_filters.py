"""The filters by which a redacted film applies its edit list (`edits`, `masks`).

Content is removed from decoded pictures and samples, before anything is encoded:

- no camera picture from within a cut passes, and the frames of the cut are removed;
- a covered region is black, or a mosaic in which every block of `BLOCK` by `BLOCK` pixels has one value;
  black regions are blackened before anything is made coarse, so that nothing of them is in the blocks beside
  them;
- a muted sample is multiplied by zero, before the voice is changed, and a tone is added where the list
  bleeps;
- a changed voice has another pitch, and its phases are discarded. (Its spectrum is stretched by one factor,
  which its recipe names: undoing that restores the shape of the speaker's voice, without its pitch.)

Sources: FFmpeg's documentation of `alphamerge`, `overlay`, `amultiply`, `afftfilt`, `trim`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import ffmpeg

from casework.redaction.edits import Redaction
from casework.redaction.masks import Canvas, gate, in_samples, masks, tone
from casework.working_copies.film_plan import Scene

BLOCK = 40
"""Side of a block in pixels, in blurred or pixelated regions."""
_UP = {"pixelate": "neighbor", "blur": "bilinear"}
_VOICES = {"lower": (0.8, 2048), "higher": (1.25, 1024)}
"""Stretch factor of the spectrum; samples of a window, whose quarter is the period of the new voice."""

Feed = Callable[[], Iterable[bytes]]


class RedactionFilters:
    """The filters of one film.

    `feeds`: inputs of the program beside the films, by name, made anew each time.
    """

    def __init__(self, redaction: Redaction, canvas: Canvas, rate: int, sound_rate: int) -> None:
        self._redaction, self._canvas = redaction, canvas
        self._rate, self._sound_rate = rate, sound_rate
        self.feeds: dict[str, Feed] = {}

    def camera(self, pictures: Any, scene: Scene) -> Any:
        """A camera's pictures, by the scene's seconds, without those of the cuts."""
        cuts = "+".join(
            f"gte(t,{(cut.begin - scene.begin) / 1e6:.6f})*lt(t,{(cut.end - scene.begin) / 1e6:.6f})"
            for cut in self._redaction.cuts
            if cut.evidence == scene.source.evidence
        )
        return pictures.filter("select", f"not({cuts})") if cuts else pictures

    def cover(self, ground: Any, scene: Scene) -> Any:
        """The picture with the covers."""
        evidence = scene.source.evidence
        regions = [one for one in self._redaction.regions if one.evidence == evidence]
        masks_of = {
            cover: self._mask(scene, cover, matching)
            for cover in ("black", "blur", "pixelate")
            if (matching := [region for region in regions if region.cover == cover])
        }
        coarse = self._redaction.blur or "blur" in masks_of or "pixelate" in masks_of
        black = masks_of.pop("black", None)
        if black is not None and coarse:
            before, black = _two(black, "split")
            ground = self._black(ground, before)
        if self._redaction.blur:
            ground, under = _two(ground, "split")
            ground = ffmpeg.overlay(ground, self._coarse(under, "blur"), x=0, y=0)
        for cover, mask in masks_of.items():
            ground, under = _two(ground, "split")
            ground = _laid(ground, self._coarse(under, cover), mask)
        return ground if black is None else self._black(ground, black)

    def quiet(self, sound: Any, scene: Scene) -> Any:
        """The sound with muted and bleeped passages."""
        evidence = scene.source.evidence
        bleeps = [(one.begin, one.end) for one in self._redaction.bleeps if one.evidence == evidence]
        cuts = [(one.begin, one.end) for one in self._redaction.cuts if one.evidence == evidence]
        samples = round((scene.end - scene.begin) * self._sound_rate / 1_000_000)
        silent = in_samples([*bleeps, *cuts], scene.begin, samples, self._sound_rate)
        if silent:
            factor = self._samples(f"gate-{evidence}.f32", gate, silent, samples)
            sound = ffmpeg.filter([sound, factor], "amultiply")
        if self._redaction.voice in _VOICES:
            sound = self._disguised(sound, *_VOICES[self._redaction.voice])
        audible = in_samples(bleeps, scene.begin, samples, self._sound_rate)
        if audible:
            bleep = self._samples(f"tone-{evidence}.f32", tone, audible, samples)
            sound = ffmpeg.filter([sound, bleep], "amix", inputs=2, normalize=0, dropout_transition=0)
        return sound

    def kept(self, scene: Scene) -> list[tuple[int, int]]:
        """The remaining frames of the scene as (first, last exclusive), in order."""
        frames = -(-(scene.end - scene.begin) * self._rate // 1_000_000)
        return [
            (
                -(-(begin - scene.begin) * self._rate // 1_000_000),
                frames if end == scene.end else (end - scene.begin) * self._rate // 1_000_000,
            )
            for begin, end in self._redaction.kept(scene.source.evidence, scene.begin, scene.end)
        ]

    def gaps(self, scene: Scene) -> list[tuple[timedelta, timedelta]]:
        """The gaps before, between and after the remaining ranges: from and to, since the part's epoch."""
        edges = [scene.begin, *sum(self._redaction.kept(scene.source.evidence, scene.begin, scene.end), ())]
        return [
            (timedelta(microseconds=begin), timedelta(microseconds=end))
            for begin, end in zip(edges[::2], [*edges[1::2], scene.end], strict=True)
        ]

    # Inside.

    def _black(self, ground: Any, mask: Any) -> Any:
        ground, under = _two(ground, "split")
        return _laid(ground, self._cropped(under.filter("lutyuv", y=16, u=128, v=128)), mask)

    def _coarse(self, pictures: Any, cover: str) -> Any:
        width, height = self._canvas.size
        small = max(width // BLOCK, 1), max(height // BLOCK, 1)
        return (
            self._cropped(pictures)
            .filter("scale", *small, flags="area")
            .filter("scale", width, height, flags=_UP[cover])
        )

    def _cropped(self, pictures: Any) -> Any:
        return pictures.filter("crop", *self._canvas.size, 0, 0)

    def _mask(self, scene: Scene, cover: str, regions: list[Any]) -> Any:
        name = f"mask-{scene.source.evidence}-{cover}.gray"
        pictures = -(-(scene.end - scene.begin) * self._rate // 1_000_000)
        self.feeds[name] = functools.partial(masks, regions, self._canvas, scene.begin, pictures, self._rate)
        wide, high = self._canvas.cells
        mask = ffmpeg.input(
            name, f="rawvideo", pixel_format="gray", video_size=(wide, high), framerate=self._rate
        )
        return mask.filter("scale", *self._canvas.size, flags="neighbor").filter("format", "gray")

    def _samples(
        self,
        name: str,
        make: Callable[[list[tuple[int, int]], int, int], Iterable[bytes]],
        spans: list[tuple[int, int]],
        samples: int,
    ) -> Any:
        self.feeds[name] = functools.partial(make, spans, samples, self._sound_rate)
        return ffmpeg.input(name, f="f32le", ar=self._sound_rate, ac=1).audio

    def _disguised(self, sound: Any, ratio: float, window: int) -> Any:
        return (
            sound.filter("asetrate", round(self._sound_rate * ratio))
            .filter("aresample", self._sound_rate)
            .filter("atempo", f"{1 / ratio:.6f}")
            .filter("afftfilt", real="hypot(re,im)", imag="0", win_size=window, overlap=0.75)
        )


def _laid(ground: Any, above: Any, mask: Any) -> Any:
    merged = ffmpeg.filter([above.filter("format", "yuva420p"), mask], "alphamerge")
    return ffmpeg.overlay(ground, merged, x=0, y=0)


def _two(stream: Any, name: str) -> tuple[Any, Any]:
    both = stream.filter_multi_output(name, 2)
    return both[0], both[1]
