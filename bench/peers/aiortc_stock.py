"""The peers in Python: stock aiortc, only receiving, or recording through its own ``MediaRecorder``.

python -m bench.peers.aiortc_stock receive     frames counted and dropped undecoded
python -m bench.peers.aiortc_stock record      MediaRecorder: every frame decoded and encoded again
"""

from __future__ import annotations

import asyncio
import sys

import aioice.ice
import aiortc.rtcrtpreceiver
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaRecorder
from aiortc.mediastreams import MediaStreamTrack

from bench.peers.line import give_answer, give_counts, read_offer, wait_for_the_end


class Undecoded:
    """Replaces aiortc's decoder and drops the encoded frame: only receiving is measured."""

    def __init__(self, counts: dict[str, int], kind: str) -> None:
        self._counts = counts
        self._kind = kind

    def decode(self, encoded_frame: object) -> list[object]:
        self._counts[self._kind] += 1
        return []


async def main(mode: str) -> None:
    """Receive one camera until standard input ends."""
    # aioice offers every interface except loopback; the measurement uses only loopback.
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    counts = {"video": 0, "audio": 0}
    if mode == "receive":
        aiortc.rtcrtpreceiver.get_decoder = lambda codec: Undecoded(  # type: ignore[assignment,return-value]
            counts, codec.mimeType.split("/")[0]
        )
    offer = await asyncio.to_thread(read_offer)
    sink = MediaRecorder(offer.file) if mode == "record" else MediaBlackhole()
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    @connection.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        sink.addTrack(track)
        if isinstance(sink, MediaRecorder) and track.kind == "video":
            # If sound arrives first, the video encoder is opened with the wrong size, and its track fails. So
            # the size is set beforehand, and the recorder always does all of its work.
            context = sink._MediaRecorder__tracks[track]  # type: ignore[attr-defined]
            context.stream.width, context.stream.height = 1280, 720
            context.started = True

    await connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
    await connection.setLocalDescription(await connection.createAnswer())
    await sink.start()
    give_answer(connection.localDescription.sdp)
    await asyncio.to_thread(wait_for_the_end)
    await sink.stop()
    await connection.close()
    if mode == "receive":
        give_counts(counts)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
