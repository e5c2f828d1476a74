"""The loss map: nothing missing without its event."""

from __future__ import annotations

from typing import Any

from recorder.tracks.loss_map import LossMap


class Told:
    def __init__(self) -> None:
        self.events: list[tuple[str, int, dict[str, Any]]] = []
        self.losses = LossMap(2, lambda kind, at, fields: self.events.append((kind, at, fields)))


def test_a_gap_is_told_with_its_time_and_count() -> None:
    told = Told()
    told.losses.missing(1000, packets=3)
    told.losses.missing(1000, packets=1, frames=1)
    told.losses.recovered(67_000, frames=2, whole=True)
    told.losses.tick(500_000)
    assert told.events == []
    told.losses.tick(1_067_000)
    (event,) = told.events
    assert event == (
        "loss",
        1_067_000,
        {"track": 2, "from": 1000, "to": 67_000, "packets": 4, "frames": 2, "gaps": [[1000, 67_000, 4, 2]]},
    )


def test_losses_within_a_second_share_an_event_that_lists_them() -> None:
    told = Told()
    for start in (0, 300_000):
        told.losses.missing(start, packets=1, frames=1)
        told.losses.recovered(start + 33_000, frames=0, whole=True)
    told.losses.tick(1_100_000)
    (event,) = told.events
    assert event[2]["gaps"] == [[0, 33_000, 1, 1], [300_000, 333_000, 1, 1]]
    assert (event[2]["from"], event[2]["to"], event[2]["packets"]) == (0, 333_000, 2)


def test_pictures_after_a_loss_are_damaged_until_a_keyframe() -> None:
    told = Told()
    told.losses.missing(0, packets=1, frames=1)
    told.losses.recovered(33_000, frames=1, whole=False)
    for at in (33_000, 66_000):
        assert told.losses.is_damaged
        told.losses.recorded(at, key=False)
    told.losses.recorded(100_000, key=True)
    assert not told.losses.is_damaged
    assert told.events == [("damaged", 100_000, {"track": 2, "from": 33_000, "to": 100_000, "frames": 2})]


def test_what_is_open_when_recording_ends_is_told_then() -> None:
    told = Told()
    told.losses.late(10)
    told.losses.froze(0, 1_000_000)
    told.losses.missing(0, packets=5)
    told.losses.close(2_500_000)
    assert [event[0] for event in told.events] == ["freeze", "loss", "late", "freeze"]
    assert told.events[0][2] == {"track": 2, "from": 0, "ms": 1000, "over": False}
    assert told.events[1][2]["to"] == 2_500_000
    assert told.events[2][2]["packets"] == 1
    assert told.events[3][2] == {"track": 2, "from": 0, "ms": 2500, "over": True}
