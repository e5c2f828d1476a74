"""Transcripts: written as sealed drafts, by several people, and kept in versions that are derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from casework import nodes
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Derivative, DerivativeState, Person, Role, TranscriptDraft
from casework.errors import (
    Disposed,
    DraftBeingKept,
    DraftMovedOn,
    DraftThere,
    ExcludedWithin,
    Forbidden,
    LedgerAway,
    Missing,
    NothingReadable,
    OwnRequest,
    RecordingFailed,
    Refused,
    TranscriptRefused,
    VaultLocked,
    WrongState,
)
from casework.evidence import court_exclusions, gateway
from casework.files import derivative_staging
from casework.ledger import custody_log, sealed_details
from casework.people import people
from casework.photographs.file_evidence import SealedFile
from casework.sealing.staging import uploads_area
from casework.transcripts import draft_handover, versions, webvtt
from casework.transcripts import drafts as transcript_drafts
from casework.transcripts.webvtt import Cue
from casework.working_copies import orders, reviews, sealing
from chain_of_custody.items.file_manifest import ORIGINAL, RECIPE
from chain_of_custody.items.recipe import Read, Recipe
from tests.faults.plaintext import walk
from tests.support.centers.casework_world import World
from tests.support.centers.disposing_world import Disposing
from tests.unit.casework.photographs.test_uploads import content_of

SAID = "words that only she has said"
CUES = [Cue(0, 1000, "Person A", SAID), Cue(1500, 2500, "Person B", "كلمات قيلت")]
FILE = f"Person A: {SAID}\nPerson B: yes".encode()


@pytest.fixture
async def part(world: World) -> str:
    return await world.recorded(world.interview())


def viewing(world: World, part: str, person: Person | None = None) -> str:
    return gateway.view(world.center, person or world.prosecutor, part, "hearing").id


def drafted(world: World, part: str, language: str = "en", cues: list[Cue] = CUES) -> tuple[str, str]:
    """A draft with these cues, saved once; its id, and the viewing it was written under."""
    row = transcript_drafts.begin(world.center, world.prosecutor, part, language)
    open_ = viewing(world, part)
    assert transcript_drafts.save(world.center, world.prosecutor, open_, row.id, row.version, cues) == 1
    return row.id, open_


def kept(world: World, part: str, language: str = "en") -> str:
    draft, open_ = drafted(world, part, language)
    return versions.keep(world.center, world.prosecutor, open_, draft, 1).id


def colleague(world: World) -> Person:
    other = people.add(world.center, world.administrator, "Person S", Role.PROSECUTOR, namesake=True)
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    return other


def derivative(world: World, item: str) -> Derivative:
    with world.center.database() as session:
        return session.get_one(Derivative, item)


def drafts(center: Center) -> list[TranscriptDraft]:
    with center.database() as session:
        return list(session.scalars(select(TranscriptDraft)))


def test_what_was_saved_is_there_for_a_colleague_who_has_the_recording_open(world: World, part: str) -> None:
    draft, _ = drafted(world, part)
    other = colleague(world)
    held = transcript_drafts.words(world.center, other, viewing(world, part, other), draft)
    assert (held.version, list(held.cues), held.brought) == (1, CUES, None)
    again = transcript_drafts.begin(world.center, other, part, "en")
    assert again.id == draft  # one in each language
    [listed] = transcript_drafts.of_recordings(world.center, other, [part])
    assert listed.id == draft


def test_no_word_of_a_draft_lies_in_the_database_or_beside_it_in_clear(world: World, part: str) -> None:
    drafted(world, part)
    transcript_drafts.begin(world.center, world.prosecutor, part, "fr", brought=FILE)
    for row in drafts(world.center):
        for column in (row.sealed, row.brought or b""):
            assert SAID.encode() not in column
            assert sha256(FILE).hexdigest().encode() not in column
    markers = [SAID, CUES[1].text, sha256(FILE).hexdigest()]
    assert not list(walk({"center": world.folder}, markers))


def test_who_saves_over_what_somebody_else_saved_is_told_and_nothing_is_lost(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    other = colleague(world)
    theirs = [Cue(0, 900, "Person A", "otherwise")]
    second = viewing(world, part, other)
    assert transcript_drafts.save(world.center, other, second, draft, 1, theirs) == 2
    with pytest.raises(DraftMovedOn):
        transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES)
    with pytest.raises(DraftMovedOn):
        versions.keep(world.center, world.prosecutor, open_, draft, 1)
    held = transcript_drafts.words(world.center, world.prosecutor, open_, draft)
    assert (held.version, list(held.cues)) == (2, theirs)


def test_saving_needs_no_unlocked_vault_and_reading_does(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    world.keyholder.lock()
    assert transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES[:1]) == 2
    with pytest.raises(VaultLocked):
        transcript_drafts.words(world.center, world.prosecutor, open_, draft)


def test_a_row_put_in_anothers_place_does_not_open(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    second, _ = drafted(world, part, "fr")
    with world.center.database.begin() as session:
        one, other = (session.get_one(TranscriptDraft, each) for each in (draft, second))
        one.sealed = other.sealed
    with pytest.raises(NothingReadable):
        transcript_drafts.words(world.center, world.prosecutor, open_, draft)


def test_the_words_are_only_for_whoever_has_this_recording_open(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    with pytest.raises(Missing):
        transcript_drafts.words(world.center, world.prosecutor, "00" * 16, draft)
    interviewer = people.add(world.center, world.administrator, "Person I", Role.INTERVIEWER)
    cases.give(world.center, world.prosecutor, world.case.id, interviewer.id)
    theirs = viewing(world, part, interviewer)
    for asks, under in ((interviewer, theirs), (world.court, open_)):
        with pytest.raises(Forbidden):
            transcript_drafts.words(world.center, asks, under, draft)
        with pytest.raises(Forbidden):
            transcript_drafts.begin(world.center, asks, part, "ar")
    stranger = people.add(world.center, world.administrator, "Person T", Role.PROSECUTOR)
    with pytest.raises(Forbidden):
        transcript_drafts.get(world.center, stranger, draft)
    other = colleague(world)
    with pytest.raises(Missing):
        transcript_drafts.save(world.center, other, open_, draft, 1, CUES)


async def test_a_viewing_of_another_recording_opens_no_draft(world: World, part: str) -> None:
    draft, _ = drafted(world, part)
    another = await world.recorded(world.interview())
    with pytest.raises(Missing):
        transcript_drafts.words(world.center, world.prosecutor, viewing(world, another), draft)


def test_a_file_is_brought_and_its_recipe_tells_its_format_size_and_digest(world: World, part: str) -> None:
    row = transcript_drafts.begin(world.center, world.prosecutor, part, "en", brought=FILE)
    open_ = viewing(world, part)
    held = transcript_drafts.words(world.center, world.prosecutor, open_, row.id)
    assert [cue.speaker for cue in held.cues] == ["Person A", "Person B"]
    assert held.brought == Read("brought.txt", len(FILE), sha256(FILE).hexdigest())
    with pytest.raises(DraftThere):
        transcript_drafts.begin(world.center, world.prosecutor, part, "en", brought=FILE)
    version = versions.keep(world.center, world.prosecutor, open_, row.id, 0)
    opened = gateway.view(world.center, world.prosecutor, version.id, "hearing")
    assert Recipe.parse(content_of(opened, RECIPE)).inputs == (held.brought,)


def test_a_kept_version_is_a_derivative_with_its_recipe_and_the_draft_is_gone(
    world: World, part: str
) -> None:
    item = kept(world, part)
    assert drafts(world.center) == []
    opened = gateway.view(world.center, world.prosecutor, item, "hearing")
    content = content_of(opened, ORIGINAL)
    assert webvtt.parse(content) == tuple(CUES)
    recipe = Recipe.parse(content_of(opened, RECIPE))
    assert (recipe.kind, recipe.program, recipe.arguments, recipe.inputs) == ("transcript", None, (), ())
    assert recipe.edits == {"language": "en", "replaces": None, "translates": None}
    assert [(one.evidence, one.excerpt) for one in recipe.sources] == [(part, None)]
    assert recipe.output.size == len(content)


def test_nobody_who_wrote_in_a_version_accepts_it_whoever_kept_it(world: World, part: str) -> None:
    center = world.center
    draft, open_ = drafted(world, part)
    other, third = colleague(world), colleague(world)
    under = viewing(world, part, other)
    assert transcript_drafts.save(center, other, under, draft, 1, CUES) == 2
    assert transcript_drafts.save(center, world.prosecutor, open_, draft, 2, CUES) == 3
    keeper = colleague(world)
    first = versions.keep(center, keeper, viewing(world, part, keeper), draft, 3).id
    assert derivative(world, first).authors == [world.prosecutor.id, other.id]
    for person in (world.prosecutor, other, keeper):
        gateway.view(center, person, first, "review")
        with pytest.raises(OwnRequest):
            reviews.check(center, person, first, accepted=True)
    gateway.view(center, third, first, "review")
    assert reviews.check(center, third, first, accepted=True).accepted
    newer = transcript_drafts.begin(center, other, part, "en", replaces=first)
    transcript_drafts.save(center, third, viewing(world, part, third), newer.id, 0, CUES)
    second = versions.keep(center, other, under, newer.id, 1).id
    assert derivative(world, second).authors == [third.id]
    gateway.view(center, world.prosecutor, second, "review")
    assert reviews.check(center, world.prosecutor, second, accepted=True).accepted


def test_who_brings_the_file_is_an_author_and_who_only_begins_is_none(world: World, part: str) -> None:
    brought = transcript_drafts.begin(world.center, world.prosecutor, part, "en", brought=FILE)
    empty = transcript_drafts.begin(world.center, world.prosecutor, part, "ar")
    assert (brought.authors, empty.authors) == ([world.prosecutor.id], [])
    other = colleague(world)
    version = versions.keep(world.center, other, viewing(world, part, other), brought.id, 0).id
    gateway.view(world.center, world.prosecutor, version, "review")
    with pytest.raises(OwnRequest):
        reviews.check(world.center, world.prosecutor, version, accepted=True)


def test_versions_name_the_one_before_and_what_they_translate(world: World, part: str) -> None:
    center, prosecutor = world.center, world.prosecutor
    first = kept(world, part)
    with pytest.raises(Refused):
        transcript_drafts.begin(center, prosecutor, part, "ar", replaces=first)
    with pytest.raises(Refused):
        transcript_drafts.begin(center, prosecutor, part, "en", translates=first)
    with pytest.raises(Missing):
        transcript_drafts.begin(center, prosecutor, part, "ar", translates="00" * 16)
    newer = transcript_drafts.begin(center, prosecutor, part, "en", replaces=first)
    translation = transcript_drafts.begin(center, prosecutor, part, "ar", translates=first)
    open_ = viewing(world, part)
    for row in (newer, translation):
        transcript_drafts.save(center, prosecutor, open_, row.id, 0, CUES)
        versions.keep(center, prosecutor, open_, row.id, 1)
    with center.database() as session:
        interview = session.get_one(Derivative, first).interview_id
    listed = versions.of_interview(center, prosecutor, str(interview))
    assert [(one.language, one.translates, one.newest) for one in listed] == [
        ("ar", first, True),
        ("en", None, True),
        ("en", None, False),
    ]


async def test_only_a_transcript_of_this_recording_is_translated(world: World, part: str) -> None:
    first = kept(world, part)
    another = await world.recorded(world.interview())
    with pytest.raises(Refused):
        transcript_drafts.begin(world.center, world.prosecutor, another, "ar", translates=first)


@pytest.mark.parametrize(
    ("cues", "reason", "line"),
    [
        ([], "empty", 0),
        ([Cue(0, 1000, "", "a"), Cue(500, 2000, "", "b")], "overlapping", 2),
        ([Cue(0, 1000, "", "a"), Cue(1000, 2000, "", "")], "no-words", 2),
        ([Cue(0, 1000, "", "a"), Cue(3000, 9000, "", "after the end")], "after-end", 2),
        ([Cue(0, 1000, "", "a\u202eb")], "turning", 1),
    ],
)
def test_an_unfinished_draft_is_saved_but_not_kept(
    world: World, part: str, cues: list[Cue], reason: str, line: int
) -> None:
    draft, open_ = drafted(world, part, cues=cues)
    with pytest.raises(TranscriptRefused) as refused:
        versions.keep(world.center, world.prosecutor, open_, draft, 1)
    assert (refused.value.reason, refused.value.line) == (reason, line)
    held = transcript_drafts.words(world.center, world.prosecutor, open_, draft)
    assert list(held.cues) == cues


def test_a_draft_has_bounds(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    many = [Cue(at, at + 1, "", "") for at in range(webvtt.MAX_CUES + 1)]
    large = [Cue(0, 1, "", "a" * transcript_drafts.MAX_SEALED)]
    for cues in (many, large):
        with pytest.raises(TranscriptRefused):
            transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, cues)
    with pytest.raises(Refused):
        transcript_drafts.begin(world.center, world.prosecutor, part, "xx")


def test_what_a_court_has_excluded_is_written_down_no_further(world: World, part: str) -> None:
    draft, open_ = drafted(world, part)
    item = kept(world, part, "fr")
    other = colleague(world)
    gateway.view(world.center, other, item, "review")
    reviews.check(world.center, other, item, accepted=True)
    court_exclusions.exclude(
        world.center, world.prosecutor, part, (0, 2_000_000), reason="question", reference="Order 1/2076"
    )
    with pytest.raises(ExcludedWithin):
        versions.keep(world.center, world.prosecutor, open_, draft, 1)
    with pytest.raises(ExcludedWithin):
        transcript_drafts.begin(world.center, world.prosecutor, part, "ar")
    assert len(drafts(world.center)) == 1  # and nothing of it is lost


def test_done_without_it_is_gone(world: World, part: str) -> None:
    draft, _ = drafted(world, part)
    transcript_drafts.discard(world.center, world.prosecutor, draft)
    assert drafts(world.center) == []
    with pytest.raises(Missing):
        transcript_drafts.get(world.center, world.prosecutor, draft)


def test_a_draft_goes_with_its_recording(disposing: Disposing) -> None:
    world = disposing.world
    draft, open_ = drafted(world, disposing.item)
    disposing.approved()
    with pytest.raises(Disposed):
        transcript_drafts.words(world.center, world.prosecutor, open_, draft)
    disposing.look()
    assert drafts(disposing.center) == []


def test_a_draft_goes_with_the_details_of_its_case(world: World, part: str) -> None:
    drafted(world, part)
    with world.center.database.begin() as session:
        transcript_drafts.forget(session, world.case.id)
    assert drafts(world.center) == []


# --- cut off ------------------------------------------------------------------------------------------------


def _no_room(*_: object) -> None:
    raise RecordingFailed("disk-full", "no room")


def test_what_could_not_be_sealed_goes_on_as_a_draft(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, open_ = drafted(world, part)
    with monkeypatch.context() as patched:
        patched.setattr(derivative_staging, "require_room", _no_room)
        with pytest.raises(RecordingFailed):
            versions.keep(world.center, world.prosecutor, open_, draft, 1)
    assert transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES) == 2
    versions.keep(world.center, world.prosecutor, open_, draft, 2)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_cut_off_is_completed_or_taken_back_at_the_next_start(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    draft, open_ = drafted(world, part)

    def away(*_: object, **__: object) -> None:
        raise LedgerAway("away")

    def gone(*_: object) -> None:
        raise KeyboardInterrupt

    place: tuple[object, str, Callable[..., None]] = (
        (versions, "_complete", away) if sealed else (versions, "_take_back", gone)
    )
    with monkeypatch.context() as patched:
        patched.setattr(*place)
        if not sealed:
            patched.setattr(derivative_staging, "require_room", _no_room)
        with pytest.raises(LedgerAway if sealed else KeyboardInterrupt):
            versions.keep(world.center, world.prosecutor, open_, draft, 1)
    with pytest.raises(DraftMovedOn):  # nobody changes what is being kept
        transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES)
    versions.complete_left(world.center)
    with world.center.database() as session:
        [row] = session.scalars(select(Derivative)).all()
    assert row.state is (DerivativeState.MADE if sealed else DerivativeState.CANCELLED)
    assert len(drafts(world.center)) == (0 if sealed else 1)
    versions.complete_left(world.center)  # safe to repeat
    if not sealed:
        assert transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES) == 2


class Cut(BaseException):
    """The machine is gone: nothing after this line runs on it."""


def _gone(*_: object, **__: object) -> None:
    raise Cut


def cut_off(world: World, draft: str, open_: str, patch: pytest.MonkeyPatch, *, at: str) -> str:
    """Keep a draft up to where its machine is lost; the derivative that was begun."""
    places = {
        "named": (versions, "_seal"),
        "sealed": (draft_handover, "mark_whole"),
        "marked": (sealing, "complete"),
        "moved": (sealing, "_become_evidence"),
    }
    with patch.context() as patched:
        patched.setattr(*places[at], _gone)
        patched.setattr(versions, "_take_back", _gone)
        with pytest.raises(Cut):
            versions.keep(world.center, world.prosecutor, open_, draft, 1)
    [row] = drafts(world.center)
    return str(row.kept_as)


def elsewhere(world: World) -> Center:
    """Another machine of this center, and both are known."""
    other = replace(world.center, node="b", recorder="b" * 16, spool=world.folder / "spool-b")
    nodes.register(world.center, "")
    nodes.register(other, "")
    return other


def pass_minutes(world: World, derivative: str) -> None:
    """As if it had been ordered that much earlier."""
    with world.center.database.begin() as session:
        session.get_one(Derivative, derivative).ordered_at -= draft_handover.AWAY + timedelta(seconds=1)


def state_of(world: World, derivative: str) -> DerivativeState:
    with world.center.database() as session:
        return session.get_one(Derivative, derivative).state


@pytest.mark.parametrize("at", ["named", "sealed"])
def test_a_draft_whose_machine_is_away_goes_on_and_that_machine_keeps_nothing_of_it_later(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    draft, open_ = drafted(world, part)
    cut = cut_off(world, draft, open_, monkeypatch, at=at)
    other = elsewhere(world)
    versions.complete_left(other)
    assert drafts(other)[0].kept_as == cut  # perhaps it is only slow
    pass_minutes(world, cut)
    versions.complete_left(other)
    assert state_of(world, cut) is DerivativeState.CANCELLED
    assert transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES) == 2
    with pytest.raises(DraftMovedOn):  # it comes back where it was
        versions._complete(world.center, derivative(world, cut))
    assert not uploads_area(world.center.spool).whole(cut)
    versions.complete_left(world.center)
    second = versions.keep(world.center, world.prosecutor, open_, draft, 2)
    versions.complete_left(other)
    assert (state_of(world, cut), state_of(world, second.id)) == (
        DerivativeState.CANCELLED,
        DerivativeState.MADE,
    )
    assert custody_log.head(world.center, cut) is None


@pytest.mark.parametrize("at", ["marked", "moved"])
def test_what_a_machine_has_sealed_and_marked_waits_for_it_and_is_kept_once(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    draft, open_ = drafted(world, part)
    cut = cut_off(world, draft, open_, monkeypatch, at=at)
    other = elsewhere(world)
    pass_minutes(world, cut)
    versions.complete_left(other)
    assert drafts(other)[0].kept_as == cut
    with pytest.raises(DraftBeingKept):
        transcript_drafts.discard(other, world.prosecutor, draft)
    versions.complete_left(world.center)
    assert state_of(world, cut) is DerivativeState.MADE
    assert drafts(world.center) == []


def test_of_a_machine_that_was_retired_no_draft_waits(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, open_ = drafted(world, part)
    cut = cut_off(world, draft, open_, monkeypatch, at="marked")
    other = elsewhere(world)
    nodes.retire(other, world.center.node)
    versions.complete_left(other)
    assert state_of(world, cut) is DerivativeState.CANCELLED
    transcript_drafts.discard(other, world.prosecutor, draft)


def test_what_the_ledger_says_was_made_is_not_written_on_though_its_machine_was_retired(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, open_ = drafted(world, part)
    with monkeypatch.context() as patched:
        patched.setattr(SealedFile, "row", _gone)
        with pytest.raises(Cut):
            versions.keep(world.center, world.prosecutor, open_, draft, 1)
    other = elsewhere(world)
    nodes.retire(other, world.center.node)
    versions.complete_left(other)
    assert drafts(other)[0].kept_as is not None
    versions.complete_left(world.center)
    assert drafts(other) == []


@pytest.mark.parametrize("over", [DerivativeState.FAILED, DerivativeState.CANCELLED])
def test_a_draft_goes_on_whose_version_is_over(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, over: DerivativeState
) -> None:
    draft, open_ = drafted(world, part)
    cut = cut_off(world, draft, open_, monkeypatch, at="named")
    with world.center.database.begin() as session:
        session.get_one(Derivative, cut).state = over
    versions.complete_left(elsewhere(world))
    assert state_of(world, cut) is over
    assert transcript_drafts.save(world.center, world.prosecutor, open_, draft, 1, CUES) == 2


def test_what_is_being_kept_is_not_cancelled_and_nothing_is_begun_beside_it(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, open_ = drafted(world, part)
    cut = cut_off(world, draft, open_, monkeypatch, at="named")
    with pytest.raises(WrongState):
        orders.cancel(world.center, world.prosecutor, cut)
    for brought in (None, FILE):
        with pytest.raises(DraftBeingKept):
            transcript_drafts.begin(world.center, world.prosecutor, part, "en", brought=brought)
    [listed] = transcript_drafts.of_recordings(world.center, world.prosecutor, [part])
    assert listed.id == draft
    versions.complete_left(world.center)
    assert transcript_drafts.begin(world.center, world.prosecutor, part, "en").id == draft


def test_a_machine_that_has_another_name_now_completes_what_it_sealed(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, open_ = drafted(world, part)
    before = replace(world.center, recorder="a" * 16)
    nodes.register(before, "")
    cut = cut_off(world, draft, open_, monkeypatch, at="moved")
    after = replace(before, node="renamed")
    nodes.register(after, "")
    versions.complete_left(after)
    assert state_of(world, cut) is DerivativeState.MADE
    assert drafts(world.center) == []


@pytest.mark.parametrize("brought", [None, FILE])
def test_two_who_begin_at_once_write_one_draft(
    world: World, part: str, monkeypatch: pytest.MonkeyPatch, brought: bytes | None
) -> None:
    other, first = colleague(world), []
    sealed_to = sealed_details.sealed_to

    def meanwhile(center: Center, case: Case, plain: bytes) -> bytes:
        if not first:
            first.append("")  # before the other one, who gets here too
            first.append(transcript_drafts.begin(world.center, other, part, "en").id)
        return sealed_to(center, case, plain)

    with monkeypatch.context() as patched:
        patched.setattr(sealed_details, "sealed_to", meanwhile)
        if brought is None:
            row = transcript_drafts.begin(world.center, world.prosecutor, part, "en")
            assert row.id == first[1]
        else:
            with pytest.raises(DraftThere):
                transcript_drafts.begin(world.center, world.prosecutor, part, "en", brought=brought)
    assert [one.id for one in drafts(world.center)] == [first[1]]
