"""Signatures of witnesses and time-stamping authorities, restored from the stores after verification.

Only for the ledger's present origin. Lines and tokens that cannot be verified, or whose signer is not in the
trust file, are left out: they would not be used either.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.database.models import LedgerEntry, StatementIndex, Timestamp
from casework.ledger.sql_storage import SqlStorage
from casework.rebuild import object_keys
from casework.rebuild.verified_ledger import Copies
from casework.witnesses.cosignatures import KEPT_SIZES, cosignature_row
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.timestamping.token_verification import token_digest, verify_token
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.named_parties import ThirdParties


def restore(
    session: Session, storage: SqlStorage, keys: LogKeys, copies: Copies, parties: ThirdParties
) -> None:
    """Restore them in the transaction that restores the ledger."""
    prefix = f"{object_keys.ledger_prefix(keys.origin)}checkpoint/"
    places = [place for key in copies.list(prefix) if (place := object_keys.parse_checkpoint_key(key))]
    cosigned = sorted({size for size, name in places if name != object_keys.OWN and not _is_stamp(name)})
    kept = set(cosigned[-KEPT_SIZES:])
    renewals = _renewals(session)
    newest = session.scalar(select(StatementIndex.position).order_by(StatementIndex.position.desc()).limit(1))
    for size, name in places:
        if newest is None or size > newest + 1:
            continue
        if _is_stamp(name):
            checkpoint = Checkpoint(keys.origin, size, storage.root(session.connection(), size))
            _stamp(session, copies, checkpoint, name.removesuffix(object_keys.STAMP), parties, renewals)
        elif size in kept and name != object_keys.OWN:
            _cosignature(session, storage, copies, keys, size, name, parties)


def _is_stamp(name: str) -> bool:
    return name.endswith(object_keys.STAMP)


def _stamp(
    session: Session,
    copies: Copies,
    checkpoint: Checkpoint,
    authority: str,
    parties: ThirdParties,
    renewals: dict[str, int],
) -> None:
    certificate = parties.authorities.get(authority)
    if certificate is None:
        return
    key = object_keys.checkpoint_key(checkpoint.origin, checkpoint.size, authority + object_keys.STAMP)
    for name, response in copies.each(key):
        try:
            token = verify_token(response, checkpoint.text().encode(), certificate)
        except CustodyError:
            copies.was_wrong(name, key)
            continue
        session.add(
            Timestamp(
                size=checkpoint.size,
                authority=authority,
                response=response,
                at=token.at,
                expires_at=token.expires_at,
                renewed=renewals.get(token_digest(response)),
            )
        )
        return


def _renewals(session: Session) -> dict[str, int]:
    """SHA-512 of a token's response → position of the `timestamp.renewed` that names it."""
    rows = session.execute(
        select(LedgerEntry.position, LedgerEntry.leaf)
        .join(StatementIndex, StatementIndex.position == LedgerEntry.position)
        .where(StatementIndex.type == "timestamp.renewed")
        .order_by(LedgerEntry.position)
    )
    renewals: dict[str, int] = {}
    for position, leaf in rows:
        renewals.setdefault(str(SignedStatement.parse(leaf).statement.body["token"]), position)
    return renewals


def _cosignature(
    session: Session,
    storage: SqlStorage,
    copies: Copies,
    keys: LogKeys,
    size: int,
    name: str,
    parties: ThirdParties,
) -> None:
    wanted = {key.key_id.hex(): key for key in parties.witnesses.values()}
    if name not in wanted:
        return
    key = object_keys.checkpoint_key(keys.origin, size, name)
    for copy, data in copies.each(key):
        try:
            checkpoint = open_checkpoint(data, keys)
            note = Note.parse(data)
            at = verify_cosignature(note, wanted[name], checkpoint)
        except CustodyError:
            copies.was_wrong(copy, key)
            continue
        if checkpoint.size != size or checkpoint.root != storage.root(session.connection(), size):
            continue
        for line in note.signatures:
            session.merge(cosignature_row(checkpoint, line, at))
        return
