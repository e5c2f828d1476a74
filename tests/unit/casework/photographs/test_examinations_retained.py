"""The record of an examination is granted, destroyed and rebuilt like every other item."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from casework.center import Center
from casework.database.models import Evidence, EvidenceState, Photograph, Viewing
from casework.errors import Disposed, NotGranted
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.photographs import examination_drafts, examination_records, photographs
from casework.photographs.examination_drafts import Filled
from casework.retention import schedules
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.items.file_manifest import ORIGINAL
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.people.adding import SESSION
from tests.support.people.granting import granted
from tests.unit.casework.photographs.test_examinations import FORM, HURT
from tests.unit.casework.photographs.test_photographs_retained import nurse
from tests.unit.casework.photographs.test_uploads import carry, content_of

pytestmark = pytest.mark.starts


def sealed_pair(world: World, center: Center) -> tuple[str, str]:
    """A record, and the one that corrects it."""
    forms = world.folder / "own-forms"
    forms.mkdir(exist_ok=True)
    (forms / "short.toml").write_text(FORM, "utf-8")
    center, examiner = replace(center, forms=forms), nurse(world)
    draft = examination_drafts.begin(center, examiner, world.case.id, "short")
    examination_drafts.save(center, examiner, draft.id, 0, Filled(HURT))
    first = examination_records.seal(center, examiner, SESSION, draft.id, 1).id
    data = content_of(gateway.view(center, examiner, first, "review"), ORIGINAL)
    draft = examination_records.correct(center, examiner, first, data)
    examination_drafts.save(center, examiner, draft.id, 0, Filled({"injured": "no"}, "another person"))
    return first, examination_records.seal(center, examiner, SESSION, draft.id, 1).id


def test_a_judge_opens_the_one_that_a_grant_names_and_no_other(world: World) -> None:
    first, second = sealed_pair(world, world.center)
    granted(world.center, world.prosecutor, world.case.id, world.court, items=[ItemExtent(second)])
    viewing = gateway.view(world.center, world.court, second, "hearing")
    assert ExaminationRecord.parse(content_of(viewing, ORIGINAL)).values == {"injured": "no"}
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, first, "hearing")


def test_it_is_disposed_of_by_two_and_its_correction_stays(disposing: Disposing) -> None:
    world, center = disposing.world, disposing.center
    first, second = sealed_pair(world, center)
    carry(center)
    assert world.key_store.carry() == 0
    assert first in schedules.of_case(center, world.case)
    disposing.approved(first)
    with pytest.raises(Disposed):
        gateway.view(center, world.prosecutor, first, "review")
    assert [one.id for one in photographs.listed(center, world.prosecutor, world.case.id)] == [second]
    assert examination_records.corrections(center, world.prosecutor, second).corrects is None
    disposing.look()
    for store in center.stores.values():
        assert not list(store.list(f"recordings/{first}/"))
        assert list(store.list(f"recordings/{second}/"))


@pytest.mark.parametrize("catalogued", [True, False], ids=["in the catalogue", "newer than it"])
def test_after_a_rebuild_it_is_there_and_names_what_it_corrects(
    published: Copied, machine: Machine, catalogued: bool
) -> None:
    world, center = published.world, published.center
    first, second = sealed_pair(world, center)
    carry(center)
    assert world.key_store.carry() == 0
    if not catalogued:
        with center.database.begin() as session:
            session.execute(delete(Viewing))
            session.execute(delete(Photograph))
            session.execute(delete(Evidence).where(Evidence.id.in_((first, second))))
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row, photograph = session.get_one(Evidence, second), session.get_one(Photograph, second)
    assert (row.state, row.number, row.kind) == (EvidenceState.COMPLETE, 2, "document")
    assert (photograph.format, photograph.corrects, photograph.shown) == ("examination", first, False)
    record = ExaminationRecord.parse(
        content_of(gateway.view(rebuilt, world.prosecutor, second, "review"), ORIGINAL)
    )
    assert (photograph.form, record.values) == (record.form.digest, {"injured": "no"})
    assert examination_records.corrections(rebuilt, world.prosecutor, first).corrected_by == [(second, 2)]
