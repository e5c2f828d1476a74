"""Makes tests/vectors/timestamps/vectors.json again, to the byte:

    .venv/bin/python -m tests.support.ledger.timestamp_vectors

Each vector breaks one rule of docs/spec/time.md, section 8, or uses a form that the rules allow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from chain_of_custody.encoding.signed_note import encode_base64
from tests.support.ledger.raw_timestamps import DATA
from tests.support.ledger.timestamp_rules import Vector
from tests.support.ledger.vectors_of_certificates import certificates
from tests.support.ledger.vectors_of_encoding import encoding
from tests.support.ledger.vectors_of_tokens import tokens

FILE = Path(__file__).resolve().parents[2] / "vectors" / "timestamps" / "vectors.json"


def every() -> Iterator[Vector]:
    yield from encoding()
    yield from certificates()
    yield from tokens()


def text() -> str:
    """The whole file, one vector a line."""
    anchors: dict[bytes, int] = {}
    lines = [
        json.dumps(
            {
                "rule": one.rule,
                "name": one.name,
                "verdict": one.verdict,
                "anchor": anchors.setdefault(one.anchor, len(anchors)),
                "response": encode_base64(one.response),
            },
            ensure_ascii=False,
        )
        for one in every()
    ]
    listed = ",\n".join(json.dumps(encode_base64(anchor)) for anchor in anchors)
    vectors = ",\n".join(lines)
    data = json.dumps(encode_base64(DATA))
    return f'{{"data": {data},\n"anchors": [\n{listed}\n],\n"vectors": [\n{vectors}\n]}}\n'


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
