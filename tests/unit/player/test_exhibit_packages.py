"""Photographs and documents in court packages: proved as films are, by who may, and never intimate ones."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image

from casework.cases import cases
from casework.database.models import Evidence, EvidenceState, Person, Role
from casework.errors import Disposed, Forbidden, IntimateStays, NotGranted, Refused
from casework.evidence import export_orders, gateway
from casework.evidence.gateway import ItemExtent
from casework.ledger import chains
from casework.people import people
from casework.photographs import uploads
from casework.photographs.received_files import Origin
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.errors import NotProved
from chain_of_custody.package.opening import open_package
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.verify import verify
from player.package.delivery import Delivered, deliver, wanted
from tests.support.centers.court_room import CourtRoom
from tests.support.patience import until

pytestmark = pytest.mark.starts  # each photograph is read by a program of its own
HTML = {"accept": "text/html"}
SESSION = "a token that only her browser has"


def picture(seed: int, form: str = "JPEG") -> bytes:
    image = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    image.putpixel((0, 0), (seed, 0, 7))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue() + b"%d" % seed if form == "JPEG" else out.getvalue()


def nurse_of(room: CourtRoom) -> Person:
    nurse = people.add(room.center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(room.center, room.prosecutor, room.case.id, nurse.id)
    return nurse


def added(room: CourtRoom, nurse: Person, data: bytes, name: str = "IMG_1.JPG", **options: object) -> str:
    """A file of the case, sealed; its evidence id."""
    options = {"kind": "photograph", **options}
    announced = uploads.AnnouncedFile(name=name, size=len(data), digest=sha256(data).hexdigest(), **options)  # type: ignore[arg-type]
    begun = uploads.begin(room.center, nurse, SESSION, room.case.id, announced)
    uploads.take(room.center, nurse, SESSION, begun.id, 0, data)
    return uploads.finish(room.center, nurse, SESSION, begun.id).id


async def make(
    room: CourtRoom, folder: Path, ids: Sequence[str], person: Person | None = None, order: str | None = None
) -> Delivered:
    def work() -> Delivered:
        who = person or room.prosecutor
        scratch = folder.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        items = wanted(room.center, who, ids)
        return deliver(room.center, who, items, "hearing", folder, scratch, plain=True, order=order)

    return await asyncio.to_thread(work)


def proved(room: CourtRoom, package: Path, words: str) -> Report:
    return verify(open_package(package, lambda: words), gateway.policy(room.center))


def statements(room: CourtRoom, about: str) -> list[str]:
    leaves = chains.chain(room.center, about)
    return [SignedStatement.parse(leaf).statement.type for leaf in leaves.values()]


async def test_a_received_file_leaves_alone_as_it_came_and_is_proved(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, data = empty_room, b"OggS" + b"a voice message, " * 8_000
    received = await asyncio.to_thread(
        added, room, room.prosecutor, data, "voice.ogg", kind="received", origin=Origin("person", "Person B")
    )
    made = await make(room, tmp_path / "stick", [received])
    bag = made.folder / "testimony"
    report = verify(FolderSource(bag), gateway.policy(room.center))
    assert report.outcome == "intact"
    [file] = report.files
    assert (file.header.kind, file.description.name, file.description.sha256) == (
        "received",
        "voice.ogg",
        sha256(data).hexdigest(),
    )
    home = bag / "data" / "received" / received
    assert (home / "original.ogg").read_bytes() == data
    assert statements(room, received) == ["evidence.received", "evidence.viewed", "evidence.exported"]
    assert sha256(data).hexdigest() in render.text(report)


async def test_photographs_and_documents_leave_with_a_recording_and_all_of_it_is_proved(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part, nurse = await room.record(), nurse_of(room)
    data, paper = picture(1), b"%PDF-1.7\n" + b"a form, filled in " * 8_000
    photograph = await asyncio.to_thread(added, room, nurse, data)
    document = await asyncio.to_thread(added, room, nurse, paper, "form.pdf", kind="document")
    made = await make(room, tmp_path / "stick", [room.interview.id, photograph, document])
    bag = made.folder / "testimony"
    report = verify(FolderSource(bag), gateway.policy(room.center))
    assert report.outcome == "intact"
    assert [one.evidence for one in report.parts] == [part]
    assert [(one.evidence, one.header.kind, one.description.name) for one in report.files] == [
        (photograph, "photograph", "IMG_1.JPG"),
        (document, "document", "form.pdf"),
    ]
    home = bag / "data" / "photographs" / photograph
    assert (home / "original.jpeg").read_bytes() == data
    assert (home / "large.jpeg").read_bytes().startswith(b"\xff\xd8")
    assert (bag / "data" / "documents" / document / "original.pdf").read_bytes() == paper
    assert statements(room, photograph) == ["photograph.sealed", "evidence.viewed", "evidence.exported"]
    told = render.text(report)
    assert "Photographs, documents and received files" in told and sha256(data).hexdigest() in told
    assert {one.code for one in render.proved(report)} >= {"fragments", "files"}
    assert {one.code for one in render.not_proved(report)} >= {"files.other", "files.looked", "files.origin"}


async def test_the_papers_tell_of_photographs_without_their_names(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    nurse = nurse_of(room)
    data = picture(2)
    photograph = await asyncio.to_thread(added, room, nurse, data, "a name that tells something.jpg")
    made = await make(room, tmp_path / "stick", [photograph])
    data_folder = made.folder / "testimony" / "data"
    record = json.loads((data_folder / "custody.jsonld").read_bytes())
    exhibits = [one for one in record["@graph"] if one["@type"] == "case-investigation:ProvenanceRecord"]
    assert [one["case-investigation:exhibitNumber"] for one in exhibits] == [photograph]
    assert sha256(data).hexdigest() in json.dumps(record)
    assert "tells something" not in json.dumps(record)
    assert (data_folder / "certificate.pdf").read_bytes().startswith(b"%PDF")


async def test_photographs_alone_are_a_package_and_a_swapped_picture_is_named(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    nurse = nurse_of(room)
    ids = [
        await asyncio.to_thread(added, room, nurse, picture(seed, "PNG"), f"{seed}.png") for seed in (3, 4)
    ]
    made = await make(room, tmp_path / "stick", ids)
    bag, policy = made.folder / "testimony", gateway.policy(room.center)
    report = verify(FolderSource(bag), policy)
    assert (report.outcome, report.parts, len(report.files)) == ("intact", (), 2)
    assert "camera" not in {one.code for one in render.not_proved(report)}, "no recording is here"
    one, other = (bag / "data" / "photographs" / id_ / "original.png" for id_ in ids)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.raises(NotProved, match=r"the piece is not what was sealed|its content is missing"):
        verify(FolderSource(bag), policy)


async def test_an_intimate_picture_leaves_in_no_package_and_nothing_is_stated_of_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    nurse = nurse_of(room)
    intimate = await asyncio.to_thread(added, room, nurse, picture(5), intimate=True, agreed=True)
    other = await asyncio.to_thread(added, room, nurse, picture(6))
    size = room.center.ledger.size
    with pytest.raises(IntimateStays):
        await make(room, tmp_path / "stick", [other, intimate])
    assert room.center.ledger.size == size
    assert not (tmp_path / "stick").exists()


async def test_who_may_not_see_photographs_or_hand_out_testimony_hands_none_out(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    nurse = nurse_of(room)
    photograph = await asyncio.to_thread(added, room, nurse, picture(7))
    stranger = people.add(room.center, room.administrator, "Person S", Role.PROSECUTOR)
    for person in (nurse, room.administrator, stranger):
        with pytest.raises(Forbidden):
            await make(room, tmp_path / "stick", [photograph], person)
    with pytest.raises(NotGranted):  # the court's grant is for viewing recordings
        await make(room, tmp_path / "stick", [photograph], room.court)
    assert statements(room, photograph) == ["photograph.sealed"]


async def test_a_photograph_whose_destruction_was_authorised_does_not_leave(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    photograph = await asyncio.to_thread(added, room, nurse_of(room), picture(8))
    with room.center.database.begin() as session:
        session.get_one(Evidence, photograph).state = EvidenceState.DISPOSED
    with pytest.raises(Disposed):
        await make(room, tmp_path / "stick", [photograph])


async def test_an_order_names_photographs_and_its_package_is_what_was_ordered(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await room.record()
    photograph = await asyncio.to_thread(added, room, nurse_of(room), picture(9))
    items = [ItemExtent(part), ItemExtent(photograph)]
    number = await asyncio.to_thread(
        export_orders.place, room.center, room.prosecutor, items, "hearing", True
    )
    placed = await asyncio.to_thread(export_orders.get, room.center, room.prosecutor, number)
    assert list(placed.items) == items
    assert statements(room, room.interview.id)[-1] == "export.ordered"
    made = await make(room, tmp_path / "stick", [part, photograph], order=number)
    report = verify(FolderSource(made.folder / "testimony"), gateway.policy(room.center))
    assert report.outcome == "intact"
    assert any("by order" in line and "photograph" in line for line in render.history(report))


async def test_an_order_of_photographs_alone_stands_in_the_chain_of_the_case(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    photograph = await asyncio.to_thread(added, room, nurse_of(room), picture(10))
    place = [ItemExtent(photograph)]
    number = await asyncio.to_thread(
        export_orders.place, room.center, room.prosecutor, place, "hearing", False
    )
    assert statements(room, room.case.id)[-1] == "export.ordered"
    made = await make(room, tmp_path / "stick", [photograph], order=number)
    assert verify(FolderSource(made.folder / "testimony"), gateway.policy(room.center)).outcome == "intact"
    with pytest.raises(Refused, match="leaves whole"):
        gateway.exportable(room.center, room.prosecutor, [ItemExtent(photograph, (0, 1))], "hearing")


async def test_the_order_s_page_offers_what_may_leave_and_no_intimate_picture(empty_room: CourtRoom) -> None:
    room = empty_room
    await room.record()
    nurse = nurse_of(room)
    photograph = await asyncio.to_thread(added, room, nurse, picture(11))
    intimate = await asyncio.to_thread(added, room, nurse, picture(12), intimate=True, agreed=True)
    client = await room.browser(room.prosecutor)
    for page in (f"/interviews/{room.interview.id}/package", f"/cases/{room.case.id}/package"):
        shown = (await client.get(page, headers=HTML)).text
        assert photograph in shown
        assert intimate not in shown
    answer = await client.post(
        "/packages", json={"purpose": "hearing", "receiver": "Court N", "photographs": [intimate]}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "intimate-stays")


async def ready(client: httpx.AsyncClient, package: str) -> None:
    async def made() -> bool:
        return bool((await client.get(f"/packages/{package}")).json()["state"] == "ready")

    await until(made)


async def test_a_package_with_photographs_is_ordered_on_the_page_fetched_and_proved(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    await room.record()
    photograph = await asyncio.to_thread(added, room, nurse_of(room), picture(13))
    client = await room.browser(room.prosecutor)
    for asked in ({"interview": room.interview.id}, {}):
        order = {"purpose": "hearing", "receiver": "Court N", "photographs": [photograph], **asked}
        answer = await client.post("/packages", json=order)
        assert answer.status_code == 202, answer.text
        package = answer.json()["package"]
        await ready(client, package)
        words = " ".join((await client.post(f"/packages/{package}/words")).json()["words"]["en"])
        path = tmp_path / f"{package}.amana"
        path.write_bytes((await client.get(f"/packages/{package}/testimony.amana")).content)
        report = proved(room, path, words)
        assert [one.evidence for one in report.files] == [photograph]
        assert len(report.parts) == len(asked)
    answer = await client.post("/packages", json={"purpose": "hearing"})
    assert answer.status_code == 422
