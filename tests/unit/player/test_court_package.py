"""What lies on the stick: everything or an excerpt, sealed by default, beside the page that verifies it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.access.grants_in_force import ItemExtent
from casework.cases import history
from casework.database.models import Person
from casework.errors import Forbidden, Refused, UnseenAlarm, WrongState
from casework.evidence import court_exclusions, gateway
from casework.witnesses import alarms, trust_file
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.encoding.signed_note import ED25519_COSIGNATURE, VerifierKey
from chain_of_custody.errors import NotProved, NotWitnessed
from chain_of_custody.package.opening import open_package
from chain_of_custody.package.sealed_file import MIN_ITERATIONS
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.verify import verify
from player.package import verifier_page
from player.package.delivery import Delivered, deliver, wanted
from tests.support.centers.court_room import CourtRoom
from tests.support.ledger.chain_reads import chain_reads


async def order(
    room: CourtRoom, folder: Path, person: Person | None = None, *, plain: bool = False, **options: object
) -> Delivered:
    """The whole interview, or the excerpt asked for."""

    def make() -> Delivered:
        who = person or room.prosecutor
        items = wanted(room.center, who, [room.interview.id], options.get("excerpt"))  # type: ignore[arg-type]
        scratch = folder.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        despite = bool(options.get("despite_alarm"))
        return deliver(
            room.center,
            who,
            items,
            "hearing",
            folder,
            scratch,
            plain=plain,
            despite_alarm=despite,
            iterations=MIN_ITERATIONS,
        )

    return await asyncio.to_thread(make)


async def test_all_parts_of_an_interview_are_in_one_sealed_file_that_opens_under_its_words(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    parts = [await room.record("interrupted"), await room.record()]
    made = await order(room, tmp_path / "stick")
    assert sorted(path.name for path in made.folder.iterdir()) == [
        "READ-ME.txt",
        "testimony.amana",
        "verify.html",
    ]
    assert made.passphrase is not None and len(made.passphrase.split()) == 9
    written = b"".join(path.read_bytes() for path in made.folder.iterdir())
    assert made.passphrase.encode() not in written
    words = made.passphrase
    source = open_package(made.folder / "testimony.amana", lambda: words)
    report = verify(source, gateway.policy(room.center))
    assert report.outcome == "intact"
    assert [part.evidence for part in report.parts] == parts
    assert (made.folder / "verify.html").read_bytes() == verifier_page.build()
    assert list((tmp_path / "scratch").iterdir()) == [], "nothing in clear stays behind"


async def test_the_chain_of_each_part_and_that_of_their_interview_are_read_once(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    parts = [await room.record("interrupted"), await room.record()]
    items = [ItemExtent(part) for part in parts]
    with chain_reads(room.center) as reads:
        gateway.export_package(
            room.center, room.prosecutor, items, "hearing", tmp_path / "bag", viewing_copies=False
        )
    assert reads == dict.fromkeys([*parts, room.interview.id, room.center.deployment], 1)


async def test_a_plain_folder_only_on_an_explicit_wish_with_its_papers_and_viewing_copies(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await room.record()
    made = await order(room, tmp_path / "stick", plain=True)
    assert made.passphrase is None
    bag = made.folder / "testimony"
    assert verify(FolderSource(bag), gateway.policy(room.center)).outcome == "intact"
    assert (bag / "data" / "certificate.pdf").read_bytes().startswith(b"%PDF")
    assert (bag / "data" / "custody.jsonld").is_file()
    assert (bag / "data" / "viewing" / f"{part}.mp4").is_file()
    assert list((bag / "data" / "details").iterdir()), "names as they were then"


async def test_an_excerpt_is_named_as_one_and_holds_nothing_of_the_rest(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await room.record()
    made = await order(room, tmp_path / "stick", plain=True, excerpt=(1_000_000, 1_500_000))
    bag = made.folder / "testimony"
    report = verify(FolderSource(bag), gateway.policy(room.center))
    assert report.outcome == "intact"
    assert not (bag / "data" / "recordings").exists()
    assert (bag / "data" / "excerpts" / part / "records.jsonl").is_file()
    with pytest.raises(Refused, match="nothing was recorded"):
        await order(room, tmp_path / "other", excerpt=(10**12, 10**12 + 1))
    assert not (tmp_path / "other").exists()


async def test_what_a_court_has_excluded_leaves_by_an_order_also_where_none_was_placed_before(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    """As `amana export --with-excluded` asks for it."""
    room = empty_room
    part = await room.record()

    def make(folder: str) -> Delivered:
        (tmp_path / "scratch").mkdir(exist_ok=True)
        items = wanted(room.center, room.prosecutor, [part])
        at = (tmp_path / folder, tmp_path / "scratch")
        return deliver(room.center, room.prosecutor, items, "hearing", *at, plain=True, excluded=True)

    def said() -> list[dict[str, object]]:
        entries = history.of_item(room.center, room.prosecutor, room.interview.id)
        return [dict(one.body) for one in entries if one.type == "export.ordered"]

    await asyncio.to_thread(make, "before")
    order = {"reason": "question", "reference": "Order 12/2076"}
    court_exclusions.exclude(room.center, room.prosecutor, part, (0, 1_000_000), **order)  # type: ignore[arg-type]
    made = await asyncio.to_thread(make, "after")
    first, second = said()
    assert "excluded" not in first, "nothing was excluded then"
    assert second["excluded"] is True
    exported = history.of_item(room.center, room.prosecutor, part)[-1]
    assert exported.body["order"] == second["order"]
    report = verify(FolderSource(made.folder / "testimony"), gateway.policy(room.center))
    assert report.outcome == "intact"


async def test_a_package_altered_after_it_was_sealed_does_not_open(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    await room.record()
    made = await order(room, tmp_path / "stick")
    file = made.folder / "testimony.amana"
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)
    words = made.passphrase or ""
    with pytest.raises(NotProved):
        verify(open_package(file, lambda: words), gateway.policy(room.center))


async def test_an_interview_with_an_open_part_is_not_handed_out(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    await room.record("interrupted")
    await room.record("running")
    with pytest.raises(WrongState):
        await order(room, tmp_path / "stick")
    assert not (tmp_path / "stick").exists()


async def test_a_court_watches_and_does_not_hand_out(room: CourtRoom, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        await order(room, tmp_path / "stick", room.court)
    assert not (tmp_path / "stick").exists()


async def test_whoever_makes_it_is_told_that_a_witness_is_missing_before_the_court_is(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    await empty_room.record()
    assert (await order(empty_room, tmp_path / "before", plain=True)).confirmed
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    vkey = VerifierKey("court.example/witness", ED25519_COSIGNATURE, key).vkey()
    parties = trust_file.with_witness(ThirdParties(), "court", "https://court.example", [vkey])
    trust_file.write(tmp_path / "trust.txt", trust_file.with_quorum(parties, "all", ["court"]))
    center = replace(empty_room.center, trust=tmp_path / "trust.txt")
    made = await order(replace(empty_room, center=center), tmp_path / "after", plain=True)
    assert not made.confirmed
    with pytest.raises(NotWitnessed):
        verify(FolderSource(made.folder / "testimony"), gateway.policy(center))


async def test_while_an_alarm_is_unseen_no_package_is_made_but_on_an_explicit_wish(
    room: CourtRoom, tmp_path: Path
) -> None:
    alarms.ring(room.center.database, "forked", "court", b"ours", b"theirs")
    size = room.center.ledger.size
    with pytest.raises(UnseenAlarm):
        await order(room, tmp_path / "stick")
    assert room.center.ledger.size == size
    assert not (tmp_path / "stick").exists()
    assert (await order(room, tmp_path / "stick", despite_alarm=True)).folder.exists()
