"""Damage that was noticed in passing."""

from __future__ import annotations

from casework.damage_queue import DamageQueue


def test_each_item_waits_once_in_the_order_in_which_it_was_noticed() -> None:
    noticed = DamageQueue()
    for copy, item in (("first-copy", "b"), ("second-copy", "b"), ("first-copy", "b"), ("first-copy", "a")):
        noticed.note(copy, item)
    assert [noticed.take() for _ in range(4)] == [
        ("first-copy", "b"),
        ("second-copy", "b"),
        ("first-copy", "a"),
        None,
    ]


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    noticed = DamageQueue(room=2)
    for item in "abc":
        noticed.note("first-copy", item)
    assert [noticed.take() for _ in range(3)] == [("first-copy", "a"), ("first-copy", "b"), None]
