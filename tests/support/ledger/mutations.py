"""Byte strings that are nearly right: what a parser has to fear most."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """`valid` after one to three small changes."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("flip", "insert", "delete", "repeat", "truncate"))):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "insert":
                data[at:at] = draw(
                    st.sampled_from([b"\n", b" ", b"=", b"+", b"0", b"\x00", b"\r", "—".encode()])
                )
            case "delete":
                del data[at : at + draw(st.integers(1, 5))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 80))]
            case _:
                del data[at:]
    return bytes(data)
