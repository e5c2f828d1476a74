"""People's names: sealed in the database, in clear only where they are shown.

A name is sealed for its person under the catalogue key, which only the keyholder has
(`vault.sealing.catalogue_key`): a name copied into another person's row does not open. So a stolen database
and stolen stores together reveal no name, while sign-in works from boot, with the vault locked.

A `Person` from `people` or `cases` already has its name. All names of a list are opened with one request to
the keyholder, and this process caches opened names by their sealed bytes. A name that cannot be decrypted is
None, and pages show that; no operation fails because of a missing name. A person whose name was lost with a
machine (`rebuild`) is called by their number.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from casework.center import Center
from casework.database.models import Person
from vault.errors import Altered, VaultError
from vault.keyholders.protocol import CatalogueSealer

log = logging.getLogger(__name__)


def seal(keyholder: CatalogueSealer, person_id: str, name: str) -> bytes:
    """Return the name in its database form. Raises `VaultError` if the keyholder does not answer."""
    [sealed] = keyholder.seal_catalogue([(_place(person_id), name.encode())])
    return sealed


def named(center: Center, people: Iterable[Person]) -> list[Person]:
    """Return these people with their names, where those open (`Person.name`)."""
    listed = list(people)
    unknown: list[Person] = []
    for person in listed:
        if person.sealed_name is None:
            person.name = f"? {person.id[:8]}"
            continue
        person.name = center.names.get(person.id, person.sealed_name)
        if person.name is None:
            unknown.append(person)
    if unknown:
        _open(center, unknown)
    return listed


def with_name(center: Center, person: Person) -> Person:
    """Return one person with their name, if it opens."""
    return named(center, [person])[0]


def by_name(people: Iterable[Person]) -> list[Person]:
    """Sort people by name; those without one come last."""
    return sorted(people, key=lambda person: (person.name is None, (person.name or "").casefold(), person.id))


def _open(center: Center, people: Sequence[Person]) -> None:
    try:
        opened: list[str | None] = _opened(center, people)
    except Altered:
        # One of them was not sealed for that person; open the others all the same.
        opened = [_one(center, person) for person in people]
    except VaultError as away:
        log.warning("names cannot be opened now: %s", away)
        return
    for person, name in zip(people, opened, strict=True):
        if name is not None and person.sealed_name is not None:
            center.names.keep(person.id, person.sealed_name, name)
            person.name = name


def _one(center: Center, person: Person) -> str | None:
    try:
        return _opened(center, [person])[0]
    except VaultError as error:
        log.error("the name of person %s does not open: %s", person.id, error)
        return None


def _opened(center: Center, people: Sequence[Person]) -> list[str | None]:
    sealed = [(_place(person.id), person.sealed_name or b"") for person in people]
    return [name.decode() for name in center.keyholder.open_catalogue(sealed)]


def _place(person_id: str) -> bytes:
    return f"people/{person_id}/name".encode()
