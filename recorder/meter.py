"""How much comes in, over the last two seconds, and how loud it is."""

from __future__ import annotations

from collections import deque

_OVER = 20  # ticks that rates are taken over
_LOUD_FOR = 500_000  # µs for which a sound level counts


class Meter:
    """Rates of one camera, fed once a tick with running totals."""

    __slots__ = ("_levels", "_seen", "audio_kbps", "pictures", "video_kbps")

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int, int, int]] = deque(maxlen=_OVER + 1)
        self._levels: deque[tuple[int, int]] = deque()  # falling: a sliding maximum
        self.pictures = 0.0
        "Pictures a second."
        self.video_kbps = 0.0
        self.audio_kbps = 0.0

    def tick(self, now: int, pictures: int, video_octets: int, audio_octets: int) -> None:
        """Totals since connecting, at local `now`."""
        self._seen.append((now, pictures, video_octets, audio_octets))
        first = self._seen[0]
        seconds = (now - first[0]) / 1_000_000
        if seconds > 0:
            self.pictures = round((pictures - first[1]) / seconds, 1)
            self.video_kbps = round((video_octets - first[2]) * 0.008 / seconds, 1)
            self.audio_kbps = round((audio_octets - first[3]) * 0.008 / seconds, 1)

    def level(self, dbov: int, now: int) -> None:
        """A packet's sound level (RFC 6464)."""
        levels = self._levels
        while levels and levels[-1][1] <= dbov:
            levels.pop()
        levels.append((now, dbov))
        while now - levels[0][0] > _LOUD_FOR:
            levels.popleft()

    def loudest(self, now: int) -> int:
        """The loudest of the last half second; silence if nothing came."""
        return max((dbov for at, dbov in self._levels if now - at <= _LOUD_FOR), default=-127)
