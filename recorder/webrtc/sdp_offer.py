"""The room's offer (SDP, RFC 8866; offer and answer for WebRTC, RFC 9429), parsed and validated.

Parses one camera's offer and decides what of it can be recorded: one H.264 encoding, with
packetization mode 1 if there is a choice, one Opus stream, everything on one transport. Written by
hand because it must refuse any broken offer in words a person can act on, whatever the defect.
`sdp_answer.py` writes the reply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recorder.errors import OfferRefused

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

_LARGEST = 64 * 1024  # characters; a browser's offer has about 6,000
_MOST_SECTIONS = 16
_ICE = re.compile(r"[A-Za-z0-9+/]+")
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_H264_PROFILES = ("42e0", "42c0", "4200", "4d00", "4d40", "6400", "640c")  # best supported by players first


def _malformed(what: str) -> OfferRefused:
    return OfferRefused("sdp.malformed", f"The offer cannot be read: {what}.")


def _unfit(what: str) -> OfferRefused:
    return OfferRefused("sdp.unacceptable", what)


@dataclass
class Section:
    """One `m=` section, which the answer must repeat at its position."""

    kind: str
    profile: str
    "Transport profile, such as `UDP/TLS/RTP/SAVPF`."
    formats: list[str]
    attributes: list[tuple[str, str]] = field(default_factory=list)
    mid: str = ""
    accepted: Accepted | None = None
    "None: not recorded, refused in the answer."

    def all(self, name: str) -> list[str]:
        """Return the values of each attribute of this name, in order."""
        return [value for key, value in self.attributes if key == name]

    def first(self, name: str, otherwise: str = "") -> str:
        """Return the value of the first attribute of this name, or `otherwise`."""
        return next((value for key, value in self.attributes if key == name), otherwise)

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """Return the attributes of this name, each as its first word (a number, mostly) and the rest."""
        split = (value.partition(" ") for value in self.all(name))
        return [(first, rest.strip()) for first, _, rest in split]

    def has(self, name: str) -> bool:
        """Return whether there is an attribute of this name."""
        return any(key == name for key, _ in self.attributes)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One section that will be recorded."""

    kind: str
    mid: str
    payload_type: int
    retransmission_type: int | None
    "Payload type of RFC 4588 retransmissions of it."
    retransmission_of: Mapping[int, int]
    "SSRC of retransmissions to SSRC of the stream, where the offer names them."
    feedback: frozenset[str]
    "RTCP feedback both sides use: `nack`, `nack pli`, `transport-cc`, `goog-remb`."
    extensions: Mapping[str, int]
    "Header extensions both sides use: URI to id."
    packetization_mode: str
    "Of H.264 (RFC 6184 §8.1): `0` or `1`."
    profile: str
    "Of H.264: its profile-level-id, six hexadecimal digits."


@dataclass(frozen=True, slots=True)
class Offer:
    """A parsed offer, with all that is needed to answer it."""

    ice_user: str
    ice_password: str
    candidates: tuple[str, ...]
    "As in the SDP, after `candidate:`."
    fingerprints: tuple[tuple[str, str], ...]
    "Hash name in lower case and value of the DTLS certificates."
    active: bool
    "Whether the room's side insists on starting the DTLS handshake."
    sections: tuple[Section, ...]

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """What will be recorded."""
        return tuple(each.accepted for each in self.sections if each.accepted is not None)

    def pinned(self, fingerprint: str) -> Offer:
        """Return the offer for the one certificate with this SHA-256, in hexadecimal: no other can connect.

        Raises `OfferRefused` if it does not name that certificate.
        """
        for name, digest in self.fingerprints:
            if name == "sha-256" and digest.replace(":", "").lower() == fingerprint:
                return replace(self, fingerprints=((name, digest),))
        raise _unfit("The offer names another certificate than the device has signed.")


def certificates(sdp: str) -> frozenset[str]:
    """Return the SHA-256 digests, in hexadecimal, of the certificates that an offer names anywhere."""
    fingerprints = re.findall(
        r"^a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})\r?$", sdp, re.MULTILINE | re.IGNORECASE
    )
    return frozenset(digest.replace(":", "").lower() for digest in fingerprints)


def read(sdp: str, kinds: frozenset[str]) -> Offer:
    """Read an offer that must contain exactly one stream of each of `kinds`. Raises `OfferRefused`."""
    session, sections = _split(sdp)
    bundles = [set(value.split()[1:]) for value in session.all("group") if value.startswith("BUNDLE ")]
    by_kind: dict[str, Section] = {}
    for index, section in enumerate(sections):
        section.mid = section.first("mid", str(index))
        if section.kind in kinds and _sends(section, session):
            if section.kind in by_kind:
                raise _unfit(f"There are two streams of {section.kind}; each camera has its own connection.")
            together = {section.mid, *(each.first("mid") for each in by_kind.values())}
            if by_kind and not any(together <= each for each in bundles):
                raise _unfit("Picture and sound are not bundled on one transport.")
            if not section.has("rtcp-mux"):
                raise _unfit("The offer wants a second port for control packets (no rtcp-mux).")
            by_kind[section.kind] = section
            section.accepted = _accept(section)
    for kind in sorted(kinds - by_kind.keys()):
        raise _unfit(f"The offer sends no {kind}.")
    accepted_ones = [each.accepted for each in sections if each.accepted is not None]
    types = [each.payload_type for each in accepted_ones]
    types += [each.retransmission_type for each in accepted_ones if each.retransmission_type is not None]
    if len(set(types)) != len(types):
        raise _malformed("one payload type stands for two codecs")
    return _transport(session, next(iter(by_kind.values())), tuple(sections))


def _split(sdp: str) -> tuple[Section, list[Section]]:
    if len(sdp) > _LARGEST:
        raise _malformed("it is too long")
    session = Section("", "", [])
    sections: list[Section] = []
    lines = [line.rstrip("\r") for line in sdp.split("\n")]
    if not lines or lines[0] != "v=0":
        raise _malformed("it does not begin with v=0")
    for line in lines[1:]:
        if not line:
            continue
        if len(line) < 2 or line[1] != "=":
            raise _malformed("a line is not of the form letter=value")
        if line[0] == "m":
            words = line[2:].split()
            if len(words) < 4 or not words[1].isdecimal() or len(sections) == _MOST_SECTIONS:
                raise _malformed("a media line is not whole, or there are too many")
            sections.append(Section(words[0], words[2], words[3:]))
        elif line[0] == "a":
            name, _, value = line[2:].partition(":")
            (sections[-1] if sections else session).attributes.append((name, value.strip()))
    if not sections:
        raise _malformed("it has no media")
    if any(re.fullmatch(r"[!-~]{1,32}", section.first("mid", "0")) is None for section in sections):
        raise _malformed("a media section's name has characters it must not have")
    return session, sections


def _sends(section: Section, session: Section) -> bool:
    for place in (section, session):
        for direction in ("sendonly", "sendrecv", "recvonly", "inactive"):
            if place.has(direction):
                return direction.startswith("send")
    return True


def _number(text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise _malformed(f"{what} is not a number it can be")
    return int(text)


def _accept(section: Section) -> Accepted:
    if section.profile not in ("UDP/TLS/RTP/SAVPF", "RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"):
        raise _unfit("The stream would not be encrypted as WebRTC asks (DTLS-SRTP).")
    codecs: dict[str, str] = {}
    for number, name in section.pairs("rtpmap"):
        _number(number, 0, 127, "a payload type")
        codecs[number] = name.lower()
    parameters: dict[str, dict[str, str]] = {}
    for number, text in section.pairs("fmtp"):
        pairs = (part.strip().partition("=") for part in text.split(";"))
        parameters[number] = {name.strip().lower(): setting.strip() for name, _, setting in pairs}
    chosen = _choose(section, codecs, parameters)
    # RFC 5761 §4: these payload types could be mistaken for control packets.
    payload_type = _number(chosen, 0, 127, "a payload type")
    if 64 <= payload_type <= 95:
        raise _malformed("a payload type is one that control packets use")
    profile = parameters.get(chosen, {}).get("profile-level-id", "420010")
    if re.fullmatch("[0-9A-Fa-f]{6}", profile) is None:
        raise _malformed("an H.264 profile is not six hexadecimal digits")
    again = next(
        (
            number
            for number, name in codecs.items()
            if name.startswith("rtx/") and parameters.get(number, {}).get("apt") == chosen
        ),
        None,
    )
    feedback = {kind for number, kind in section.pairs("rtcp-fb") if number in (chosen, "*")}
    feedback &= {"nack", "nack pli", "transport-cc", "goog-remb"}
    extensions = {}
    for name, uri in section.pairs("extmap"):
        uri = uri.partition(" ")[0]
        if uri in (AUDIO_LEVEL, TRANSPORT_WIDE):
            extensions[uri] = _number(name.partition("/")[0], 1, 255, "a header extension")
    # One kind of bandwidth feedback is enough, and the sender's own estimate is the better one.
    if "transport-cc" in feedback and TRANSPORT_WIDE in extensions:
        feedback -= {"goog-remb"}
    else:
        feedback -= {"transport-cc"}
        extensions.pop(TRANSPORT_WIDE, None)
    pairs_of_sources = {}
    for value in section.all("ssrc-group"):
        words = value.split()
        if len(words) == 3 and words[0] == "FID":
            original, repeated = (_number(word, 0, 0xFFFFFFFF, "an SSRC") for word in words[1:])
            pairs_of_sources[repeated] = original
    return Accepted(
        kind=section.kind,
        mid=section.mid,
        payload_type=payload_type,
        retransmission_type=None if again is None else int(again),
        retransmission_of=pairs_of_sources,
        feedback=frozenset(feedback),
        extensions=extensions,
        packetization_mode=parameters.get(chosen, {}).get("packetization-mode", "0"),
        profile=profile,
    )


def _choose(section: Section, codecs: dict[str, str], parameters: dict[str, dict[str, str]]) -> str:
    """Return the payload type to record, as text."""
    if section.kind == "audio":
        for number in section.formats:
            if codecs.get(number) == "opus/48000/2":
                return number
        raise OfferRefused("codec.unknown", "The offer has no Opus sound.")
    fits = []
    for order, number in enumerate(section.formats):
        if codecs.get(number) == "h264/90000":
            settings = parameters.get(number, {})
            profile = settings.get("profile-level-id", "420010").lower()[:4]
            if profile in _H264_PROFILES and settings.get("packetization-mode", "0") in ("0", "1"):
                mode = settings.get("packetization-mode", "0")
                fits.append((mode != "1", _H264_PROFILES.index(profile), order, number))
    if not fits:
        raise OfferRefused("codec.unknown", "The offer has no H.264 picture.")
    return min(fits)[3]


def _transport(session: Section, section: Section, sections: tuple[Section, ...]) -> Offer:
    """Return ICE and DTLS of the bundled transport: those of its first section, or the session's."""

    def attribute(name: str) -> str:
        return section.first(name) or session.first(name)

    user, password = attribute("ice-ufrag"), attribute("ice-pwd")
    if not (_ICE.fullmatch(user) and 4 <= len(user) <= 256):
        raise _malformed("the ICE user fragment is missing or wrong")
    if not (_ICE.fullmatch(password) and 22 <= len(password) <= 256):
        raise _malformed("the ICE password is missing or wrong")
    fingerprints = []
    for value in section.all("fingerprint") or session.all("fingerprint"):
        name, _, digest = value.partition(" ")
        size = _HASHES.get(name.lower())
        if size is None:
            continue
        if re.fullmatch(f"(?:[0-9A-Fa-f]{{2}}:){{{size - 1}}}[0-9A-Fa-f]{{2}}", digest) is None:
            raise _malformed("a certificate fingerprint is wrong")
        fingerprints.append((name.lower(), digest))
    if not fingerprints:
        raise _malformed("it names no certificate fingerprint that can be checked")
    setup = attribute("setup")
    if setup not in ("actpass", "active", "passive"):
        raise _malformed("it does not say who begins the DTLS handshake")
    return Offer(
        ice_user=user,
        ice_password=password,
        candidates=tuple(section.all("candidate")[:64]),
        fingerprints=tuple(fingerprints),
        active=setup == "active",
        sections=sections,
    )
