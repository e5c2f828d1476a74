"""Uploads of files into a case, piece by piece, until each is sealed evidence: photographs and documents of
the center, and files received from outside (`received_files`).

    begin → take, take, …, each durable before it is acknowledged → finish

A file that the case has already is not sent; that a received one was given again is stated (`givings`).

Every step can be repeated and gives the same result. After a broken connection, a reload of the page or a
restart of the service, the client requests the status (`begin` with the same digest, or `upload_status`) and
continues from there.

`finish` in this order; after a crash at any line a second `finish` completes it:

1. Consent was not refused meanwhile. All bytes have arrived and have the announced digest.
2. A child process reads a photograph or document and makes previews (`previews`). The original file is sealed
   regardless of its result. A received file is not read, nor is the record of an examination.
3. The file's properties and previews are sealed beside it; index and manifest are durable.
4. Replication to the copies begins: the folder moves into the spool. The wrapped key goes to the keyholder.
5. `photograph.sealed`, `document.sealed` or `evidence.received` is in the ledger, in the uploader's name.
6. The file has its row, and the response is sent.

Callers must have signed the person in; permission is checked at every step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from threading import Lock
from typing import Literal

from sqlalchemy import delete, func, select, true
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act, require, require_case
from casework.cache import Cache
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    Evidence,
    FileRequest,
    Person,
    Photograph,
    SealedDetails,
    StatementIndex,
    Upload,
)
from casework.errors import CaseworkError, Missing, NotTaken, Refused, WrongState
from casework.files.ticket import FileTicket
from casework.files.upload_staging import ArrivingFile, OtherSession, make_room, purpose_of
from casework.ledger import custody_log
from casework.photographs import exam_sets, givings
from casework.photographs.file_evidence import SealedFile, reserved_number
from casework.photographs.received_files import Origin
from casework.sandbox import previews
from casework.sandbox.file_types import DOCUMENTS, HEAD, PICTURES, format_of, received_format
from casework.sealing.staging import OutOfOrder, require_room, uploads_area
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import MAX_NAME, SMALL, FileDescription, FileKind
from chain_of_custody.statements.types import EXAMINATION, SEALS
from vault.errors import VaultError

log = logging.getLogger(__name__)

MAX_SIZE: Mapping[FileKind, int] = {
    "photograph": 256 * 1024 * 1024,
    "document": 256 * 1024 * 1024,
    "received": 100 * 1000**3,
}
"""Maximum bytes of one file: a raw picture of a large camera has a hundred million."""
ADDING: Mapping[str, Act] = {
    "photograph": Act.ADD_PHOTOGRAPHS,
    "document": Act.ADD_DOCUMENTS,
    "received": Act.ADD_RECEIVED,
}
"""Kind of file → the act of adding one."""
MAX_UNFINISHED = 1000
"""Maximum unfinished uploads of one person, and of one request for files."""
LEAST_PIECE = 256 * 1024
"""Minimum bytes of each piece but the last: the index of the largest file stays below `MAX_INDEX`, which
verifiers read. `uploading.js` sends no smaller ones."""
UNFINISHED_FOR = timedelta(days=7)
"""How long an upload is stored after its last piece."""
TURNS = 1024
"""How many locks of a kind this machine holds (`Turn`)."""
_WHAT = "a file"


@dataclass(frozen=True)
class AnnouncedFile:
    """A file to be added."""

    kind: FileKind
    name: str
    """The original file name; stored unchanged, sealed, and not used."""
    size: int
    """Bytes."""
    digest: str | None = None
    """SHA-256 in hexadecimal, where the sender knows it. The sender of a received file has computed it."""
    origin: Origin | None = None
    """Where a received file came from; None for other kinds."""
    intimate: bool = False
    agreed: bool = False
    """Whether the person has agreed to intimate pictures in particular."""
    exam: str | None = None
    view: str | None = None
    injury: int | None = None
    form: str | None = None
    """SHA-256 of the form of the record of an examination, which the center writes (`examination_records`);
    None for every file that people bring."""
    corrects: str | None = None
    """The record that this one corrects."""


@dataclass(frozen=True)
class UploadStatus:
    """Progress of an upload."""

    id: str
    received: int
    """Bytes that are durable here: the offset of the next piece."""
    size: int
    state: Literal["arriving", "sealed"]
    number: int | None = None
    """Number of a sealed file within its case."""
    again: bool = False
    """Whether the case had the same file already: nothing was added."""
    shown: bool = False
    """Whether previews could be made from it."""
    stated: bool = False
    """Whether it is stated that this received file, which the case had, was given again (`givings`)."""


def begin(
    center: Center,
    person: Person,
    session: str,
    case_id: str,
    announced: AnnouncedFile,
    request: str | None = None,
) -> UploadStatus:
    """Announce a file. If it is in the case, or was begun in the same session, return its status.

    An upload that was begun with other properties (another place, or not as intimate) is discarded and begins
    anew. If it is complete or sealed with other properties it is refused, since these cannot be changed any
    more. Of a received file, where it comes from is what was announced last.

    `session`: the token of the person's session, or of the request for files under which somebody outside
    sends it (`request`, its id); only its holder can continue the upload. Raises
    `Forbidden`, `Missing`, `NotTaken`, `Refused`, `RecordingFailed` if the disk is full.
    """
    with center.database() as reading:
        case = require_case(reading, person, ADDING[announced.kind], case_id)
        cases.require_in_use(case)
        _check(announced)
        exam_sets.require_place(
            reading, case.id, announced.exam, announced.view, announced.injury, intimate=announced.intimate
        )
    known = None if announced.digest is None else known_by(case.id, announced.digest)
    begun = _begun(center, person, case.id, known, request)
    try:
        with center.database() as reading:
            _require_consent(reading, case.id, announced.kind, announced.intimate, announced.exam)
    except NotTaken:
        for upload in begun:
            with _arriving(center, upload.id) as arriving:
                if not arriving.whole:
                    _forget(center, upload.id, arriving)
        raise
    if known is not None:
        existing = _sealed_already(center, case.id, known, announced.kind, announced.intimate, request)
        if existing is not None:
            with _same_file(center, known):
                details = _keep_origin(center, person, case, announced, request)
                return _given_again(center, person, existing, _source(announced), details, request)
        resumed = _resume(center, session, begun, announced)
        if resumed is not None:
            _restate_origin(center, person, case, resumed.id, announced, request)
            return resumed
    with center.database() as reading:
        exam_sets.require_open(reading, announced.exam)
    _check_room(center, person, announced.size, request)
    public = center.keyholder.public_keys()
    details = _keep_origin(center, person, case, announced, request)
    upload = Upload(
        id=new_id(),
        case_id=case.id,
        person_id=person.id,
        node=center.node,
        kind=announced.kind,
        size=announced.size,
        known_by=known,
        intimate=announced.intimate,
        exam_id=announced.exam,
        view=announced.view,
        injury=announced.injury,
        source=_source(announced),
        request_id=request,
        form=announced.form,
        corrects=announced.corrects,
        details=details,
        begun_at=now(),
    )
    ticket = FileTicket(center.deployment, case.id, upload.id, public.vault, public.escrow, announced.kind)
    make_room(center.spool, ticket, session, announced.name)
    with center.database.begin() as writing:
        writing.add(upload)
    return UploadStatus(upload.id, 0, announced.size, "arriving")


def upload_status(center: Center, person: Person, upload_id: str) -> UploadStatus:
    """Progress of an upload. Raises `Forbidden`, `Missing`."""
    sealed = _of_sealed(center, person, upload_id)
    if sealed is not None:
        return sealed
    upload = _mine(center, person, upload_id)
    with _arriving(center, upload.id) as arriving:
        return _so_far(upload, arriving)


def take(
    center: Center, person: Person, session: str, upload_id: str, offset: int, data: bytes
) -> UploadStatus:
    """Take the bytes from `offset` on; durable on return. Bytes that arrived already may be sent again.

    If the file was sealed meanwhile (the same page sends it twice), return that. Raises `Forbidden`,
    `Missing`, `NotTaken` if the first bytes are those of no picture or document (nothing of it is stored),
    `OtherSession`, `OutOfOrder`, `Refused`, `RecordingFailed`.
    """
    sealed = _of_sealed(center, person, upload_id)
    if sealed is not None:
        return sealed
    upload = _mine(center, person, upload_id)
    if offset < 0 or offset + len(data) > upload.size:
        raise Refused(f"the file was announced with {upload.size} bytes")
    if len(data) < LEAST_PIECE and offset + len(data) != upload.size:
        raise Refused(f"each piece but the last has at least {LEAST_PIECE} bytes")
    require_room(center.spool, len(data), _WHAT)
    with _arriving(center, upload.id) as arriving:
        if arriving.received == 0:  # of an upload that has begun, other first bytes are ignored
            with _discarded_if_refused(center, upload, arriving):
                _require_format(upload, data[:HEAD])
        return UploadStatus(upload.id, arriving.take(session, offset, data), upload.size, "arriving")


def finish(center: Center, person: Person, session: str, upload_id: str) -> UploadStatus:
    """Make evidence of a complete upload; safe to repeat. The module docstring lists the steps.

    Raises `Forbidden`, `Missing`, `NotTaken` if it is not what was announced (it must be sent again) or is
    not permitted any more (nothing of it is stored), `OtherSession`, `OutOfOrder` if bytes are missing,
    `RecordingFailed`.
    """
    sealed = _of_sealed(center, person, upload_id)
    if sealed is not None:
        return sealed
    upload = _mine(center, person, upload_id)
    with _arriving(center, upload.id) as arriving, _same_file(center, upload.known_by or upload.id):
        sealed = _of_sealed(center, person, upload_id)  # by another request, while this one waited
        if sealed is not None:
            return sealed
        if not arriving.whole:
            with _discarded_if_refused(center, upload, arriving):
                _require_still(center, upload)
                again = _seal(center, person, session, upload, arriving)  # 1 to 3
            if again is not None:
                return again
        arriving.move()  # 4
        return _become_evidence(center, person, upload)


def give_up(center: Center, person: Person, upload_id: str) -> None:
    """Discard an incomplete upload. Nothing was stated about it.

    Raises `Forbidden`, `Missing`, `WrongState` for a complete one: it may be in the ledger already.
    """
    upload = _mine(center, person, upload_id)
    with _arriving(center, upload.id) as arriving:
        if arriving.whole:
            raise WrongState(f"upload {upload.id} is whole; `finish` completes it")
        _forget(center, upload.id, arriving)


def clear(center: Center) -> None:
    """At service start and every hour: finish complete uploads, and remove those that got no piece for a week
    or whose request for files is over.

    One that cannot be finished now waits for the next time or for its sender; it blocks no other.
    """
    uploads_area(center.spool).clear_removed()
    for upload in center.database.scalars(select(Upload.id).where(Upload.node == center.node)):
        try:
            _clear(center, upload)
        except (CaseworkError, CustodyError, VaultError, OSError) as error:
            log.error("upload %s cannot be completed: %s", upload, type(error).__name__)


# --- inside -------------------------------------------------------------------------------------------------


def _clear(center: Center, upload_id: str) -> None:
    with _arriving(center, upload_id) as arriving:
        with center.database() as session:
            upload = session.get(Upload, upload_id)
            if upload is None:  # its sender finished it meanwhile
                return
            person = session.get_one(Person, upload.person_id)
            over = _request_over(session, upload.request_id)
        if arriving.whole:
            arriving.move()
            _become_evidence(center, person, upload)
            return
        changed = arriving.changed_at
        if over or changed is None or changed < now() - UNFINISHED_FOR:
            _forget(center, upload_id, arriving)


def _request_over(session: Session, request_id: str | None) -> bool:
    if request_id is None:
        return False
    request = session.get_one(FileRequest, request_id)
    return request.withdrawn_at is not None or request.ends_at <= now()


def _check(announced: AnnouncedFile) -> None:
    most = MAX_SIZE[announced.kind]
    if not 0 < announced.size <= most:
        raise NotTaken("file-too-large", f"{announced.size} bytes; 1 to {most} are taken")
    if (announced.kind == "received") != (announced.origin is not None):
        raise Refused("where a file came from is given of received files, and of no others")
    if announced.origin is not None and announced.digest is None:
        raise Refused("a received file is announced with its SHA-256")
    if announced.intimate and announced.kind != "photograph":  # the statement of a document has no such field
        raise NotTaken("intimate-document", "only photographs are marked as intimate")
    if announced.intimate and not announced.agreed:
        raise NotTaken("not-agreed", "an intimate picture needs her agreement to it in particular")
    if len(announced.name) > MAX_NAME:
        raise Refused(f"a name of more than {MAX_NAME} characters")


def _require_consent(session: Session, case_id: str, kind: str, intimate: bool, exam: str | None) -> None:
    """Refuse a photograph if consent to it, or to the examination of its set, was refused or withdrawn.
    Raises `NotTaken`.

    An answer that is not recorded yet does not block the upload: the form asks for it.
    """
    if kind != "photograph":
        return
    if exam is not None:
        exam_sets.require_agreed(session, case_id)
    for subject in ("photographs", *(["intimate-photographs"] if intimate else [])):
        consent = grants_in_force.consent_to(session, case_id, subject)
        if consent is not None and consent.outcome in grants_in_force.WITHDRAWN_OUTCOMES:
            code = "consent-refused" if subject == "photographs" else "intimate-refused"
            raise NotTaken(code, f"consent to {subject} is {consent.outcome}")


def _require_still(center: Center, upload: Upload) -> None:
    """Check consent and place again, as `begin` did: minutes or days have passed. Raises `NotTaken`."""
    with center.database() as session:
        _require_consent(session, upload.case_id, upload.kind, upload.intimate, upload.exam_id)
        exam_sets.require_place(
            session, upload.case_id, upload.exam_id, upload.view, upload.injury, intimate=upload.intimate
        )


def _check_room(center: Center, person: Person, size: int, request: str | None) -> None:
    mine = (Upload.person_id == person.id, Upload.request_id == request)
    unfinished = center.database.scalar(select(func.count()).where(*mine)) or 0
    if unfinished >= MAX_UNFINISHED:
        raise NotTaken("too-many-uploads", f"{unfinished} files were begun and not finished")
    require_room(center.spool, size, _WHAT)


def _require_format(upload: Upload, head: bytes) -> str:
    kind = upload.kind
    if kind == "received":
        return received_format(head)
    if upload.form is not None:
        return EXAMINATION
    format_ = format_of(head)
    if format_ not in (PICTURES if kind == "photograph" else DOCUMENTS):
        raise NotTaken("not-a-picture" if kind == "photograph" else "not-a-document", "told by its content")
    assert format_ is not None
    return format_


def known_by(case_id: str, digest: str) -> str:
    """Return the digest by which a case knows a file with this SHA-256. Raises `Refused`."""
    try:
        return sha256(bytes.fromhex(case_id) + bytes.fromhex(digest)).hexdigest()
    except ValueError as malformed:
        raise Refused("a digest is 64 hexadecimal digits") from malformed


def _sealed_already(
    center: Center, case_id: str, known: str, kind: str, intimate: bool, request: str | None
) -> UploadStatus | None:
    """The same file, if the case has it; to somebody outside, only if it was sent by the same request.

    Raises `NotTaken` if it was sealed with other properties.
    """
    with center.database() as session:
        rows = session.execute(
            select(Evidence, Photograph)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(
                Evidence.case_id == case_id,
                Photograph.known_by == known,
                true() if request is None else Photograph.request_id == request,
            )
            .order_by(Evidence.number)
        ).all()
    existing = [(row, photograph) for row, photograph in rows if row.state.sealed]
    if any(row.kind != kind for row, _ in existing):
        raise NotTaken("sealed-as-other", f"the same file is in the case, and as no {kind}")
    if intimate and not all(photograph.intimate for _, photograph in existing):
        raise NotTaken("sealed-not-intimate", "the same picture is in the case, and not as intimate")
    return _status_of(*existing[0], again=True) if existing else None


def _begun(
    center: Center, person: Person, case_id: str, known: str | None, request: str | None
) -> Sequence[Upload]:
    """Unfinished uploads of the same file, on this machine: this person's own, or those of the request."""
    if known is None:
        return []
    return center.database.scalars(
        select(Upload).where(
            Upload.case_id == case_id,
            Upload.person_id == person.id,
            Upload.known_by == known,
            Upload.request_id == request,
            Upload.node == center.node,
        )
    )


def _resume(
    center: Center, session: str, begun: Sequence[Upload], announced: AnnouncedFile
) -> UploadStatus | None:
    """The upload to continue; one begun with other properties is discarded.

    Raises `NotTaken` if that one is complete.
    """
    for upload in begun:
        with _arriving(center, upload.id) as arriving:
            try:
                whole = arriving.whole
                if not whole:  # a complete one no longer needs a key
                    arriving.require_session(session)
                if _as_begun(upload, announced):
                    return _so_far(upload, arriving)
            except (OtherSession, Missing):
                continue
            if whole:  # its statement may be in the ledger
                raise NotTaken("begun-otherwise", f"upload {upload.id} is whole, and was begun as another")
            _forget(center, upload.id, arriving)
    return None


def _source(announced: AnnouncedFile) -> str | None:
    return None if announced.origin is None else announced.origin.source


def _keep_origin(
    center: Center, person: Person, case: Case, announced: AnnouncedFile, request: str | None
) -> str | None:
    """Seal where a received file comes from, and return the commitment: no memory and no disk has it in
    clear afterwards."""
    if announced.origin is None:
        return None
    given = {**announced.origin.details(), "sha256": announced.digest}
    return custody_log.keep_details(center, person if request is None else None, case, given)


def _given_again(
    center: Center,
    person: Person,
    existing: UploadStatus,
    source: str | None,
    details: str | None,
    request: str | None,
) -> UploadStatus:
    """State that a received file which the case has was given again; nothing of files of other kinds."""
    if source is None or details is None:
        return existing
    stated = givings.state_again(center, person, existing.id, source=source, request=request, details=details)
    return replace(existing, stated=stated)


def _restate_origin(
    center: Center,
    person: Person,
    case: Case,
    upload_id: str,
    announced: AnnouncedFile,
    request: str | None,
) -> None:
    """Replace where a file comes from by what its sender states now, unless it is in the ledger already."""
    with _arriving(center, upload_id):
        if announced.origin is None or custody_log.head(center, upload_id) is not None:
            return
        details = _keep_origin(center, person, case, announced, request)
        with center.database.begin() as writing:
            upload = writing.get_one(Upload, upload_id)
            writing.execute(delete(SealedDetails).where(SealedDetails.commitment == upload.details))
            upload.details, upload.source = details, announced.origin.source


def _as_begun(upload: Upload, announced: AnnouncedFile) -> bool:
    begun = (upload.kind, upload.intimate, upload.exam_id, upload.view, upload.injury, upload.form)
    one = announced
    return begun == (one.kind, one.intimate, one.exam, one.view, one.injury, one.form)


def _of_sealed(center: Center, person: Person, evidence_id: str) -> UploadStatus | None:
    with center.database() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.interview_id is not None:
            return None
        if row.kind not in ADDING:
            return None
        require_case(session, person, ADDING[row.kind], row.case_id)
        return _status_of(row, session.get_one(Photograph, evidence_id))


def _status_of(row: Evidence, photograph: Photograph, *, again: bool = False) -> UploadStatus:
    return UploadStatus(
        row.id, photograph.size, photograph.size, "sealed", row.number, again, photograph.shown
    )


def _mine(center: Center, person: Person, upload_id: str) -> Upload:
    """Return an upload of this person, in a case to which they still have access. Raises `Forbidden`,
    `Missing`."""
    require(person, Act.SEE_CASE)
    with center.database() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or upload.person_id != person.id:
            raise Missing(f"no upload {upload_id[:32]}")
        require_case(session, person, ADDING[upload.kind], upload.case_id)
    return upload


def _on_their_way(center: Center) -> Cache[str, ArrivingFile]:
    """Arriving photographs and documents, by evidence id."""
    return center.cache(ArrivingFile, 4096)  # one that is evicted has to be read back


@contextmanager
def _arriving(center: Center, upload_id: str) -> Iterator[ArrivingFile]:
    arriving = _on_their_way(center).get(upload_id, lambda: ArrivingFile(center.spool, upload_id))
    with arriving.turn:
        yield arriving


class Turn:
    """The lock for sealing one file in one case, or for announcing files under one request."""

    def __init__(self) -> None:
        self.lock = Lock()


@contextmanager
def _same_file(center: Center, known: str) -> Iterator[None]:
    """Serialise uploads of the same announced file: the second one finds it sealed."""
    turn = center.cache(Turn, TURNS).get(known, Turn)
    with turn.lock:
        yield


@contextmanager
def _discarded_if_refused(center: Center, upload: Upload, arriving: ArrivingFile) -> Iterator[None]:
    """Discard an upload that is refused."""
    try:
        yield
    except NotTaken:
        _forget(center, upload.id, arriving)
        raise


def _so_far(upload: Upload, arriving: ArrivingFile) -> UploadStatus:
    received = upload.size if arriving.whole else arriving.received
    return UploadStatus(upload.id, received, upload.size, "arriving")


def _seal(
    center: Center, person: Person, session: str, upload: Upload, arriving: ArrivingFile
) -> UploadStatus | None:
    """Steps 1 to 3. If the case has the same file already, return its status and discard this upload."""
    if arriving.received != upload.size:
        raise OutOfOrder("byte", arriving.received)
    digest = arriving.sha256(session)
    known = known_by(upload.case_id, digest)
    if upload.known_by not in (None, known):
        raise NotTaken("digest-differs", "what came is not what was announced")
    existing = _sealed_already(center, upload.case_id, known, upload.kind, upload.intimate, upload.request_id)
    if existing is not None:
        existing = _given_again(center, person, existing, upload.source, upload.details, upload.request_id)
        _forget(center, upload.id, arriving)
        return existing
    head = next(arriving.content(session))[:HEAD]
    format_ = _require_format(upload, head)
    looked = previews.Preview()
    if upload.kind != "received" and upload.form is None:
        looked = previews.look(b"".join(arriving.content(session)), format_)  # 2
    description = FileDescription(arriving.name(session), upload.size, digest, format_, looked.read)
    with center.database.begin() as writing:  # before the manifest: afterwards no key is needed any more
        row = writing.get_one(Upload, upload.id)
        row.known_by, row.format = known, format_
    arriving.finish(session, description, looked.pictures)  # 3
    return None


def _become_evidence(center: Center, person: Person, upload: Upload) -> UploadStatus:
    """Steps 5 and 6, for a folder that is in its place in the spool."""
    sealed = SealedFile.in_spool(center, upload.id)
    with center.database() as session:
        case = session.get_one(Case, upload.case_id)
        upload = session.get_one(Upload, upload.id)
    format_ = upload.format or "unknown"
    number = reserved_number(center, Upload, upload.id)
    if custody_log.head(center, upload.id) is None:
        body = sealed.body(center, format_, number)
        if upload.kind == "photograph":
            body["intimate"] = upload.intimate
            if upload.intimate:
                body["agreed"] = True  # `begin` requires it
        if upload.exam_id is not None:
            body["exam"] = upload.exam_id
        if upload.source is not None:
            body["source"] = upload.source
        if upload.request_id is not None:
            body["request"] = upload.request_id
        if upload.form is not None:
            body["form"] = upload.form
        if upload.corrects is not None:
            body["corrects"] = upload.corrects
        custody_log.append(
            center,
            custody_log.Draft(
                type=SEALS[upload.kind],
                evidence=upload.id,
                person=person if upload.request_id is None else None,
                purpose=purpose_of(upload.kind),
                body=body,
                case=case,
                commitment=upload.details,
            ),
        )
    with center.database.begin() as session:
        row = sealed.row(center, session, number, upload.begun_at)
        photograph = Photograph(
            evidence_id=upload.id,
            added_by=upload.person_id,
            format=format_,
            size=upload.size,
            known_by=upload.known_by,
            intimate=upload.intimate,
            shown=any(record.track == SMALL for record in sealed.records),
            exam_id=upload.exam_id,
            view=upload.view,
            injury=upload.injury,
            source=upload.source,
            request_id=upload.request_id,
            form=upload.form,
            corrects=upload.corrects,
        )
        session.add(photograph)
        session.execute(delete(Upload).where(Upload.id == upload.id))
    _on_their_way(center).forget(upload.id)
    return _status_of(row, photograph)


def _forget(center: Center, upload_id: str, arriving: ArrivingFile) -> None:
    """Discard an upload, with the details that no statement has."""
    arriving.give_up()
    with center.database.begin() as session:
        upload = session.get_one(Upload, upload_id)
        stated = select(StatementIndex.details).where(
            StatementIndex.case_id == upload.case_id, StatementIndex.details == upload.details
        )
        session.execute(
            delete(SealedDetails).where(
                SealedDetails.commitment == upload.details, SealedDetails.commitment.not_in(stated)
            )
        )
        session.execute(delete(Upload).where(Upload.id == upload_id))
    _on_their_way(center).forget(upload_id)
