"""What she refuses to give to the police and the prosecution is on no sheet and in no package of theirs."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from casework.cases import consent
from casework.comparison_sheets import sheets
from casework.database.models import DerivativeState, Person
from casework.errors import GivingRefused
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.photographs import exam_sets
from tests.support.centers.court_room import CourtRoom
from tests.support.compared import asked, sheet, with_a_ruler
from tests.unit.player.test_exhibit_packages import added, nurse_of

pytestmark = pytest.mark.starts

SCRIPT = {"accept": "application/json"}


@dataclass
class Bench:
    """`pictures`: two photographs; `form`: a document of a guided set; `letter`: one of none."""

    room: CourtRoom
    nurse: Person
    pictures: list[str]
    form: str
    letter: str

    @property
    def case(self) -> str:
        return self.room.case.id

    def answer(self, subject: str, outcome: str) -> None:
        fields = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person N"}
        consent.record(self.room.center, self.nurse, self.case, [consent.Answer(subject, outcome)], **fields)


@pytest.fixture(scope="module")
def first_bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """To be copied."""
    room = CourtRoom.make(tmp_path_factory.mktemp("bench"))
    nurse = nurse_of(room)
    exam = exam_sets.open_set(room.center, nurse, room.case.id, "woman").id
    pictures = [added(room, nurse, with_a_ruler(seed=seed)) for seed in (1, 2)]
    form, letter = (b"%PDF-1.7\n" + one * 8_000 for one in (b"a form, filled in ", b"a letter of hers "))
    return Bench(
        room,
        nurse,
        pictures,
        added(room, nurse, form, "form.pdf", kind="document", exam=exam, view="identifying"),
        added(room, nurse, letter, "letter.pdf", kind="document"),
    )


@pytest.fixture
def bench(first_bench: Bench, tmp_path: Path) -> Bench:
    return replace(first_bench, room=first_bench.room.copied(tmp_path))


async def test_the_prosecution_neither_makes_nor_opens_a_sheet_of_refused_photographs(
    bench: Bench, tmp_path: Path
) -> None:
    center, prosecutor = bench.room.center, bench.room.prosecutor
    wanted = [asked(one) for one in bench.pictures]
    before = await sheet(bench.room, tmp_path / "scratch", prosecutor, *wanted)
    waiting = sheets.order(center, prosecutor, bench.case, wanted, "hearing")
    assert {one.id for one in sheets.choices(center, prosecutor, bench.case)} == set(bench.pictures)

    await asyncio.to_thread(bench.answer, "police-photographs", "refused")
    size = center.ledger.size
    with pytest.raises(GivingRefused):
        sheets.order(center, prosecutor, bench.case, wanted, "hearing")
    with center.database() as session, pytest.raises(GivingRefused):  # what its turn comes to
        sheets.require_open(session, prosecutor, waiting.sources, "hearing")
    with pytest.raises(GivingRefused):
        gateway.view(center, prosecutor, before.id, "hearing")
    with pytest.raises(GivingRefused):
        gateway.exportable(center, prosecutor, [ItemExtent(before.id)], "hearing")
    assert sheets.choices(center, prosecutor, bench.case) == []
    assert sheets.exportable(center, prosecutor, bench.case) == []
    assert center.ledger.size == size, "nothing was opened for a sheet"

    made = await sheet(bench.room, tmp_path / "scratch", bench.nurse, *wanted)
    assert made.state is DerivativeState.MADE
    gateway.view(center, bench.nurse, made.id, "review")
    with pytest.raises(GivingRefused):
        gateway.view(center, prosecutor, made.id, "hearing")


async def test_a_package_page_lists_nothing_that_its_order_refuses_and_says_why(
    bench: Bench, tmp_path: Path
) -> None:
    room, center = bench.room, bench.room.center
    client = await room.browser(room.prosecutor)
    made = await sheet(room, tmp_path / "scratch", bench.nurse, *map(asked, bench.pictures))
    everything = {*bench.pictures, bench.form, bench.letter, made.id}

    async def listed(language: str = "en") -> tuple[set[str], str]:
        client.cookies.set("language", language)
        page = (await client.get(f"/cases/{bench.case}/package")).text
        boxes = re.findall(r'name="(?:photograph|copy)" value="([0-9a-f]{32})"', page)
        return set(boxes), re.sub(r"<[^>]*>", "", page)

    offered, words = await listed()
    assert offered == everything
    assert "does not agree that this is given" not in words

    await asyncio.to_thread(bench.answer, "police-photographs", "refused")
    offered, words = await listed()
    assert offered == {bench.form, bench.letter}
    why = "given to the police and the prosecution: Photographs of the examination."
    assert why in words
    assert "لا يوافق الشخص على إعطاء ما يلي" in (await listed("ar"))[1]

    await asyncio.to_thread(bench.answer, "police-information", "refused")
    offered, words = await listed()
    assert offered == {bench.letter}
    assert "Information about the examination · Photographs of the examination." in words

    for one in everything - offered:
        order = {"photographs": [one], "purpose": "hearing", "receiver": "Court N"}
        assert (await client.post("/packages", json=order, headers=SCRIPT)).status_code == 403
    gateway.exportable(center, room.prosecutor, [ItemExtent(one) for one in offered], "hearing")
