"""Makes the clips anew: `python -m tests.vectors.packages.make_clips`. Another encoder gives other bytes, and
then the whole corpus is another one; there is no need to."""

from __future__ import annotations

from recorder.tracks import cmaf
from tests.support.media import made_media
from tests.vectors.packages import HERE
from tests.vectors.packages.clips import CLOSE, FROM, MICROPHONE, SECONDS, WIDE, WIDE_SMALLER

CODING = "-c:v libx264 -preset slow -crf 42 -profile:v baseline -level 3.1 -g 60 -sc_threshold 0 -threads 1"


def camera(name: str, source: str, size: str, seconds: int, track: int) -> bytes:
    picture = f"-f lavfi -i {source}=size={size}:rate=30 -t {seconds} -pix_fmt yuv420p"
    samples, extra = made_media._coded(f"{picture} {CODING}")
    length = int.from_bytes(extra[6:8], "big")
    sps, rest = extra[8 : 8 + length], extra[8 + length :]
    init = cmaf.video_header(track, [sps], [rest[3 : 3 + int.from_bytes(rest[1:3], "big")]])
    start = FROM[name] * made_media.SECOND
    return film(made_media._cut(samples, init, track, cmaf.VIDEO_RATE, 30, start, 2))


def microphone() -> bytes:
    samples, _ = made_media._coded(
        f"-f lavfi -i sine=frequency=220:sample_rate=48000 -t {SECONDS} -af volume=0.05 "
        "-c:a libopus -b:a 8k -frame_duration 20"
    )
    return film(made_media._cut(samples, cmaf.sound_header(3), 3, cmaf.SOUND_RATE, 50, 0, 1))


def film(made: made_media.MadeTrack) -> bytes:
    return made.init + b"".join(fragment.content for fragment in made.fragments)


if __name__ == "__main__":
    for name, content in {
        WIDE: camera(WIDE, "testsrc2", "128x72", FROM[WIDE_SMALLER], 1),
        WIDE_SMALLER: camera(WIDE_SMALLER, "testsrc2", "96x54", SECONDS - FROM[WIDE_SMALLER], 1),
        CLOSE: camera(CLOSE, "smptebars", "128x72", SECONDS, 2),
        MICROPHONE: microphone(),
    }.items():
        (HERE / "clips" / f"{name}.mp4").write_bytes(content)
