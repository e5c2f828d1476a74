"""People's names: sealed in the database, open to who may see them."""

from __future__ import annotations

from sqlalchemy import update

from casework.cases import cases, history
from casework.database.models import Person, Role
from casework.interviews import interviews
from casework.people import people
from tests.support.centers.casework_world import World

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
