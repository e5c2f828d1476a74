"""Transcripts on the web: write them beside the recording, publish versions, and search those of a case.

    GET  /interviews/{id}/transcripts                      the page: versions, drafts, and beginning one
    POST /interviews/{id}/transcripts                      its initial content → the draft's page
    GET  /transcript-drafts/{id}                           the editor
    POST /transcript-drafts/{id}/discard                   delete it
    GET  /viewings/{v}/transcript-drafts/{id}              {version, cues}
    POST /viewings/{v}/transcript-drafts/{id}              {version, cues} → {version}; 409: another is newest
    POST /viewings/{v}/transcript-drafts/{id}/keep         {version} → {derivative}
    GET  /cases/{id}/transcripts                           opening those of a case, and searching them

A draft's words are available only under a viewing of its recording, which is stated. Published versions are
opened as every derivative is (`working_copies`), and searched in the browser: the server has no index of
testimony.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, may, require
from casework.cases import cases
from casework.center import Center
from casework.codes import OPENING
from casework.database.models import Interview, Person, TranscriptDraft
from casework.errors import Refused, TranscriptRefused
from casework.grants import grants
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.people import people
from casework.transcripts import drafts as transcript_drafts
from casework.transcripts import versions as transcripts
from casework.transcripts import webvtt
from casework.transcripts.drafts import LANGUAGES
from casework.transcripts.importing import MAX_FILE
from casework.transcripts.versions import Version
from casework.transcripts.webvtt import Cue
from casework.web.request import Caller, Code, OurCenter, page, see_other
from player.pages import exhibit as playback
from player.pages.exhibit import Exhibit

router = APIRouter()


class CueToSave(BaseModel):
    """A cue as the page sends it; ms."""

    model_config = ConfigDict(extra="forbid")

    begin: int = Field(ge=0, le=webvtt.MAX_TIME)
    end: int = Field(ge=0, le=webvtt.MAX_TIME)
    speaker: str = Field(max_length=webvtt.MAX_SPEAKER)
    text: str = Field(max_length=webvtt.MAX_TEXT)


class CuesToSave(BaseModel):
    """Cues to save, over the version that the page has read."""

    version: int = Field(ge=0, lt=2**53)
    cues: Annotated[list[CueToSave], Field(max_length=webvtt.MAX_CUES)]


class VersionToPublish(BaseModel):
    """The version to publish, as the page has it."""

    version: int = Field(ge=0, lt=2**53)


@dataclass(frozen=True)
class PartTranscripts:
    """The transcripts of one part of an interview."""

    part: Part
    versions: Sequence[Version]
    drafts: Sequence[TranscriptDraft]


@dataclass(frozen=True)
class SearchableTranscript:
    """A transcript to search, with its interview and part."""

    interview: Interview
    part: Part
    version: Version


@router.get("/interviews/{interview_id}/transcripts")
def show_all(request: Request, center: OurCenter, person: Caller, interview_id: str) -> Response:
    """Show the transcripts of an interview: versions, drafts, and the form that begins a draft."""
    interview = interviews.get(center, person, interview_id, Act.VIEW_EVIDENCE)
    return _all(request, center, person, interview)


@router.post("/interviews/{interview_id}/transcripts")
def begin(
    request: Request,
    center: OurCenter,
    person: Caller,
    interview_id: str,
    part: Code,
    language: Code,
    origin: Code = "empty",
    translates: Code = "",
    replaces: Code = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Begin a transcript draft, empty or from a file, then redirect to its page.

    A file that cannot be read leads to the page of transcripts again, with the reason (422).
    """
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    if part not in {one.evidence for one in interviews.list_parts(interview)}:
        raise Refused("no part of this interview")
    if origin not in ("empty", "file"):
        raise Refused("begun empty, or with a file")
    try:
        imported = None
        if origin == "file":
            if file is None or not file.filename:
                raise TranscriptRefused("no-file", 0)
            imported = file.file.read(MAX_FILE + 1)
        row = transcript_drafts.begin(
            center,
            person,
            part,
            language,
            translates=translates or None,
            replaces=replaces or None,
            brought=imported,
        )
    except TranscriptRefused as refused:
        return _all(request, center, person, interview, refused)
    return see_other(f"/transcript-drafts/{row.id}")


@router.get("/transcript-drafts/{draft_id}")
def show_draft(request: Request, center: OurCenter, person: Caller, draft_id: str) -> Response:
    """Show the editor of a transcript draft, without its words."""
    row = transcript_drafts.get(center, person, draft_id)
    exhibit = playback.exhibit(center, person, row.evidence_id, Act.MAKE_DERIVATIVE)
    published = transcripts.of_interview(center, person, exhibit.interview)
    return page(
        request,
        "transcript_editor.html",
        draft=row,
        exhibit=exhibit,
        original=next((one.language for one in published if one.row.id == row.translates), None),
        purposes=OPENING,
    )


@router.post("/transcript-drafts/{draft_id}/discard")
def discard(center: OurCenter, person: Caller, draft_id: str) -> Response:
    """Delete a transcript draft, then return to the transcripts of its interview."""
    row = transcript_drafts.get(center, person, draft_id)
    exhibit = playback.exhibit(center, person, row.evidence_id, Act.MAKE_DERIVATIVE)
    transcript_drafts.discard(center, person, draft_id)
    return see_other(f"/interviews/{exhibit.interview}/transcripts")


@router.get("/viewings/{viewing_id}/transcript-drafts/{draft_id}")
def send_text(center: OurCenter, person: Caller, viewing_id: str, draft_id: str) -> Response:
    """Answer with version and cues (ms) of a draft, under a viewing of its recording."""
    held = transcript_drafts.words(center, person, viewing_id, draft_id)
    cues = [asdict(cue) for cue in held.cues]
    return JSONResponse({"version": held.version, "cues": cues})


@router.post("/viewings/{viewing_id}/transcript-drafts/{draft_id}")
def save(center: OurCenter, person: Caller, viewing_id: str, draft_id: str, saved: CuesToSave) -> Response:
    """Store the cues as the draft's next version; answer with its number.

    Raises `DraftMovedOn` if the cues are not based on the newest version.
    """
    cues = [Cue(one.begin, one.end, one.speaker, one.text) for one in saved.cues]
    version = transcript_drafts.save(center, person, viewing_id, draft_id, saved.version, cues)
    return JSONResponse({"version": version})


@router.post("/viewings/{viewing_id}/transcript-drafts/{draft_id}/keep")
def keep(
    center: OurCenter, person: Caller, viewing_id: str, draft_id: str, version: VersionToPublish
) -> Response:
    """Make a version of a transcript draft into evidence; answer with the id of the working copy."""
    row = transcripts.keep(center, person, viewing_id, draft_id, version.version)
    return JSONResponse({"derivative": row.id})


@router.get("/cases/{case_id}/transcripts")
def search(request: Request, center: OurCenter, person: Caller, case_id: str) -> Response:
    """Show the page that opens and searches the transcripts of a case."""
    case = cases.get(center, person, case_id)
    require(person, Act.VIEW_EVIDENCE)
    matches: list[SearchableTranscript] = []
    purposes = list(OPENING)
    for interview in interviews.of_case(center, person, case_id):
        parts = {one.evidence: one for one in interviews.list_parts(interview)}
        for version in readable(center, person, interview.id):
            if version.evidence in parts:
                matches.append(SearchableTranscript(interview, parts[version.evidence], version))
                reached = grants.reached(center, person, version.row.id)
                purposes = [code for code in purposes if code in reached.purposes]
    return page(request, "transcript_search.html", case=case, found=matches, purposes=purposes)


def readable(center: Center, person: Person, interview_id: str) -> list[Version]:
    """Return an interview's transcripts to read (`transcripts.to_read`) that this person may open now."""
    versions = transcripts.of_interview(center, person, interview_id)
    return [
        one
        for one in transcripts.to_read(versions)
        if grants.reached(center, person, one.row.id).waiting is None
    ]


def of_exhibit(center: Center, person: Person, exhibit: Exhibit) -> list[Version]:
    """Return the transcripts to read beside one recording."""
    found = readable(center, person, exhibit.interview)
    return [one for one in found if one.evidence == exhibit.evidence]


def _all(
    request: Request,
    center: Center,
    person: Person,
    interview: Interview,
    refused: TranscriptRefused | None = None,
) -> Response:
    parts = [one for one in interviews.list_parts(interview) if one.state.sealed]
    versions = transcripts.of_interview(center, person, interview.id)
    writes = may(person, Act.MAKE_DERIVATIVE) and not interview.practice
    drafts: Sequence[TranscriptDraft] = ()
    if writes:
        drafts = transcript_drafts.of_recordings(center, person, [one.evidence for one in parts])
    # Names of authors and readers are internal: no page for holders of a grant shows them.
    known = () if grants.receives(person) else people.by_id(center, _named(versions, drafts))
    return page(
        request,
        "transcripts.html",
        200 if refused is None else 422,
        interview=interview,
        written=[
            PartTranscripts(
                one,
                [version for version in versions if version.evidence == one.evidence],
                [draft for draft in drafts if draft.evidence_id == one.evidence],
            )
            for one in parts
        ],
        people={one.id: one for one in known},
        languages=LANGUAGES,
        writes=writes,
        refused=refused,
    )


def _named(versions: Sequence[Version], drafts: Sequence[TranscriptDraft]) -> set[str]:
    rows = [one.row for one in versions]
    wrote = {one.ordered_by for one in rows} | {one.saved_by for one in drafts}
    return wrote | {one.checked_by for one in rows if one.checked_by is not None}
