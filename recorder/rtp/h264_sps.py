"""H.264 sequence parameter sets: picture size and profile (ISO/IEC 14496-10 §7.3.2.1.1).

Read to describe a track (its size, its codec string, its decoder configuration); nothing in them is
changed. They come from the room's browser and are not trusted: every number is bounded.
"""

from __future__ import annotations

from recorder.errors import Malformed


class _Bits:
    """Exp-Golomb reader over an RBSP (ISO/IEC 14496-10 §7.2, §9.1)."""

    def __init__(self, unit: bytes) -> None:
        rbsp = unit.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(rbsp)
        self._left = 8 * len(rbsp)

    def bits(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise Malformed("parameter set is cut off")
        return self._value >> self._left & (1 << count) - 1

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 31:
                raise Malformed("parameter set holds an impossible number")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


class SequenceParameters:
    """The picture parameters in a sequence parameter set (ISO/IEC 14496-10 §7.3.2.1.1)."""

    __slots__ = ("bit_depth_chroma", "bit_depth_luma", "chroma_format", "height", "level", "profile", "width")

    def __init__(self, unit: bytes) -> None:
        """Parse a NAL unit of type 7. Raises `Malformed`."""
        if len(unit) < 4 or unit[0] & 0x1F != 7:
            raise Malformed("not a sequence parameter set")
        self.profile = unit[1]
        self.level = unit[3]
        self.chroma_format, self.bit_depth_luma, self.bit_depth_chroma = 1, 8, 8
        bits = _Bits(unit[4:])
        bits.unsigned()  # seq_parameter_set_id
        separate_planes = 0
        if self.profile in (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135):
            self.chroma_format = bits.unsigned()
            if self.chroma_format > 3:
                raise Malformed("chroma format is not known")
            if self.chroma_format == 3:
                separate_planes = bits.bits(1)
            self.bit_depth_luma = 8 + bits.unsigned()
            self.bit_depth_chroma = 8 + bits.unsigned()
            bits.bits(1)  # qpprime_y_zero_transform_bypass_flag
            if bits.bits(1):
                self._skip_scaling(bits)
        bits.unsigned()  # log2_max_frame_num_minus4
        order = bits.unsigned()
        if order == 0:
            bits.unsigned()
        elif order == 1:
            bits.bits(1)
            bits.signed()
            bits.signed()
            for _ in range(min(bits.unsigned(), 256)):
                bits.signed()
        elif order != 2:
            raise Malformed("picture order count type is not known")
        bits.unsigned()  # max_num_ref_frames
        bits.bits(1)
        columns = bits.unsigned() + 1
        rows = bits.unsigned() + 1
        frames_only = bits.bits(1)
        if not frames_only:
            bits.bits(1)
        bits.bits(1)
        left = right = top = bottom = 0
        if bits.bits(1):
            left, right, top, bottom = (bits.unsigned() for _ in range(4))
        subsampled = self.chroma_format if not separate_planes else 0
        across = 2 if subsampled in (1, 2) else 1
        down = (2 if subsampled == 1 else 1) * (2 - frames_only)
        self.width = 16 * columns - across * (left + right)
        self.height = 16 * rows * (2 - frames_only) - down * (top + bottom)
        if not (0 < self.width <= 16384 and 0 < self.height <= 16384):
            raise Malformed("picture size is impossible")

    def _skip_scaling(self, bits: _Bits) -> None:
        for index in range(8 if self.chroma_format != 3 else 12):
            if not bits.bits(1):
                continue
            last = following = 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.signed()) % 256
                last = following or last
