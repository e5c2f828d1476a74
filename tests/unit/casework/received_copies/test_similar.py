"""Near-identical files of a case are recognised once both have a copy, for people who may open both."""

from __future__ import annotations

import io

import av
import pytest
import typst
from sqlalchemy import delete, select

from casework.cases import cases
from casework.center import Center
from casework.database.models import (
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Photograph,
    Role,
)
from casework.errors import Disposed, Forbidden, Missing
from casework.evidence.gateway import ItemExtent
from casework.people import people
from casework.received_copies import copies, fingerprints, similar
from casework.received_copies.fingerprints import Agreement
from casework.received_copies.kinds import FILM, PAGES, PICTURE, SOUND, TEXT
from casework.received_copies.similar import Comparison
from tests.faults.plaintext import walk
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.media.brought_media import brought
from tests.support.media.made_pictures import encoded, scene
from tests.support.people.adding import added
from tests.support.people.granting import granted
from tests.unit.casework.photographs.test_uploads import carry
from tests.unit.casework.received_copies.test_copies import ORIGIN, made, nurse_of, received

pytestmark = pytest.mark.starts

CHAT = "\n".join(f"30/11/26, 20:{minute} - Person A: line {minute}" for minute in range(10, 50))
LETTER = """#set document(date: none, title: [{title}])
= Letter
#lorem(50)
#pagebreak()
= {second}
#lorem(9)"""


def copied(world: World, data: bytes, kind: str, center: Center | None = None) -> str:
    """A received file that has a copy."""
    file = received(world, data, center)
    made(world, file, kind, center)
    return file


def found(world: World, file: str, center: Center | None = None) -> list[tuple[str, str]]:
    """The files to which this one is similar, with the kinds of their copies."""
    comparison = similar.files(center or world.center, world.prosecutor, file)
    assert comparison is not None
    return [(one.id, one.kind) for one in comparison.similar]


def picture(seed: int, format_: str = "JPEG", quality: int = 90) -> bytes:
    return encoded(scene(seed), format_, quality=quality)


def film(frames: range, codec: str = "libx264", container: str = "mp4", width: int = 320) -> bytes:
    """A film of five pictures a second, of which 15 show one scene, then 15 the next one."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as made_film:
        stream = made_film.add_stream(codec, rate=5)
        stream.width, stream.height, stream.pix_fmt = width, width * 3 // 4, "yuv420p"
        for number in frames:
            frame = av.VideoFrame.from_image(scene(number // 15, (width, width * 3 // 4)))
            made_film.mux(stream.encode(frame))
        made_film.mux(stream.encode(None))
    return out.getvalue()


def test_pictures_are_recognised_in_another_encoding_and_size_and_others_are_not(world: World) -> None:
    first = copied(world, picture(1), PICTURE)
    other = copied(world, picture(2), PICTURE)
    assert similar.files(world.center, world.prosecutor, first) == Comparison(1, [])
    half = scene(1).resize((320, 240))
    again = [copied(world, data, PICTURE) for data in (picture(1, quality=30), encoded(half, "PNG"))]
    comparison = similar.files(world.center, world.prosecutor, first)
    assert comparison is not None
    assert comparison.compared == 3
    assert [(one.id, one.number, one.kind) for one in comparison.similar] == [
        (again[0], 3, PICTURE),
        (again[1], 4, PICTURE),
    ]
    assert all(122 <= one.agreement.same <= one.agreement.parts == 128 for one in comparison.similar)
    assert found(world, again[1]) == [(first, PICTURE), (again[0], PICTURE)]
    assert found(world, other) == []


def test_a_film_is_recognised_encoded_again_and_shortened(world: World) -> None:
    whole = copied(world, film(range(90)), FILM)
    again = copied(world, film(range(90), "mpeg4", "avi", 240), FILM)
    part = copied(world, film(range(22, 90), container="matroska"), FILM)
    other = copied(world, film(range(150, 240)), FILM)
    assert found(world, whole) == [(again, FILM), (part, FILM)]
    assert found(world, other) == []


def test_a_text_is_recognised_with_other_line_ends_and_grown(world: World) -> None:
    first = copied(world, CHAT.encode(), TEXT)
    windows = copied(world, b"\xff\xfe" + CHAT.replace("\n", "\r\n").encode("utf-16-le"), TEXT)
    grown = copied(world, f"{CHAT}\none more".encode(), TEXT)
    copied(world, b"another text\nof two lines", TEXT)
    comparison = similar.files(world.center, world.prosecutor, first)
    assert comparison is not None
    assert [(one.id, one.agreement) for one in comparison.similar] == [
        (windows, Agreement(40, 40)),
        (grown, Agreement(40, 41)),
    ]


def test_a_document_is_recognised_by_its_pages_whatever_it_says_of_itself(world: World) -> None:
    def letter(title: str, second: str) -> bytes:
        return typst.compile(LETTER.format(title=title, second=second).encode())

    first, again = (copied(world, letter(title, "Enclosure"), PAGES) for title in ("one", "two"))
    other = copied(world, letter("one", "Another enclosure"), PAGES)
    assert found(world, first) == [(again, PAGES)]
    assert found(world, other) == []  # one page of two


def test_a_file_is_compared_only_once_it_has_a_copy_and_sound_never_is(world: World) -> None:
    file, again = received(world, picture(1)), copied(world, picture(1, quality=50), PICTURE)
    assert similar.files(world.center, world.prosecutor, file) == Comparison(None)
    assert found(world, again) == []
    voice = copied(world, brought("ogg"), SOUND)
    assert similar.files(world.center, world.prosecutor, voice) == Comparison(None)
    made(world, file, PICTURE)
    assert found(world, file) == [(again, PICTURE)]


def test_while_the_vault_is_locked_nothing_is_compared(world: World) -> None:
    file, again = copied(world, picture(1), PICTURE), copied(world, picture(1, quality=50), PICTURE)
    world.keyholder.lock()
    assert similar.files(world.center, world.prosecutor, file) == Comparison(None)
    assert similar.files(world.center, world.prosecutor, again) == Comparison(None)


def test_it_is_for_people_of_the_case_and_reveals_nothing_of_another_case(world: World) -> None:
    center = world.center
    file, again = copied(world, picture(1), PICTURE), copied(world, picture(1, quality=50), PICTURE)
    elsewhere = cases.open_case(center, world.prosecutor)
    there = added(center, world.prosecutor, elsewhere.id, picture(1), kind="received", origin=ORIGIN).id
    made(world, there, PICTURE)
    assert found(world, file) == [(again, PICTURE)]
    assert similar.files(center, world.prosecutor, there) == Comparison(0, [])
    interviewer = people.add(center, world.administrator, "Person I", Role.INTERVIEWER, "police")
    with pytest.raises(Forbidden):
        similar.files(center, interviewer, file)
    cases.give(center, world.prosecutor, world.case.id, interviewer.id)
    seen = similar.files(center, interviewer, file)
    assert seen is not None
    assert [one.id for one in seen.similar] == [again]
    nurse = nurse_of(world)
    with pytest.raises(Forbidden):
        similar.files(center, nurse, file)
    photograph = added(center, nurse, world.case.id, picture(3)).id
    with pytest.raises(Missing):
        similar.files(center, world.prosecutor, photograph)


def test_a_file_that_nobody_may_open_any_more_is_not_named(world: World) -> None:
    file, again = copied(world, picture(1), PICTURE), copied(world, picture(1, quality=50), PICTURE)
    assert found(world, file) == [(again, PICTURE)]
    with world.center.database.begin() as session:
        session.get_one(Evidence, again).state = EvidenceState.DISPOSED
    assert found(world, file) == []


def test_a_court_with_a_grant_for_one_of_two_learns_nothing_of_the_other(world: World) -> None:
    file, _ = copied(world, picture(1), PICTURE), copied(world, picture(1, quality=50), PICTURE)
    item = ItemExtent(file)
    granted(world.center, world.prosecutor, world.case.id, world.court, items=[item])
    assert similar.files(world.center, world.court, file) is None


def test_a_fingerprint_is_nowhere_in_clear(world: World) -> None:
    file = copied(world, picture(1), PICTURE)
    [row] = rows(world.center)
    known = similar._opened(
        world.center, world.case, copies.of_case(world.center, world.prosecutor, world.case.id), file
    )
    [[fingerprint]] = known.values()
    assert fingerprints.agreement(PICTURE, [fingerprint], fingerprints.of_picture(scene(1))) is not None
    assert bytes.fromhex(fingerprint) not in (row.fingerprint or b"")
    ids, hashes = [bytes.fromhex(row.id)], [bytes.fromhex(fingerprint)]
    assert list(walk({"center": world.folder}, ids))
    assert not list(walk({"center": world.folder}, hashes))


def test_it_is_erased_with_the_copy_and_that_of_an_order_that_failed_with_the_file(
    disposing: Disposing,
) -> None:
    world, center = disposing.world, disposing.center
    file, again = (copied(world, picture(1, quality=quality), PICTURE, center) for quality in (90, 50))
    carry(center)
    assert world.key_store.carry() == 0
    [first, second] = rows(center)
    disposing.approved(first.id)
    assert similar.files(center, world.prosecutor, file) == Comparison(None)
    assert found(world, again, center) == []
    disposing.look()
    assert [row.id for row in rows(center)] == [second.id]
    with center.database.begin() as session:  # as if a machine was lost while a second copy was made
        session.get_one(Derivative, second.id).sources = [{"evidence": file, "excerpt": None}]
        session.get_one(Derivative, second.id).state = DerivativeState.FAILED
    disposing.approved(file)
    disposing.look()
    assert rows(center) == []
    with pytest.raises(Disposed):
        similar.files(center, world.prosecutor, file)


def rows(center: Center) -> list[Derivative]:
    """The orders that have a fingerprint, in their order."""
    with center.database() as session:
        query = select(Derivative).where(Derivative.fingerprint.is_not(None))
        return list(session.scalars(query.order_by(Derivative.ordered_at)))


def test_a_rebuild_restores_it_and_names_what_is_newer_than_the_catalogue(
    published: Copied, machine: Machine
) -> None:
    world, center = published.world, published.center
    file, again, late = (copied(world, picture(1, quality=one), PICTURE, center) for one in (90, 50, 40))
    carry(center)
    assert world.key_store.carry() == 0
    newest = rows(center)[-1].id
    with center.database.begin() as session:  # as if the catalogue had been written before
        session.execute(delete(Derivative).where(Derivative.id == newest))
        session.execute(delete(Photograph).where(Photograph.evidence_id == newest))
        session.execute(delete(Evidence).where(Evidence.id == newest))
    publish(center)
    rebuilt = machine.rebuild()
    there = machine.center()
    assert found(world, file, there) == [(again, PICTURE)]
    assert similar.files(there, world.prosecutor, late) == Comparison(None)
    assert [one for one in rebuilt.report.lost if "fingerprint" in one] == [
        f"the fingerprint of copy {newest}: similar files are not recognised by it"
    ]
