"""Transcript drafts while a version of them is being published (`versions`), and recovery after interruption.

    named (`kept_as`) → sealed in the spool → marked whole → evidence; the draft is deleted

A draft that names a derivative is read-only. Its next state is decided here under the writer's lock, so that
a draft is either published or edited further, never both, whatever the machines' state and clocks:

- Before the mark nothing of the version is evidence. Once the derivative has failed or was cancelled, or its
  machine is away, any machine may free the draft. A machine that returns finds it freed, and removes what it
  sealed.
- After the mark only the machine whose spool holds the version completes it or rolls it back: the draft waits
  for that machine, like a recording part that only one machine can seal (`nodes`). It does not wait for a
  retired machine, unless the ledger already records the version as made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.database.models import Derivative, DerivativeState, Node, StatementIndex, TranscriptDraft
from casework.errors import DraftMovedOn

AWAY = timedelta(minutes=5)
"""How long to wait for a machine to seal a version, which takes seconds. It compares the clocks of two
machines; if one is wrong, a person has to press the button again, and nothing is lost."""


def mark_whole(center: Center, derivative_id: str) -> None:
    """Mark a version as sealed in this machine's spool. Raises `DraftMovedOn` if its draft was freed."""
    with center.database.begin() as session:
        draft = session.scalar(select(TranscriptDraft).where(TranscriptDraft.kept_as == derivative_id))
        if draft is None:
            raise DraftMovedOn(f"no draft waits for derivative {derivative_id}")
        draft.kept_whole = True


def settle(center: Center) -> None:
    """Free every draft whose version will not be made, on any machine; delete those whose version is made."""
    with center.database() as session:
        waiting = _waiting(session)
        if not any(_made(one) or _will_not_be_made(session, center, *one) for one in waiting):
            return
    with center.database.begin() as session:
        for draft, version in _waiting(session):
            if _made((draft, version)):
                session.delete(draft)
            elif _will_not_be_made(session, center, draft, version):
                free(session, draft.kept_as)


def free(session: Session, derivative_id: str | None) -> None:
    """Make the draft editable again, as if this version had not been requested."""
    for draft in session.scalars(select(TranscriptDraft).where(TranscriptDraft.kept_as == derivative_id)):
        draft.kept_as, draft.kept_whole = None, False
    version = session.get(Derivative, derivative_id)
    if version is not None and version.state in (DerivativeState.MAKING, DerivativeState.WAITING):
        version.state = DerivativeState.CANCELLED


# --- inside -------------------------------------------------------------------------------------------------

_Waiting = tuple[TranscriptDraft, Derivative | None]


def _waiting(session: Session) -> Sequence[_Waiting]:
    return [
        (draft, version)
        for draft, version in session.execute(
            select(TranscriptDraft, Derivative)
            .outerjoin(Derivative, Derivative.id == TranscriptDraft.kept_as)
            .where(TranscriptDraft.kept_as.is_not(None))
        )
    ]


def _made(one: _Waiting) -> bool:
    return one[1] is not None and one[1].state is DerivativeState.MADE


def _will_not_be_made(
    session: Session, center: Center, draft: TranscriptDraft, version: Derivative | None
) -> bool:
    """Return whether this version will not be made."""
    if version is None or version.state in (DerivativeState.FAILED, DerivativeState.CANCELLED):
        return True
    if version.node == center.node:  # in progress here, or `versions.complete_left` rolls it back
        return False
    if session.get(Node, version.node) is None:
        return not session.scalar(select(exists().where(StatementIndex.chain == version.id)))
    return not draft.kept_whole and now() - version.ordered_at > AWAY
