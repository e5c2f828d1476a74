"""Drafts of transcripts while a version of them is being kept (`versions`), and where that was cut off.

    named (`kept_as`) → sealed in the spool → marked whole → evidence, and the draft goes

A draft that names a derivative is changed by nobody. How it goes on is decided here under the writer's lock,
so that of one draft either a version is kept or its writing goes on, and never both, whatever the machines
and their clocks believe:

- Before the mark nothing of the version is evidence. Once the derivative is over, or its machine is away,
  anybody's machine frees the draft; the one that comes back finds that it was, and removes what it sealed.
- From the mark on only the machine in whose spool it lies completes it or takes it back: the draft waits for
  that machine, as a part of a recording does that only one can seal (`nodes`). Of one that was retired nobody
  waits, unless the ledger says already that the version was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework.clock import now
from casework.database.models import Derivative, DerivativeState, Node, StatementIndex, TranscriptDraft
from casework.errors import DraftMovedOn

if TYPE_CHECKING:
    from casework.center import Center

AWAY = timedelta(minutes=5)
"""After which a machine that has not sealed a version, a matter of seconds, is not waited for. By the clocks
of two machines; one that is wrong lets somebody press the button again, and loses nothing."""


def mark_whole(center: Center, derivative_id: str) -> None:
    """A version lies sealed in this machine's spool. Raises `DraftMovedOn` where its draft was freed."""
    with center.database.begin() as session:
        draft = session.scalar(select(TranscriptDraft).where(TranscriptDraft.kept_as == derivative_id))
        if draft is None:
            raise DraftMovedOn(f"no draft waits for derivative {derivative_id}")
        draft.kept_whole = True


def settle(center: Center) -> None:
    """Free every draft whose version does not come, on whichever machine it was to be kept; forget those
    whose version is there."""
    with center.database() as session:
        waiting = _waiting(session)
        if not any(_made(one) or _gone(session, center, *one) for one in waiting):
            return
    with center.database.begin() as session:
        for draft, version in _waiting(session):
            if _made((draft, version)):
                session.delete(draft)
            elif _gone(session, center, draft, version):
                free(session, draft.kept_as)


def free(session: Session, derivative_id: str | None) -> None:
    """The draft goes on, as if nobody had asked for this version."""
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


def _gone(session: Session, center: Center, draft: TranscriptDraft, version: Derivative | None) -> bool:
    """Whether this version will not come."""
    if version is None or version.state in (DerivativeState.FAILED, DerivativeState.CANCELLED):
        return True
    if version.node == center.node:  # it goes on here, or `versions.complete_left` takes it back
        return False
    if session.get(Node, version.node) is None:
        return not session.scalar(select(exists().where(StatementIndex.chain == version.id)))
    return not draft.kept_whole and now() - version.ordered_at > AWAY
