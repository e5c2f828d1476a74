"""The loss map: everything that was sent but not recorded, and every freeze.

It is evidence like the film itself: every gap must be stated. Events of one track, all times in µs on the
timeline:

| type | fields | meaning |
| --- | --- | --- |
| `loss` | `packets`, `frames`, `from`, `to`, `gaps` | packets given up, pictures (or sounds) missing for that; `gaps` lists `[from, to, packets, frames]` each, as losses within a second share an event |
| `damaged` | `frames`, `from`, `to` | so many recorded pictures refer to lost ones and may show errors; clean from `to` |
| `late` | `packets` | arrived after they had been given up; they stay lost |
| `freeze` | `from`, `ms`, `over` | nothing new since `from`: once when detected, once with its length; at a pause or the end also frames that arrive too late for it |
| `track.late` | `ms` | the track began so long after the recording |
| `track.ended` | `reason` | nothing more will arrive: `goodbye`, `closed` |
| `encoder.restarted` | `reason` | numbering or clock began anew: `source`, `numbering`, `timestamps`, or its clock continued after a `standstill` |
| `size` | `width`, `height` | of the pictures from here on |

A picture is recorded whole or not at all. After a loss the next pictures are recorded, although they
may refer to the lost one: received data is not discarded, `damaged` says which pictures they are,
and a keyframe is requested at once.

Read by `chain_of_custody.items.timeline` and `event_text`, and by `web/static/exhibit/happenings.js`.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable

_TOGETHER = 1_000_000  # µs: losses within it are one event, so that a bad minute does not flood the record

Report = Callable[[str, int, dict[str, object]], None]
"""Takes an event: type, time on the timeline, fields."""


class LossMap:
    """The loss map of one track. The track reports what happens, with its times."""

    __slots__ = (
        "_damaged", "_damaged_from", "_frames", "_frozen_from", "_gaps", "_late", "_packets",
        "_report", "_since", "_track", "open", "since",
    )  # fmt: skip

    def __init__(self, track: int, report: Report) -> None:
        self._track = track
        self._report = report
        self.open = False
        "Something is missing, and nothing has been recorded since."
        self.since = 0
        "Where that begins: the end of the last frame recorded."
        self._packets = 0
        self._frames = 0
        self._gaps: list[list[int]] = []
        self._since = 0  # when the first of _gaps or _late was noted
        self._late = 0
        self._frozen_from: int | None = None
        self._damaged = 0
        self._damaged_from: int | None = None

    def missing(self, since: int, packets: int = 0, frames: int = 0) -> None:
        """Note lost packets or whole frames; the last recorded one ended at `since`."""
        if not self.open:
            self.open = True
            self.since = since
            self._packets = self._frames = 0
        self._packets += packets
        self._frames += frames

    def recovered(self, at: int, frames: int, whole: bool) -> None:
        """Note that recording resumes with a frame that begins at `at`; by its length, `frames` fit the gap.

        `whole`: it does not refer to what was lost (a keyframe, or sound).
        """
        self.open = False
        self._gap(at, max(frames, self._frames))
        if not whole and self._damaged_from is None:
            self._damaged_from = at

    def _gap(self, to: int, frames: int) -> None:
        if not self._gaps and not self._late:
            self._since = to
        self._gaps.append([self.since, max(to, self.since), self._packets, frames])

    def recorded(self, at: int, key: bool) -> None:
        """Note a recorded picture that begins at `at`; only needed while `is_damaged`."""
        if self._damaged_from is None:
            return
        if key:
            self.report("damaged", at, **{"from": self._damaged_from, "to": at, "frames": self._damaged})
            self._damaged_from, self._damaged = None, 0
        else:
            self._damaged += 1

    @property
    def is_damaged(self) -> bool:
        """Whether pictures recorded now may refer to lost ones."""
        return self._damaged_from is not None

    def late(self, at: int) -> None:
        """Note a packet that arrived after it had been given up."""
        if not self._gaps and not self._late:
            self._since = at
        self._late += 1

    @property
    def frozen(self) -> bool:
        """Whether a freeze has been detected that is not over."""
        return self._frozen_from is not None

    def froze(self, since: int, at: int) -> None:
        """Note a freeze: nothing new has arrived since the frame that ended at `since`."""
        self._frozen_from = since
        self.report("freeze", at, **{"from": since, "ms": (at - since) // 1000, "over": False})

    def thawed(self, at: int) -> None:
        """Note the arrival of a frame that begins at `at`."""
        since = self._frozen_from
        if since is not None:
            self._frozen_from = None
            self.report("freeze", at, **{"from": since, "ms": max(0, at - since) // 1000, "over": True})

    def report(self, type_: str, at: int, **fields: object) -> None:
        """Report an event of this track."""
        self._report(type_, at, {"track": self._track, **fields})

    def tick(self, at: int) -> None:
        """Report the losses collected within a second; called periodically."""
        if (self._gaps or self._late) and at - self._since >= _TOGETHER:
            self._flush(at)

    def close(self, at: int) -> None:
        """Report everything still open: the recording pauses or ends at `at`."""
        if self.open:
            self.open = False
            self._gap(at, self._frames)
        self._flush(at)
        self.thawed(at)
        if self._damaged_from is not None:
            self.recorded(at, True)

    def _flush(self, at: int) -> None:
        if self._gaps:
            gaps, self._gaps = self._gaps, []
            self.report(
                "loss",
                at,
                **{"from": gaps[0][0], "to": gaps[-1][1], "gaps": gaps},
                packets=sum(gap[2] for gap in gaps),
                frames=sum(gap[3] for gap in gaps),
            )
        if self._late:
            self.report("late", at, packets=self._late)
            self._late = 0
