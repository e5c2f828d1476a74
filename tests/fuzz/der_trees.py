"""DER as a tree whose nodes can be altered and written again, with lengths that fit.

Most alterations of bytes are refused for a length, and reach nothing behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MINIMAL, LONG, INDEFINITE, SHORT, BEYOND = range(5)
"""How a node's length is written: as DER has it, a byte longer, indefinite, one too small, one too large."""


@dataclass
class Node:
    """One value. `inside`: the values in its content, where it is made of values; an OCTET STRING may be."""

    tag: int
    content: bytes
    inside: list[Node] | None = None
    form: int = field(default=MINIMAL)

    def copy(self) -> Node:
        inside = None if self.inside is None else [one.copy() for one in self.inside]
        return Node(self.tag, self.content, inside, self.form)

    def encode(self) -> bytes:
        body = self.content if self.inside is None else b"".join(one.encode() for one in self.inside)
        if self.form == INDEFINITE:
            return bytes((self.tag, 0x80)) + body + b"\x00\x00"
        size = max(0, len(body) + {SHORT: -1, BEYOND: 1}.get(self.form, 0))
        octets = size.to_bytes((size.bit_length() + 7) // 8)
        if self.form == LONG:
            octets = b"\x00" + octets if size >= 0x80 else octets or b"\x00"
        elif size < 0x80:
            return bytes((self.tag, size)) + body
        return bytes((self.tag, 0x80 | len(octets))) + octets + body

    def all(self) -> list[tuple[list[Node], int]]:
        """Each node below this one, as the list that holds it and its place there."""
        found: list[tuple[list[Node], int]] = []
        for place, one in enumerate(self.inside or ()):
            found.append((self.inside or [], place))
            found += one.all()
        return found


def tree(data: bytes) -> Node:
    """The tree of one well-formed value. Raises `ValueError` if there is none, or something behind it."""
    [node] = nodes(data)
    return node


def nodes(data: bytes) -> list[Node]:
    """The trees of some values in a row. Raises `ValueError` if they are not well-formed."""
    found, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("ends too early")
        tag, size, begin = data[at], data[at + 1], at + 2
        if size >= 0x80:
            begin += size & 0x7F
            size = int.from_bytes(data[at + 2 : begin])
        at = begin + size
        if at > len(data):
            raise ValueError("ends too early")
        found.append(_node(tag, data[begin:at]))
    return found


def _node(tag: int, content: bytes) -> Node:
    if tag & 0x20:
        return Node(tag, content, nodes(content))
    if tag == 0x04 and content[:1] in (b"\x30", b"\x03"):
        try:
            return Node(tag, content, nodes(content))
        except ValueError:
            pass
    return Node(tag, content)
