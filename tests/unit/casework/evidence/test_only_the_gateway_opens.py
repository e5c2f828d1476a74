"""Every way to a key or to decrypted evidence is in a list, and each but the gateway's has its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[4]
PACKAGES = ("amana", "casework", "player", "recorder")

DECRYPTS = frozenset(
    {"message_keys", "open_message", "open_with_message_key", "unwrap", "decrypted", "header_of"}
)
"""Functions that give a key, or what it opens."""
OPENED = frozenset({"Export", "Observation", "OpenedFile", "OpenedRecording", "Sources", "Viewing"})
"""Classes that stand for what was permitted and stated; whoever makes one says that both has happened."""

ALLOWED: Mapping[str, frozenset[str]] = {
    # The gateway.
    "casework/evidence/decryption.py": frozenset({"message_keys", "open_with_message_key", "decrypted"}),
    "casework/evidence/derivation.py": frozenset(
        {"OpenedFile", "OpenedRecording", "Sources", "decrypted", "header_of"}
    ),
    "casework/evidence/export.py": frozenset({"decrypted", "header_of"}),
    "casework/evidence/gateway.py": frozenset({"Export", "Observation", "Viewing", "decrypted"}),
    "casework/evidence/openings.py": frozenset({"message_keys"}),
    "casework/evidence/small_pictures.py": frozenset({"message_keys"}),
    "casework/evidence/viewing.py": frozenset({"decrypted", "header_of", "message_keys"}),
    # A row of the database, which opens nothing.
    "casework/evidence/viewing_sessions.py": frozenset({"Viewing"}),
    # What is not sealed yet: an upload that goes on after a cut, and words that wait to become events.
    "casework/files/upload_staging.py": frozenset({"open_message"}),
    "casework/recording/pending_notes_file.py": frozenset({"open_message"}),
    # The page of an opened item asks its viewing, which the gateway gave it.
    "player/pages/viewings.py": frozenset({"message_keys"}),
    # The recorder child gives the keys of the part that it records, to an observer that the gateway admitted.
    "casework/recording/recording_writer.py": frozenset({"message_keys"}),
    "recorder/interview/commands.py": frozenset({"message_keys"}),
    "recorder/pages/console.py": frozenset({"message_keys"}),
    # The keyholder's process, which asks its own keyholder.
    "amana/keyholder/operations.py": frozenset({"message_keys"}),
    # The table of which role may ask it.
    "amana/keyholder/roles.py": frozenset({"message_keys"}),
    # A client like any browser: it opens with the keys that a viewing gave it.
    "amana/demo/run.py": frozenset({"open_with_message_key"}),
    # Without the center: two of three shares bring everything back.
    "amana/recovery/escrow_recovery.py": frozenset({"unwrap"}),
}


def openings(source: str) -> Iterator[str]:
    """What of `DECRYPTS` and `OPENED` a module calls, or hands on to be called."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name, ctx=ast.Load()) if name in DECRYPTS:
                yield name
            case ast.Constant(value=str(name)) if name in DECRYPTS:  # `getattr`
                yield name
            case ast.ImportFrom(names=names):
                yield from (one.name for one in names if one.name in DECRYPTS)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in OPENED:
                yield name


def modules() -> list[str]:
    return sorted(
        str(path.relative_to(PRODUCT)) for package in PACKAGES for path in (PRODUCT / package).rglob("*.py")
    )


def test_nothing_is_opened_but_by_the_gateway_and_what_is_listed() -> None:
    """A way to a key that leaves no statement, or a line too many in the list."""
    found = {module: frozenset(openings((PRODUCT / module).read_text())) for module in modules()}
    assert {module: what for module, what in found.items() if what} == ALLOWED


@pytest.mark.parametrize(
    "planted",
    [
        "center.keyholder.message_keys(opening, info, requests)",
        "ask = self._center.keyholder.message_keys",
        "holder = center.keyholder\nholder.message_keys(opening, info, requests)",
        "getattr(center.keyholder, 'message_keys')(opening, info, requests)",
        "from casework.evidence.decryption import message_keys as keys",
        "from vault.sealing import sealing\nsealing.open_with_message_key(key, message)",
        "from vault.sealing.sealing import open_message as read\nread(key, context, message)",
        "for _, _, content in decrypted(center, recording, records): pass",
        "viewing.Viewing(center, row, part)",
        "Export(center, person, purpose, items, order)",
        "WrappingKey(seed).unwrap(wrapped, info)",
    ],
)
def test_a_planted_way_is_found(planted: str) -> None:
    assert list(openings(planted))
