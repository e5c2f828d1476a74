"""The peer in C: GStreamer's ``webrtcbin`` recording H.264 and Opus into fragmented MP4, without transcoding.

Runs under the system's Python (``python3-gi``). One camera with its microphone, as the recorder receives it.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  # only after require_version

sys.path.insert(0, str(Path(__file__).parent))
from line import give_answer, read_offer, wait_for_the_end  # noqa: E402  # a script of its own, no package

CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload={}"
    ",rtcp-fb-nack=true,rtcp-fb-nack-pli=true",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload={}",
}
CODEC = {"video": "H264", "audio": "opus"}
BRANCH = {
    "video": "rtph264depay ! h264parse ! video/x-h264,stream-format=avc3,alignment=au ! queue ! mux.",
    "audio": "rtpopusdepay ! opusparse ! queue ! mux.",
}


def offered(sdp: str) -> list[tuple[str, int]]:
    """Return the media of the offer in order, each with the first payload type of the accepted codec."""
    media: list[tuple[str, int]] = []
    for section in sdp.split("\r\nm=")[1:]:
        kind = section.split(" ", 1)[0]
        for line in section.splitlines():
            if line.startswith("a=rtpmap:") and line.split(" ")[1].lower().startswith(
                CODEC[kind].lower() + "/"
            ):
                media.append((kind, int(line[len("a=rtpmap:") :].split(" ")[0])))
                break
    return media


class Receiver:
    """One peer connection into one file."""

    def __init__(self, file: str, media: list[tuple[str, int]]) -> None:
        self._references: list[object] = []  # promises and descriptions: calls use them after returning
        self.gathered = threading.Event()
        self.ended = threading.Event()
        self.pipeline = Gst.parse_launch(
            "webrtcbin name=w bundle-policy=max-bundle latency=200 "
            f'mp4mux name=mux fragment-duration=1000 ! filesink location="{file}"'
        )
        self.peer = self.pipeline.get_by_name("w")
        ice = self.peer.get_property("ice-agent")
        nice = ice.get_property("agent")
        self._references += [ice, nice]
        nice.set_property("upnp", False)
        ice.emit("add-local-ip-address", "127.0.0.1")
        self.peer.connect("pad-added", self.on_pad)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::eos", lambda *_: self.ended.set())
        bus.connect("message::error", self.on_error)
        self.pipeline.set_state(Gst.State.PLAYING)
        for kind, payload in media:
            transceiver = self.peer.emit(
                "add-transceiver",
                GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                Gst.Caps.from_string(CAPS[kind].format(payload)),
            )
            transceiver.set_property("do-nack", kind == "video")
            self._references.append(transceiver)

    def on_pad(self, _peer: object, pad: Gst.Pad) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        elements = BRANCH[kind].split(" ! ")
        branch = Gst.parse_bin_from_description(" ! ".join(elements[:-1]), True)
        self.pipeline.add(branch)
        branch.link(self.pipeline.get_by_name("mux"))
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def on_gathering(self, peer: Gst.Element, _property: object) -> None:
        if peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def on_error(self, _bus: object, message: Gst.Message) -> None:
        print(message.parse_error(), file=sys.stderr, flush=True)
        self.ended.set()

    def answer(self, sdp: str) -> str:
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        offer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, message)
        self.wait("set-remote-description", offer)
        reply = self.wait("create-answer", None).get_reply()
        answer = reply.get_value("answer")
        self._references += [message, offer, reply, answer]
        self.wait("set-local-description", answer)
        if not self.gathered.wait(10):
            raise TimeoutError("no candidates gathered within 10 s")
        text: str = self.peer.get_property("local-description").sdp.as_text()
        return text

    def wait(self, signal: str, argument: object) -> Gst.Promise:
        promise = Gst.Promise.new()
        self._references.append(promise)
        self.peer.emit(signal, argument, promise)
        promise.wait()
        return promise

    def stop(self) -> None:
        self.pipeline.send_event(Gst.Event.new_eos())
        self.ended.wait(10)
        self.pipeline.set_state(Gst.State.NULL)


def main() -> None:
    """Receive one camera until standard input ends."""
    Gst.init(None)
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    offer = read_offer()
    receiver = Receiver(offer.file, offered(offer.sdp))
    give_answer(receiver.answer(offer.sdp))
    wait_for_the_end()
    receiver.stop()
    loop.quit()


if __name__ == "__main__":
    main()
