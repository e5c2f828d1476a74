// @ts-check
// One camera's way to the recorder: a peer connection of its own, made again whenever it is lost.
//
// The picture goes as H.264, which the recorder keeps as it comes; the microphone rides with the wide camera.
// After a cut the link waits a little longer each time, and connects into the same interview; the recorder
// states the gap.

import { certificateOf, challenge, prove } from "./device_key.js";
import { change, Refused, requestNumber } from "../page/requests.js";

const WAITS = [250, 500, 1_000, 2_000, 3_000]; // ms before each next attempt; the last is repeated
const CONNECT_WITHIN = 8_000; // ms
const HICCUP = 1_500; // ms a "disconnected" connection may take to recover by itself

/** This page among all that might be open for the same room: the one that connected last has the cameras. */
export const page = requestNumber();

/** @typedef {"connecting" | "connected" | "still" | "again" | "off"} LinkState `still`: nothing arrives */

/**
 * Let the picture keep its full size from the first moment; without this the encoder begins smaller and
 * grows within seconds. A browser that does not know the wish goes its own way.
 * @param {RTCRtpSender} sender
 */
async function keepSize(sender) {
  try {
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
  } catch (error) {
    console.info("The browser chooses the picture size itself.", error);
  }
}

/** The browser cannot send what the recorder keeps. */
export class NoH264 extends Error {}

/** H.264 first, and nothing else but its retransmissions. @returns {RTCRtpCodec[]} @throws {NoH264} */
function pictureCodecs() {
  const all = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const h264 = all.filter((codec) => codec.mimeType.toLowerCase() === "video/h264");
  if (h264.length === 0) throw new NoH264("no H.264 encoder");
  // Packetization mode 1 can split a large picture over packets; mode 0 could not carry a 720p keyframe.
  const whole = h264.filter((codec) => codec.sdpFmtpLine?.includes("packetization-mode=1"));
  const repair = all.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx");
  return [...(whole.length ? whole : h264), ...repair];
}

export class CameraLink {
  /**
   * @param {string} interview @param {"wide" | "close"} name
   * @param {{ state(name: string, state: LinkState): void, trouble(error: unknown): void, well(): void }} listener
   */
  constructor(interview, name, listener) {
    this.interview = interview;
    this.url = `/interviews/${interview}/cameras/${name}`;
    this.name = name;
    /** When the recorder last accepted an offer of this page, on the page's clock; 0 for never. */
    this.accepted = 0;
    /** Since when it is connected, on the page's clock; 0 while it is not. */
    this.since = 0;
    this.listener = listener;
    /** @type {MediaStreamTrack[]} */
    this.tracks = [];
    /** @type {RTCPeerConnection | null} */
    this.peer = null;
    this.attempt = 0;
    this.generation = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Whether there is all that the recorder takes of this camera: with the wide one travels the microphone. */
  get whole() {
    const kinds = this.name === "wide" ? ["video", "audio"] : ["video"];
    return kinds.every((kind) => this.tracks.some((track) => track.kind === kind));
  }

  /** Send these tracks from now on; where one is missing the link is closed. @param {MediaStreamTrack[]} tracks */
  use(tracks) {
    this.tracks = tracks;
    this.attempt = 0;
    this.again(0);
  }

  get connected() {
    return this.peer?.connectionState === "connected";
  }

  /** Drop what there is and connect anew. @param {number} [wait] ms */
  again(wait = WAITS[Math.min(this.attempt, WAITS.length - 1)]) {
    this.generation += 1;
    clearTimeout(this.timer);
    this.peer?.close();
    this.peer = null;
    this.since = 0;
    if (!this.whole) {
      this.listener.state(this.name, "off");
      return;
    }
    this.listener.state(this.name, this.attempt === 0 ? "connecting" : "again");
    this.attempt += 1;
    const generation = this.generation;
    this.timer = setTimeout(() => {
      this.connect(generation).catch((error) => {
        if (generation !== this.generation) return;
        this.listener.trouble(error);
        // A refusal will not change by asking quickly; a server that is away may be back any moment.
        this.again(error instanceof Refused || error instanceof NoH264 ? WAITS[WAITS.length - 1] : undefined);
      });
    }, wait);
  }

  /** @param {number} generation */
  async connect(generation) {
    const peer = new RTCPeerConnection();
    this.peer = peer;
    const stale = () => generation !== this.generation;
    for (const track of this.tracks) {
      const transceiver = peer.addTransceiver(track, { direction: "sendonly" });
      if (track.kind === "video") {
        transceiver.setCodecPreferences(pictureCodecs());
        await keepSize(transceiver.sender);
      }
    }
    peer.addEventListener("connectionstatechange", () => this.changed(peer, generation));
    await peer.setLocalDescription(await peer.createOffer());
    const [given] = await Promise.all([challenge(this.interview), gathered(peer)]);
    const sdp = peer.localDescription?.sdp ?? "";
    const proof = await prove(this.interview, this.name, certificateOf(sdp), given, "camera");
    if (stale()) return peer.close();
    const answer = await change(this.url, { sdp, page, proof }, 1);
    this.accepted = performance.now();
    if (stale()) return peer.close();
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.timer = setTimeout(() => {
      if (!stale() && !this.connected) this.again();
    }, CONNECT_WITHIN);
  }

  /** @param {RTCPeerConnection} peer @param {number} generation */
  changed(peer, generation) {
    if (generation !== this.generation) return;
    switch (peer.connectionState) {
      case "connected":
        clearTimeout(this.timer);
        this.attempt = 0;
        this.since = performance.now();
        this.listener.state(this.name, "connected");
        this.listener.well();
        break;
      case "disconnected":
        this.listener.state(this.name, "again");
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
          if (generation === this.generation && !this.connected) this.again(0);
        }, HICCUP);
        break;
      case "failed":
      case "closed":
        this.again();
        break;
    }
  }
}

/** All addresses of this machine are in the offer, or two seconds are over. @param {RTCPeerConnection} peer */
function gathered(peer) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") return resolve(undefined);
    setTimeout(resolve, 2_000);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") resolve(undefined);
    });
  });
}
