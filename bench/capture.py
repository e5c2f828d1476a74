"""CPU cost of receiving one camera and cutting its fragments, in per cent of a core.

    python -m bench.capture [--seconds 20] [--cameras wide] [--profile FILE]

The sender is a separate process (`bench.senders`) that replays prepared packets. This process runs `Camera`
with a sink that only counts, and prints its own CPU time as JSON. Nothing is sealed or stored.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import sys
import time

import uvloop

from amana.demo.device_key import fingerprint_of
from recorder.camera.camera import Camera
from recorder.clock import Timeline
from recorder.config import CaptureConfig


class Counting:
    """A sink that counts and discards fragments."""

    def __init__(self) -> None:
        self.fragments = 0
        self.octets = 0
        self.events: list[tuple[str, int]] = []

    def init(self, track: int, content: bytes, at: int) -> None:
        self.octets += len(content)

    def media(self, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        self.fragments += 1
        self.octets += len(content)

    def event(self, type: str, at: int, **fields: object) -> None:  # noqa: A002
        self.events.append((type, at))


async def measure(names: list[str], seconds: float, profile: str | None) -> dict[str, object]:
    """Run one measurement; return its figures."""
    config = CaptureConfig(addresses=("127.0.0.1",))
    timeline = Timeline()
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.senders", "--cameras", ",".join(names), "--seconds", str(seconds + 4),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    assert sender.stdin is not None and sender.stdout is not None
    cameras = []
    for index, name in enumerate(names):
        offer = json.loads(await sender.stdout.readline())
        tracks = {"video": index + 1, "audio": 9} if index == 0 else {"video": index + 1}
        camera = Camera(name, tracks, timeline, config)
        answer = await camera.answer(offer["sdp"], fingerprint_of(offer["sdp"]))
        sender.stdin.write(json.dumps({"camera": name, "sdp": answer}).encode() + b"\n")
        cameras.append(camera)
    await asyncio.sleep(3)
    sink = Counting()
    timeline.begin()
    for camera in cameras:
        camera.begin(sink)
    profiler = cProfile.Profile() if profile else None
    if profiler is not None:
        profiler.enable()
    before, at = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    used, passed = time.process_time() - before, time.monotonic() - at
    if profiler is not None and profile is not None:
        profiler.disable()
        profiler.dump_stats(profile)
    stats = [camera.stats() for camera in cameras]
    for camera in cameras:
        camera.end()
    sent = json.loads(await sender.stdout.readline())
    for camera in cameras:
        await camera.close()
    await sender.wait()
    return {
        "cpu_percent": round(100 * used / passed, 2),
        "cpu_percent_a_camera": round(100 * used / passed / len(cameras), 2),
        "sender_cpu_percent": sent["cpu_percent"],
        "fragments": sink.fragments,
        "kbps": [round(each.video_kbps + each.audio_kbps) for each in stats],
        "fps": [each.fps for each in stats],
        "lost": sum(each.packets_lost for each in stats),
        "events": sink.events,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument(
        "--cameras", default="wide", help="comma-separated names; the first carries the sound"
    )
    parser.add_argument("--profile", help="write a cProfile of the measured seconds here")
    chosen = parser.parse_args()
    figures = uvloop.run(measure(chosen.cameras.split(","), chosen.seconds, chosen.profile))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
