"""CMAF tracks, written by hand so that every cut and every timestamp is ours."""

from __future__ import annotations


def codec_string(init: bytes) -> str:
    """The RFC 6381 name of an init segment's codec: `avc1.42e01f` or `opus`.

    Raises `Malformed` if `init` is not one of ours.
    """
    raise NotImplementedError
