"""One content, one spelling: the same said in other bytes is refused, wherever it is said."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages.alterations import HOME, changed, lines, listed, substituted
from tests.vectors.packages.cases import SMALL, Case, Make, refused
from tests.vectors.packages.centers import Deployment, plant, sealed, view
from tests.vectors.packages.media import at

MANIFEST, HEADER, DETAILS = f"{HOME}/manifest.json", f"{HOME}/header.json", "data/details/7.json"
OPENED, INDEX = f"{HOME}/opened.jsonl", f"{HOME}/index.jsonl"
CONSISTENCY, PROOF = "data/checkpoints/4.consistency", "data/statements/6.tlog-proof"


def spelled(old: bytes, new: bytes) -> Make:
    """A center that has another spelling of a statement in its ledger."""

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.small())
        view(center, spell=lambda leaf: _replaced(leaf, old, new))
        plant(center, recording, folder)

    return make


def disposal_of_nothing(folder: Path) -> None:
    center, recording = sealed(Deployment.small())
    center.say(
        "disposal.authorised",
        recording.evidence,
        {"disposal": "d1" * 16, "reason": "other"},
        spell=lambda leaf: _replaced(leaf, b'"disposal":"' + b"d1" * 16 + b'",', b""),
    )
    plant(center, recording, folder)


def _replaced(leaf: bytes, old: bytes, new: bytes) -> bytes:
    assert old in leaf
    return leaf.replace(old, new, 1)


def signed_spelling(name: str, altered: str, old: bytes, new: bytes, reason: str) -> Case:
    return Case(
        name, altered, refused(6, "Malformed", f"statement 5: {reason}"), spelled(old, new), policy=SMALL
    )


def spelling(name: str, altered: str, path: str, old: bytes, new: bytes, step: int, reason: str) -> Case:
    return Case(name, altered, refused(step, "Malformed", reason), alter=listed(changed(path, old, new)))


NOT_CANONICAL = "not in its canonical form (RFC 8785)"
CASES = (
    spelling(
        "json-with-a-space",
        "A space in the manifest.",
        MANIFEST,
        b'"v":1',
        b'"v": 1',
        11,
        f"manifest: {NOT_CANONICAL}",
    ),
    spelling(
        "json-keys-in-another-order",
        "Two keys of the details in another order.",
        DETAILS,
        b'"name":"Person L","why":"to prepare"',
        b'"why":"to prepare","name":"Person L"',
        10,
        f"{DETAILS}: details: {NOT_CANONICAL}",
    ),
    spelling(
        "json-key-twice",
        "A key of the manifest is there twice.",
        MANIFEST,
        b'"v":1',
        b'"v":1,"v":1',
        11,
        "manifest: not in its canonical form (RFC 8785)",
    ),
    spelling(
        "json-number-with-a-point",
        "A number of the manifest written 1.0.",
        MANIFEST,
        b'"v":1',
        b'"v":1.0',
        11,
        "manifest: not canonical JSON",
    ),
    spelling(
        "json-number-with-exponent",
        "A number of the manifest written 25e0.",
        MANIFEST,
        b'"records":25',
        b'"records":25e0',
        11,
        "manifest: not canonical JSON",
    ),
    spelling(
        "json-letter-escaped",
        "A letter of the details written as an escape.",
        DETAILS,
        b"Person",
        b"P\\u0065rson",
        10,
        f"{DETAILS}: details: {NOT_CANONICAL}",
    ),
    spelling(
        "json-with-bom",
        "A byte order mark before the details.",
        DETAILS,
        b'{"details"',
        b'\xef\xbb\xbf{"details"',
        10,
        "data/details/7.json: details: not canonical JSON",
    ),
    spelling(
        "json-not-utf-8",
        "A byte of the details that is no UTF-8.",
        DETAILS,
        b"Person",
        b"P\xe9rson",
        10,
        "data/details/7.json: details: not canonical JSON",
    ),
    spelling(
        "json-half-a-character",
        "Half a character in the details.",
        DETAILS,
        b"Person",
        b"P\\ud800rson",
        10,
        "data/details/7.json: details: not canonical JSON",
    ),
    spelling(
        "json-line-with-a-space",
        "A space in a line of the index.",
        INDEX,
        b'"track":0}',
        b'"track":0 }',
        11,
        "index line 1: record: not in its canonical form",
    ),
    spelling(
        "base64-without-padding",
        "A salt of the details without its padding.",
        DETAILS,
        b'=="}',
        b'"}',
        10,
        "data/details/7.json: details salt is not standard base64",
    ),
    Case(
        "base64-with-spare-bits",
        "A salt with bits behind its end.",
        refused(12, "Malformed", "opened.jsonl line 4: salt is not standard base64"),
        alter=listed(substituted(OPENED, r'("index":3,.*"salt":".{21}).==', r"\g<1>B==")),
    ),
    spelling(
        "lines-with-crlf",
        "A line of the index ends as on Windows.",
        INDEX,
        b"}\n",
        b"}\r\n",
        11,
        "index line 1: record: not in its canonical form",
    ),
    Case(
        "lines-without-the-last-end",
        "The last line of the events is not ended.",
        refused(
            12,
            "Incomplete",
            "the event is missing: the file ends before it",
            at("events.jsonl", 18, 3),
        ),
        alter=listed(lines(f"{HOME}/events.jsonl", lambda each: [*each[:-1], each[-1][:-1]])),
    ),
    spelling(
        "consistency-size-with-zero",
        "A size with a leading zero.",
        CONSISTENCY,
        b"size 4",
        b"size 04",
        8,
        "the size of the earlier tree is not a decimal number without leading zeroes",
    ),
    spelling(
        "consistency-of-a-later-version",
        "A consistency file of version 2.",
        CONSISTENCY,
        b"/v1\n",
        b"/v2\n",
        8,
        "consistency file: not complete lines, of which the first is amana/consistency/v1",
    ),
    spelling(
        "proof-index-with-zero",
        "A position with a leading zero.",
        PROOF,
        b"\nindex 6\n",
        b"\nindex 06\n",
        4,
        "the proof's index is not a decimal number without leading zeroes",
    ),
    spelling(
        "proof-with-crlf",
        "A line of a proof ends as on Windows.",
        PROOF,
        b"\nindex 6\n",
        b"\r\nindex 6\n",
        4,
        "the proof does not begin with c2sp.org/tlog-proof@v1",
    ),
    spelling(
        "policy-of-an-unknown-line",
        "A line in the policy that nobody knows.",
        "data/policy.txt",
        b"quorum two\n",
        b"quorum two\nexception none\n",
        3,
        "policy line 17: 'exception' is not known",
    ),
    Case(
        "policy-with-a-remark",
        "A remark in the policy, where none was registered.",
        refused(14, "Altered", "the package is not the one that was exported", "statement 8"),
        alter=listed(lines("data/policy.txt", lambda each: [b"# seen\n", *each])),
        policy=None,
    ),
    Case(
        "header-of-another-spelling",
        "A space in the header.",
        refused(12, "NotProved", "the header does not lie where it must", HEADER),
        alter=listed(changed(HEADER, b'"part":1', b'"part": 1')),
    ),
    signed_spelling(
        "statement-with-a-space",
        "A statement with a space in it, in the center's own ledger.",
        b'"v":1',
        b'"v": 1',
        f"leaf: {NOT_CANONICAL}",
    ),
    signed_spelling(
        "statement-with-a-key-more",
        "A statement with a key that nobody knows.",
        b'"v":1',
        b'"v":1,"w":1',
        "statement: keys differ (missing: none; not known: w)",
    ),
    signed_spelling(
        "statement-of-a-later-version",
        "A statement of version 2.",
        b'"v":1',
        b'"v":2',
        "statement: version not known",
    ),
    Case(
        "disposal-without-its-number",
        "A statement that authorises a destruction, and does not say which.",
        refused(
            6,
            "Malformed",
            "statement 5: disposal.authorised body: keys differ (missing: disposal; not known: none)",
        ),
        disposal_of_nothing,
        policy=SMALL,
    ),
    signed_spelling(
        "statement-with-a-large-number",
        "A number that not every reader can hold.",
        b'"number":3',
        b'"number":9007199254740993',
        "leaf: not canonical JSON",
    ),
    signed_spelling(
        "signature-without-padding",
        "A signature without its padding.",
        b'=="}],"statement"',
        b'"}],"statement"',
        "signature is not standard base64",
    ),
    signed_spelling(
        "signature-of-an-unknown-kind",
        "A signature of a kind that nobody knows.",
        b'"ed25519"',
        b'"ed25518"',
        "signature: signature type not known",
    ),
)
