"""Tokens that the center keeps: only what a court would take, and what goes into which package."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casework.center import Center
from casework.database.models import StatementIndex, Timestamp
from casework.ledger import custody_log
from casework.witnesses import timestamps, trust_file
from casework.witnesses.timestamps import in_use
from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.trust.named_parties import ThirdParties
from tests.support.centers.casework_world import World
from tests.support.ledger.made_tokens import NOON, Authority


@pytest.fixture
def authority() -> Authority:
    return Authority.make()


@pytest.fixture
def center(world: World, authority: Authority) -> Center:
    path = world.folder / "trust.txt"
    urls = {("authority", "first"): "http://127.0.0.1:9/tsr"}
    trust_file.write(path, ThirdParties(authorities={"first": authority.anchor}, urls=urls))
    return replace(world.center, trust=path)


def kept(center: Center, authority: Authority, size: int, at: datetime, nonce: int | None = 7) -> None:
    text = timestamps.checkpoint_text(center, size)
    [one] = timestamps.authorities(center)
    timestamps.keep(center, one, size, authority.respond(text, at), nonce)


def grow(center: Center, count: int = 1) -> None:
    for number in range(count):
        custody_log.append(
            center,
            custody_log.Draft(
                type="policy.changed",
                evidence=center.deployment,
                person=None,
                purpose="administration",
                body={"policy": f"{number:064x}"},
            ),
        )


def rows(center: Center) -> list[int]:
    with center.database() as session:
        return sorted(row.size for row in session.query(Timestamp))


def test_a_token_over_another_tree_or_for_another_request_is_not_kept(
    center: Center, authority: Authority
) -> None:
    [one] = timestamps.authorities(center)
    size = center.ledger.size
    other = authority.respond(timestamps.checkpoint_text(center, size - 1))
    with pytest.raises(NotProved, match="over something else"):
        timestamps.keep(center, one, size, other, 7)
    with pytest.raises(NotProved, match="another request"):
        kept(center, authority, size, NOON, nonce=8)
    with pytest.raises(Malformed):
        timestamps.keep(center, one, size, b"nothing of the kind", 7)
    assert rows(center) == []


def test_a_token_that_contradicts_what_its_authority_said_before_is_not_kept(
    center: Center, authority: Authority
) -> None:
    grow(center, 2)
    size = center.ledger.size
    kept(center, authority, size - 1, NOON)
    with pytest.raises(NotProved, match="earlier timestamp"):
        kept(center, authority, size, NOON - timedelta(seconds=3))
    with pytest.raises(NotProved, match="earlier timestamp"):
        kept(center, authority, size - 2, NOON + timedelta(seconds=3))
    kept(center, authority, size, NOON - timedelta(seconds=1))  # within both accuracies
    assert rows(center) == [size - 1, size]


def test_the_same_tree_is_kept_once(center: Center, authority: Authority) -> None:
    size = center.ledger.size
    kept(center, authority, size, NOON)
    kept(center, authority, size, NOON + timedelta(seconds=9))
    assert [one.at for one in timestamps.stamps(center, 0)] == [NOON]


def test_only_authorities_of_the_trust_file_are_believed(
    world: World, center: Center, authority: Authority
) -> None:
    kept(center, authority, center.ledger.size, NOON)
    assert len(timestamps.for_package(center, [0])) == 1
    path = world.folder / "trust.txt"
    trust_file.write(path, ThirdParties(authorities={"first": Authority.make("other").anchor}))
    assert timestamps.for_package(center, [0]) == {}  # of that name, and another one now
    trust_file.write(path, ThirdParties())
    assert timestamps.for_package(center, [0]) == {}


def test_what_waits_for_a_token_is_what_was_sealed_and_not_covered(
    center: Center, authority: Authority
) -> None:
    assert timestamps.authority_statuses(center)[0].since is None
    with center.database.begin() as session:  # as if it were a seal; the index only says where to look
        row = session.get_one(StatementIndex, center.ledger.size - 1)
        row.type, row.at = "recording.sealed", NOON
    assert timestamps.authority_statuses(center)[0].since == NOON
    kept(center, authority, center.ledger.size - 1, NOON)
    assert timestamps.authority_statuses(center)[0].since == NOON
    kept(center, authority, center.ledger.size, NOON)
    assert timestamps.authority_statuses(center)[0].since is None


def stamp(authority: str, size: int, renewed: int | None = None) -> Timestamp:
    return Timestamp(authority=authority, size=size, at=NOON, expires_at=NOON, renewed=renewed)


def test_a_package_gets_the_first_tokens_and_those_that_renewed_them() -> None:
    by = {
        "a": [stamp("a", 5, renewed=11), stamp("a", 8), stamp("a", 12, renewed=20), stamp("a", 30)],
        "b": [stamp("b", 9), stamp("b", 15), stamp("b", 40)],
    }

    def chosen(*positions: int) -> list[tuple[str, int]]:
        return [(one.authority, one.size) for one in in_use(by, by, positions)]

    assert chosen(6) == [("a", 8), ("b", 9)]
    assert chosen(4) == [("a", 5), ("b", 9), ("a", 12), ("b", 15), ("a", 30), ("b", 40)]
    assert chosen(50) == []
