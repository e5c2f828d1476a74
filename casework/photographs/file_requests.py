"""Requests to somebody outside to send files for a case: by a link, without an account, until a date.

    request → the link `…/give#TOKEN` → uploads (`uploads`) under the request, until it ends or is withdrawn

The page of a link names the center and the end, and nothing of the case. What comes by it is stated by the
center with the request's id, and not as an act of the person who made the request; a request counts only
while that person may add received files to the case. The sum of the sizes is bounded: a link may be passed
on.

After a rebuild from the ledger the tokens are lost, and requests have to be made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require_case
from casework.cases import cases, description
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import FileRequest, Person, Photograph, StatementIndex, Upload
from casework.errors import CaseVoided, Forbidden, Missing, NotSignedIn, NotTaken, Refused
from casework.files.upload_staging import RECEIVED_PURPOSE
from casework.ledger import custody_log
from casework.ledger.reasons import reasons_at
from casework.photographs import uploads
from casework.photographs.givings import AGAIN
from casework.photographs.received_files import MAX_TEXT, SOURCES
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from casework.short_text import identifying
from casework.tokens import new_token, token_digest
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.statements.statement import SignedStatement

LONGEST = timedelta(days=90)
"""Maximum time until a request ends."""
MOST = 1000 * 1000**3
"""Maximum bytes that may be sent by one request."""
MOST_FILES = 10_000
"""Maximum files that may be sent by one request."""


@dataclass(frozen=True)
class Asked:
    """A request that was made: its row, and the token for its link, which is stored nowhere."""

    request: FileRequest
    token: str


def ask(
    center: Center,
    by: Person,
    case_id: str,
    *,
    giver: str,
    source: str,
    until: datetime,
    most: int,
) -> Asked:
    """Make a request; states `evidence.requested` in the case's chain first.

    `giver`: of whom files are requested, sealed to the case; `most`: bytes, all files together. Raises
    `Forbidden`, `Missing`, `Refused`, `TextUnseen`, `CaseVoided`.
    """
    with center.database() as session:
        case = require_case(session, by, Act.ADD_RECEIVED, case_id)
        cases.require_in_use(case)
    giver, moment = identifying(giver, MAX_TEXT, "who is asked"), now()
    if not giver or source not in SOURCES:
        raise Refused("who is asked, and the kind of source, are missing")
    if not moment < until <= moment + LONGEST:
        raise Refused(f"a request ends within {LONGEST.days} days")
    if not 0 < most <= MOST:
        raise Refused(f"1 to {MOST} bytes can be sent by a request")
    request, token = new_id(), new_token()
    body = {"request": request, "until": instant_text(until)}
    custody_log.append(
        center,
        custody_log.Draft("evidence.requested", case.id, by, RECEIVED_PURPOSE, body, case, {"giver": giver}),
    )
    row = FileRequest(
        id=request,
        token_digest=token_digest(token, "give"),
        case_id=case.id,
        made_by=by.id,
        made_at=moment,
        source=source,
        most=most,
        ends_at=until,
    )
    with center.database.begin() as session:
        session.add(row)
    return Asked(row, token)


def withdraw(center: Center, by: Person, request_id: str) -> FileRequest:
    """Withdraw a request; states `request.withdrawn` first. A second time does nothing.

    Raises `Forbidden`, `Missing`.
    """
    with center.database() as session:
        row = session.get(FileRequest, request_id)
        if row is None:
            raise Missing(f"no request {request_id[:32]}")
        case = require_case(session, by, Act.ADD_RECEIVED, row.case_id)
    with _turn(center, row.id):
        if center.database.get_one(FileRequest, row.id).withdrawn_at is not None:
            return row
        body = {"request": row.id}
        custody_log.append(
            center, custody_log.Draft("request.withdrawn", case.id, by, RECEIVED_PURPOSE, body, case)
        )
        with center.database.begin() as session:
            session.get_one(FileRequest, row.id).withdrawn_at = now()
    return row


def open_requests(center: Center, person: Person, case_id: str) -> Sequence[FileRequest]:
    """Return the requests of a case that can still be used, the newest first.

    Raises `Forbidden`, `Missing`.
    """
    with center.database() as session:
        require_case(session, person, Act.ADD_RECEIVED, case_id)
        return session.scalars(
            select(FileRequest)
            .where(
                FileRequest.case_id == case_id,
                FileRequest.withdrawn_at.is_(None),
                FileRequest.ends_at > now(),
            )
            .order_by(FileRequest.made_at.desc())
        ).all()


def givers(center: Center, person: Person, case_id: str) -> dict[str, str]:
    """Return request → of whom files were requested, where the sealed details can be read now.

    Empty for people who do not work with the case. Raises `Forbidden`, `Missing`.
    """
    if not description.readable(person):
        return {}
    with center.database() as session:
        case = require_case(session, person, Act.READ_DETAILS, case_id)
        positions = session.scalars(
            select(StatementIndex.position).where(
                StatementIndex.chain == case.id, StatementIndex.type == "evidence.requested"
            )
        ).all()
    details = reasons_at(center, case, positions)
    leaves = zip(positions, center.ledger.entries(positions), strict=True)
    stated = {at: SignedStatement.parse(leaf).statement.body["request"] for at, leaf in leaves}
    return {str(stated[at]): one["giver"] for at, one in details.items()}


# --- by the link --------------------------------------------------------------------------------------------


def admitted(center: Center, token: str) -> FileRequest:
    """Return the request of this link's token. Raises `NotSignedIn` unless it can be used now."""
    with center.database() as session:
        row = session.scalar(
            select(FileRequest).where(FileRequest.token_digest == token_digest(token, "give"))
        )
        if row is None or row.withdrawn_at is not None or row.ends_at <= now():
            raise NotSignedIn("no such request")
        try:
            maker = session.get_one(Person, row.made_by)
            cases.require_in_use(require_case(session, maker, Act.ADD_RECEIVED, row.case_id))
        except (Forbidden, CaseVoided) as over:
            raise NotSignedIn("the request counts no more") from over
    return row


def begin(center: Center, token: str, announced: AnnouncedFile) -> UploadStatus:
    """Announce a file under a request.

    Raises as `uploads.begin`, `NotSignedIn`, `NotTaken` if more bytes than the request allows, or more than
    `MOST_FILES` files, would be sent.
    """
    request = admitted(center, token)
    if announced.origin is None:
        raise Refused("where the file comes from is missing")
    announced = replace(announced, origin=replace(announced.origin, source=request.source))
    with _turn(center, request.id):  # two at once would not count each other
        with center.database() as session:
            maker = session.get_one(Person, request.made_by)
            sent, files = _sent(session, request, announced)
        if sent + announced.size > request.most or files >= MOST_FILES:
            said = f"{files} files with {sent} of {request.most} bytes were sent by request {request.id}"
            raise NotTaken("request-full", said)
        return _to_outside(uploads.begin(center, maker, token, request.case_id, announced, request.id))


def take(center: Center, token: str, upload_id: str, offset: int, data: bytes) -> UploadStatus:
    """Take a piece of a file under a request. Raises as `uploads.take`, `NotSignedIn`."""
    maker = _maker(center, token, upload_id)
    return _to_outside(uploads.take(center, maker, token, upload_id, offset, data))


def finish(center: Center, token: str, upload_id: str) -> UploadStatus:
    """Seal a file that was sent under a request. Raises as `uploads.finish`, `NotSignedIn`."""
    return _to_outside(uploads.finish(center, _maker(center, token, upload_id), token, upload_id))


def _turn(center: Center, request_id: str) -> Lock:
    """Return the lock of a request on this machine."""
    return center.cache(uploads.Turn, uploads.TURNS).get(request_id, uploads.Turn).lock


def _to_outside(status: UploadStatus) -> UploadStatus:
    """Without the number, which says how many files the case has, and without what is stated of them."""
    return replace(status, number=None, stated=False)


def _maker(center: Center, token: str, upload_id: str) -> Person:
    """Return who made the request under which this upload was begun. Raises `NotSignedIn`, `Missing`."""
    request = admitted(center, token)
    with center.database() as session:
        upload, sealed = session.get(Upload, upload_id), session.get(Photograph, upload_id)
        if request.id not in (upload and upload.request_id, sealed and sealed.request_id):
            raise Missing(f"no upload {upload_id[:32]}")
        return session.get_one(Person, request.made_by)


def _sent(session: Session, request: FileRequest, announced: AnnouncedFile) -> tuple[int, int]:
    """Return the bytes and files that were announced or sealed under the request, without this file. A file
    that was given again counts once more: its sender cannot make statements without end."""
    known_by = uploads.known_by(request.case_id, announced.digest or "")
    total = files = 0
    for table in (Upload, Photograph):
        other = table.request_id == request.id, table.known_by != known_by
        size, count = session.execute(select(func.sum(table.size), func.count()).where(*other)).one()
        total, files = total + int(size or 0), files + count
    again = (
        select(func.count())
        .join_from(StatementIndex, Photograph, Photograph.evidence_id == StatementIndex.chain)
        .where(StatementIndex.type == AGAIN, Photograph.request_id == request.id)
    )
    return total, files + session.scalars(again).one()
