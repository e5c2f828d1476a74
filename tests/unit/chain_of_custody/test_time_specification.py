"""docs/spec/time.md: its worked examples come out again to the byte."""

from __future__ import annotations

import re
import textwrap
from hashlib import sha512
from pathlib import Path

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.rehashing import rehash
from chain_of_custody.statements.types import check_body
from chain_of_custody.timestamping.token_verification import token_digest, verify_token
from chain_of_custody.tlog.checkpoint import Checkpoint
from tests.support.ledger import worked_example as example
from tests.support.ledger.made_tokens import NOON, Authority

SPECIFICATION = Path(__file__).resolve().parents[3] / "docs" / "spec" / "time.md"
AUTHORITY = Authority.make("example")
ROOT = bytes(range(32))


def examples(folder: Path) -> dict[str, str]:
    made = example.build(folder)
    text = Checkpoint(f"amana/{example.DEPLOYMENT}", 7, ROOT).text()
    response = Authority.make("example").respond(text.encode(), NOON)
    token = verify_token(response, text.encode(), AUTHORITY.anchor)
    pieces = [(record, salt, sha512(content).digest()) for record, salt, content in made.opened]
    record, salt, digest = pieces[0]
    rehashed = rehash(made.manifest.canonical(), pieces)
    renewed = {"authority": "example", "root": ROOT.hex(), "size": 7, "token": token_digest(response)}
    check_body("timestamp.renewed", renewed)
    check_body("evidence.rehashed", rehashed)
    facts = {
        "imprint (SHA-512)": sha512(text.encode()).hexdigest(),
        "time": canonical_json.instant_text(token.at),
        "accuracy": "1 s",
        "serial": str(token.serial),
        "rests until": canonical_json.instant_text(token.expires_at),
        "SHA-512 of it": token.digest,
    }
    texts = {
        "data": text,
        "anchor": encode_base64(AUTHORITY.anchor),
        "response": encode_base64(response),
        "token": "\n".join(f"{name:18} {value}" for name, value in facts.items()),
        "renewed": canonical_json.serialise(renewed).decode(),
        "leaf": sha512(b"\x00" + salt + record.canonical() + digest).hexdigest(),
        "rehashed": canonical_json.serialise(rehashed).decode(),
    }
    return {name: "\n".join(map(_wrapped, text.splitlines())) + "\n" for name, text in texts.items()}


def _wrapped(line: str) -> str:
    return "\n".join(textwrap.wrap(line, 110, break_on_hyphens=False, drop_whitespace=False))


def test_the_specification_shows_what_comes_out(tmp_path: Path) -> None:
    found = re.findall(
        r"^```(?:text|json) ([\w-]+)\n(.*?)^```$", SPECIFICATION.read_text(), re.DOTALL | re.MULTILINE
    )
    assert dict(found) == examples(tmp_path / "package")
