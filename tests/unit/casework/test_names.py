"""People's names: sealed in the database, open to who may see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text, update

from casework.cases import cases, history
from casework.database import migrations
from casework.database.engine import connect, writing
from casework.database.models import Person, Role
from casework.interviews import interviews
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.servers.databases import MadeDatabase, SqliteFile
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import PassphraseKeyholder

NAME = "Marker Nameworthy"
FORMS = [NAME.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")]


def test_a_name_stands_in_no_stored_byte_and_is_read_by_another_process(world: World) -> None:
    person = people.add(world.center, world.administrator, NAME, Role.COURT)
    assert person.name == NAME
    stored = world.database.stored()
    assert person.id.encode() in stored
    assert not [form for form in FORMS if form in stored]
    again = world.opened_again()
    assert people.get(again, person.id).name == NAME
    assert [one.id for one in people.find(again, NAME)] == [person.id]


def test_people_come_in_the_order_of_their_names_those_who_left_last(world: World) -> None:
    left = people.add(world.center, world.administrator, "Aaron", Role.COURT)
    people.retire(world.center, world.administrator, left.id)
    people.add(world.center, world.administrator, "anna", Role.COURT)
    everybody = people.everybody(world.opened_again(), world.administrator)
    assert [one.name for one in everybody] == ["anna", "Person J", "Person P", "Person Z", "Aaron"]


def test_a_name_put_into_another_persons_row_does_not_open_and_costs_nobody_else_theirs(world: World) -> None:
    with world.center.database.begin() as session:
        other = session.get_one(Person, world.court.id).sealed_name
        session.execute(update(Person).where(Person.id == world.prosecutor.id).values(sealed_name=other))
    again = world.opened_again()
    everybody = people.everybody(again, world.administrator)
    assert [one.name for one in everybody] == ["Person J", "Person Z", None]
    nameless = people.get(again, world.prosecutor.id)
    case = cases.open_case(again, nameless)
    interview = interviews.open_interview(
        again, nameless, case.id, purpose="testimony", room="room-1", place="Ramallah", present=[], wish=""
    )
    [entry] = history.of_item(again, nameless, interview.id)  # nobody is kept from acting
    assert (entry.actor.id, entry.name) == (nameless.id, None)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.starts)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> MadeDatabase:
    if request.param == "sqlite":
        return SqliteFile(tmp_path / "database.sqlite")
    made: MadeDatabase = request.getfixturevalue("database_server").made()
    return made


def test_names_from_before_are_sealed_and_overwritten(tmp_path: Path, empty: MadeDatabase) -> None:
    database, folder = empty, tmp_path / "keys"
    engine = connect(database.url)
    with writing(engine).connect() as connection, connection.begin():
        command.upgrade(migrations.configuration(connection), "0005")
        connection.execute(
            text(
                "INSERT INTO people (id, name, role, organisation, language, active, added_at)"
                " VALUES (:id, :name, 'court', 'court', 'ar', true, '2026-01-01 00:00:00')"
            ),
            {"id": "ab" * 16, "name": NAME},
        )
    assert FORMS[0] in database.stored()
    with pytest.raises(RuntimeError, match="no keyholder"):
        migrations.upgrade(engine)
    PassphraseKeyholder.create(folder, cost=Cost(memory_kib=64, passes=1, lanes=1))
    keyholder = PassphraseKeyholder.open(folder)
    migrations.upgrade(engine, keyholder)
    with engine.connect() as connection:
        sealed = connection.execute(text("SELECT sealed_name FROM people")).scalar_one()
    place = f"people/{'ab' * 16}/name".encode()
    assert keyholder.open_catalogue([(place, sealed)]) == [NAME.encode()]
    engine.dispose()
    assert FORMS[0] not in database.stored()
