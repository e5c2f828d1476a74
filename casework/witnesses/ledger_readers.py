"""Readers of the ledger: witnesses and monitors with access over HTTP, and the checkpoint they read first.

A reader has a name and a token of 256 random bits, stored only as its SHA-256 digest: a stolen database gives
no access. Hashes and checkpoints reveal nothing about any person; entries name cases, staff and times by
number, so reading them is a separate right. Withdrawal takes effect at once; the row stays, with its time.

Who may read is not stated in the ledger itself: nothing that is proved depends on it.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import select

from casework import codes
from casework.center import Center
from casework.clock import now
from casework.database.models import LedgerReader
from casework.errors import Missing, NotSignedIn, Refused
from casework.tokens import new_token, token_digest
from casework.witnesses import trust_file
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.errors import Malformed


def add(center: Center, name: str, *, entries: bool) -> str:
    """Add a reader, and return the token, which cannot be shown again.

    `name`: a code, such as `bar-association`. `entries`: whether they may read entries too, as a monitor
    must; a witness need not. Raises `Refused`.
    """
    codes.require_code(name, "reader's name")
    token = new_token()
    with center.database.begin() as session:
        if session.scalar(_current.where(LedgerReader.name == name)) is not None:
            raise Refused(f"{name} reads the ledger already; withdraw that token first to give a new one")
        session.add(LedgerReader(token_digest=token_digest(token), name=name, entries=entries, made_at=now()))
    return token


def everybody(center: Center) -> Sequence[LedgerReader]:
    """Return all readers, also withdrawn ones: current readers first, by name."""
    return center.database.scalars(
        select(LedgerReader).order_by(
            LedgerReader.withdrawn_at.is_not(None), LedgerReader.name, LedgerReader.made_at
        )
    )


def withdraw(center: Center, name: str) -> None:
    """Withdraw a reader's right, from now on. Raises `Missing`."""
    with center.database.begin() as session:
        reader = session.scalar(_current.where(LedgerReader.name == name))
        if reader is None:
            raise Missing(f"nobody called {name[:64]} may read the ledger")
        reader.withdrawn_at = now()


def admitted(center: Center, token: str) -> LedgerReader:
    """Return the reader with this token. Raises `NotSignedIn`, the same for unknown and withdrawn tokens.

    Every current digest is compared, each in constant time, so that the duration reveals nothing.
    """
    digest = token_digest(token)
    readers = center.database.scalars(_current)
    matching = [reader for reader in readers if hmac.compare_digest(reader.token_digest, digest)]
    if not matching:
        raise NotSignedIn("no such reader")
    return matching[0]


def checkpoint(center: Center) -> bytes:
    """Return the newest checkpoint, with the cosignatures of the policy's witnesses received for this tree.

    Never an older one for the sake of its cosignatures: a monitor must see what was added last.
    """
    newest = center.ledger.checkpoint()
    try:
        parties = trust_file.read(center.trust)
    except Malformed:
        return newest  # the witnesses are not known then; the ledger remains readable
    return Cosignatures(center.database, center.log_keys).with_lines(newest, parties).note


_current = select(LedgerReader).where(LedgerReader.withdrawn_at.is_(None))
