"""The boxes of a CMAF track: headers and fragments, byte by byte.

ISO/IEC 14496-12 (fragmented MP4), 14496-15 (H.264 in it), 23000-19 (CMAF), and "Encapsulation of Opus
in ISO Base Media File Format" 0.8. Written by hand rather than by a muxer, so that every cut, every
timestamp and every flag is decided here, and a second of media costs a few dozen microseconds.

Two choices need a reason. The sample entry is `avc1`, which every player accepts, although parameter sets
also stay in the stream where the encoder put them: no byte is removed. The Opus pre-skip is 0, as recording
begins in the middle of a stream and contains no priming samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from recorder.errors import Malformed
from recorder.rtp.h264_sps import SequenceParameters

VIDEO_RATE = 90_000
SOUND_RATE = 48_000

# Sample flags (14496-12 §8.8.3.1): sample_depends_on and sample_is_non_sync_sample.
_INDEPENDENT = 0x02000000
_DEPENDENT = 0x01010000

_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_MATRIX = pack("!9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack("!I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, pack("!I", version << 24 | flags), *parts)


def _header(track: int, rate: int, size: tuple[int, int], media: bytes, name: bytes, entry: bytes) -> bytes:
    """Return `ftyp` and `moov` of one track; `media`: its `vmhd` or `smhd`; `entry`: its sample entry."""
    handler = b"vide" if size[0] else b"soun"
    none = pack("!I", 0)
    description = _full(b"stsd", 0, 0, pack("!I", 1), entry)
    tables = [_full(kind, 0, 0, none) for kind in (b"stts", b"stsc", b"stco")]
    tables.insert(2, _full(b"stsz", 0, 0, none, none))
    if not size[0]:
        # Opus needs 80 ms before a cut to settle: four packets of 20 ms, for all samples (sgpd version 2).
        tables.append(_full(b"sgpd", 2, 0, b"roll", pack("!IIh", 1, 1, -4)))
    information = _box(
        b"minf",
        media,
        _box(b"dinf", _full(b"dref", 0, 0, pack("!I", 1), _full(b"url ", 0, 1))),
        _box(b"stbl", description, *tables),
    )
    moov = _box(
        b"moov",
        _full(
            b"mvhd", 0, 0, pack("!IIIIIH10x", 0, 0, rate, 0, 0x10000, 0x100),
            _MATRIX, pack("!24xI", track + 1),
        ),
        _box(
            b"trak",
            _full(
                b"tkhd", 0, 7, pack("!IIIII8xHHH2x", 0, 0, track, 0, 0, 0, 0, 0 if size[0] else 0x100),
                _MATRIX, pack("!II", size[0] << 16, size[1] << 16),
            ),
            _box(
                b"mdia",
                _full(b"mdhd", 0, 0, pack("!IIIIHH", 0, 0, rate, 0, 0x55C4, 0)),
                _full(b"hdlr", 0, 0, pack("!I4s12x", 0, handler), name, b"\x00"),
                information,
            ),
        ),
        _box(b"mvex", _full(b"trex", 0, 0, pack("!IIIII", track, 1, 0, 0, 0))),
    )  # fmt: skip
    return _box(b"ftyp", b"iso6", pack("!I", 0), b"iso6cmfcmp41") + moov


def video_header(track: int, sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """Return the init segment of an H.264 track. Raises `Malformed` for unreadable parameter sets."""
    if not sps or not pps or len(sps) > 31 or len(pps) > 255:
        raise Malformed("a keyframe brings no parameter sets")
    first = SequenceParameters(sps[0])
    width, height = first.width, first.height
    record = bytes((1, sps[0][1], sps[0][2], sps[0][3], 0xFF, 0xE0 | len(sps)))
    record += b"".join(pack("!H", len(unit)) + unit for unit in sps)
    record += bytes((len(pps),)) + b"".join(pack("!H", len(unit)) + unit for unit in pps)
    if first.profile not in (66, 77, 88):
        record += bytes(
            (
                0xFC | first.chroma_format,
                0xF8 | first.bit_depth_luma - 8,
                0xF8 | first.bit_depth_chroma - 8,
                0,
            )
        )
    entry = _box(
        b"avc1",
        pack("!6xH16xHHII4xH32xHH", 1, width, height, 0x480000, 0x480000, 1, 0x18, 0xFFFF),
        _box(b"avcC", record),
    )
    return _header(
        track, VIDEO_RATE, (width, height), _full(b"vmhd", 0, 1, pack("!8x")), b"Amana video", entry
    )


def sound_header(track: int) -> bytes:
    """Return the init segment of an Opus track: two channels, the maximum of WebRTC's Opus (RFC 7587)."""
    specific = _box(b"dOps", pack("!BBHIhB", 0, 2, 0, SOUND_RATE, 0, 0))
    entry = _box(b"Opus", pack("!6xH8xHH4xI", 1, 2, 16, SOUND_RATE << 16), specific)
    return _header(track, SOUND_RATE, (0, 0), _full(b"smhd", 0, 0, pack("!4x")), b"Amana sound", entry)


def fragment(
    track: int,
    sequence: int,
    start: int,
    wall: int,
    samples: Sequence[bytes],
    durations: Sequence[int],
    flags: tuple[int, int],
) -> bytes:
    """Return one `prft`, `moof` and `mdat`.

    `start` and `durations` in the track's ticks; `wall`: µs since 1970 UTC at which the first sample was
    captured, stored in the file itself; `flags`: of the first sample and of the others.
    """
    seconds, rest = divmod(wall, 1_000_000)
    captured = (seconds + _NTP_EPOCH) << 32 | (rest << 32) // 1_000_000
    reference = _full(b"prft", 1, 24, pack("!IQQ", track, captured, start))
    count = len(samples)
    table = [0] * (2 * count)
    table[::2] = durations
    table[1::2] = map(len, samples)
    # Sizes are known in advance: moof 8, mfhd 16, traf 8, tfhd 20, tfdt 20, trun 24 and 8 a sample.
    run = 24 + 8 * count
    whole = 8 + 16 + 8 + 20 + 20 + run
    content = b"".join(samples)
    return b"".join(
        (
            reference,
            pack("!I4sI4sII", whole, b"moof", 16, b"mfhd", 0, sequence),
            pack("!I4s", 8 + 20 + 20 + run, b"traf"),
            pack("!I4sIII", 20, b"tfhd", 0x020020, track, flags[1]),
            pack("!I4sIQ", 20, b"tfdt", 0x01000000, start),
            pack("!I4sIIII", run, b"trun", 0x000305, count, whole + 8, flags[0]),
            pack(f"!{2 * count}I", *table),
            pack("!I4s", 8 + len(content), b"mdat"),
            content,
        )
    )


KEY_FIRST = (_INDEPENDENT, _DEPENDENT)
NO_KEY = (_DEPENDENT, _DEPENDENT)
ALL_KEYS = (_INDEPENDENT, _INDEPENDENT)
