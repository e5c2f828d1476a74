"""Which device may send a camera: while a part runs its own, or another that the console has confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from amana.demo.device_key import fingerprint_of
from chain_of_custody.items.sender import SAFETY, Confirmer, Holder, SenderEvent
from chain_of_custody.statements.keys import key_id
from recorder.errors import InterviewRefused
from recorder.interview import senders
from recorder.interview.status import describe
from tests.support.centers.interview_room import COLLEAGUE, INTERVIEW, ROOM_DEVICE, Device, Room, events

PROSECUTOR = Confirmer("99" * 16, "Person P")
CERTIFICATE = "ab" * 32


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


async def told(room: Room) -> list[tuple[str, str, str | None]]:
    """What the part has recorded of senders, each proved as a verifier would: event, holder, reason."""
    assert room.interview.part is not None
    await room.interview.part.settled()
    found = []
    for one in events(room.writers[-1]):
        if one.pop("type") == "sender":
            del one["at"]
            event = SenderEvent.of(one)
            event.verify(INTERVIEW)
            found.append((event.event, event.sender.holder.name, event.reason))
    return found


async def test_a_colleague_cannot_take_a_camera_of_a_running_part_and_the_record_says_who_tried(
    room: Room,
) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    for _ in range(3):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=COLLEAGUE)
    room.interview.tick()
    assert wide.calls == ["begin"], "what runs is not touched"
    assert await told(room) == [("refused", "Person C", "another-device")]
    status = describe(room.interview)
    assert [(one["code"], one["name"]) for one in status["cautions"]] == [("sender", "wide")]
    (attempt,) = status["attempts"]
    assert (attempt["holder"]["name"], attempt["network"], attempt["camera"]) == ("Person C", "local", "wide")
    assert attempt["device"] == key_id(COLLEAGUE.key.public)


async def test_in_a_break_and_after_a_loss_the_camera_is_still_its_devices(room: Room) -> None:
    (wide,) = await room.begin("wide")
    wide.lose()
    room.interview.tick()
    await room.interview.take_break()
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide", device=COLLEAGUE)
    again = await room.connect("wide")
    assert again.calls == ["begin", "pause"]
    assert await told(room) == [
        ("refused", "Person C", "another-device"),
        ("returned", "room-1", None),
    ]


async def test_a_device_stays_the_same_while_its_holders_name_cannot_be_opened(room: Room) -> None:
    room.device = Device(Holder("aa" * 16, "person", "Person A"))
    await room.begin("wide")
    room.device = replace(room.device, holder=Holder("aa" * 16, "person", "one-stop-center"))
    await room.connect("wide")
    assert await told(room) == [("returned", "one-stop-center", None)]


async def test_the_same_device_in_another_persons_session_is_another_one(room: Room) -> None:
    room.device = Device(Holder("aa" * 16, "person", "Person A"))
    await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide", device=replace(room.device, holder=COLLEAGUE.holder))


async def test_the_device_of_one_camera_may_bring_the_other_and_a_stranger_may_not(room: Room) -> None:
    await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("close", device=COLLEAGUE)
    close = await room.connect("close")
    assert close.calls == ["begin"]
    assert ("joined", "room-1", None) in await told(room)


async def test_a_device_that_the_console_confirms_takes_over_once(room: Room) -> None:
    (wide,) = await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide", device=COLLEAGUE)
    (attempt,) = describe(room.interview)["attempts"]
    room.interview.senders.settle(attempt["number"], "confirm", PROSECUTOR)
    assert describe(room.interview)["attempts"] == []
    assert wide.calls == ["begin"], "the interview goes on meanwhile"

    await room.connect("wide", device=COLLEAGUE)
    assert describe(room.interview)["cameras"]["wide"]["sender"]["holder"]["name"] == "Person C"
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide")  # now the first one is the other
    assert describe(room.interview)["attempts"] == [], "it may not have heard yet"
    assert await told(room) == [
        ("refused", "Person C", "another-device"),
        ("replaced", "Person C", None),
        ("refused", "room-1", "another-device"),
    ]


async def test_a_confirmation_is_for_one_camera_one_device_and_two_minutes(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.begin("wide", "close")
    other_key = Device(COLLEAGUE.holder)
    for device in (COLLEAGUE, other_key):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=device)
    number = describe(room.interview)["attempts"][0]["number"]
    room.interview.senders.settle(number, "confirm", PROSECUTOR)
    for name, device in (("close", COLLEAGUE), ("wide", other_key)):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer(name, device=device)
    monkeypatch.setattr(senders, "CONFIRMED_FOR", 0.0)
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide", device=COLLEAGUE)


async def test_nobody_confirms_a_device_of_their_own_but_who_began_the_part(room: Room) -> None:
    await room.connect("wide")
    await room.interview.begin(room.ticket(), PROSECUTOR.id)
    own = Device(Holder(PROSECUTOR.id, "person", PROSECUTOR.name))
    for device in (COLLEAGUE, own):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=device)
    theirs, mine = (one["number"] for one in describe(room.interview)["attempts"])
    with pytest.raises(InterviewRefused, match=r"sender\.own"):
        room.interview.senders.settle(theirs, "confirm", Confirmer(COLLEAGUE.holder.id, "Person C"))
    room.interview.senders.settle(mine, "confirm", PROSECUTOR)
    await room.connect("wide", device=own)


async def test_a_dismissed_device_is_not_shown_again_and_stays_refused(room: Room) -> None:
    await room.begin("wide")
    for _ in range(2):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=COLLEAGUE)
        for one in describe(room.interview)["attempts"]:
            room.interview.senders.settle(one["number"], "dismiss", PROSECUTOR)
    assert describe(room.interview)["attempts"] == describe(room.interview)["cautions"] == []
    with pytest.raises(InterviewRefused, match=r"sender\.unknown"):
        room.interview.senders.settle(7, "confirm", PROSECUTOR)


async def test_an_offer_that_is_answered_before_a_part_cannot_take_its_camera(room: Room) -> None:
    """It was welcome while the room was set up; its connection stands only once the part runs."""
    await room.connect("wide")
    await room.offer("wide", device=COLLEAGUE)
    late = room.cameras[-1]
    await room.interview.begin(room.ticket())
    late.connect()
    room.interview.tick()
    assert describe(room.interview)["cameras"]["wide"]["sender"]["holder"]["name"] == "room-1"
    assert await told(room) == [("refused", "Person C", "another-device")]


async def test_what_is_tried_while_a_part_begins_is_refused_and_recorded_in_it(room: Room) -> None:
    await room.connect("wide")
    opened = room._open

    async def slowly(*args: Any) -> Any:
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=COLLEAGUE)
        return await opened(*args)

    room.interview._open_part = slowly
    await room.interview.begin(room.ticket())
    assert await told(room) == [("refused", "Person C", "another-device")]


async def test_until_a_part_begins_the_device_that_connected_last_has_the_camera(room: Room) -> None:
    await room.connect("wide", device=COLLEAGUE)
    await room.connect("wide")
    room.ledger.away = True
    with pytest.raises(InterviewRefused, match=r"ledger\.away"):
        await room.interview.begin(room.ticket())
    await room.connect("wide", device=COLLEAGUE)  # that part never began
    room.ledger.away = False
    await room.interview.begin(room.ticket(2))
    assert await told(room) == [], "the header names it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"proof": None},
        {"proof": {}},
        {"camera": "close"},
        {"fingerprint": "00" * 32},
        {"nonce": "00" * 16},
        {"at": "2026-11-24T20:15:03.120Z"},
        {"evidence": "ee" * 16},
        {"use": SAFETY},
        {"key": ROOM_DEVICE.claim("wide", CERTIFICATE, {"at": "2026-11-24T20:15:03.120Z",
                                  "evidence": None, "nonce": "11" * 16})["proof"]["key"]},  # type: ignore[index]
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
async def test_an_offer_without_its_devices_proof_is_refused_at_any_time_and_recorded(
    room: Room, wrong: dict[str, Any]
) -> None:
    room.device = COLLEAGUE

    async def offer() -> None:
        sdp = f"v=0 an offer\na=fingerprint:sha-256 {':'.join(['AB'] * 32)}"
        claim = room.device.claim("wide", fingerprint_of(sdp), room.interview.challenge())
        proof = {**claim["proof"], **{name: value for name, value in wrong.items() if name in claim["proof"]}}  # type: ignore[dict-item, operator]
        claim = {**claim, "proof": proof, **{name: value for name, value in wrong.items() if name in claim}}
        with pytest.raises(InterviewRefused, match=r"sender\.unproved"):
            await room.interview.offer(sdp, "77" * 16, claim)

    await offer()
    await room.begin("wide")
    await offer()
    assert await told(room) == [("refused", "Person C", "unproved")]
    (attempt,) = describe(room.interview)["attempts"]
    with pytest.raises(InterviewRefused, match=r"sender\.unproved"):
        room.interview.senders.settle(attempt["number"], "confirm", PROSECUTOR)


async def test_a_nonce_is_good_once_and_for_a_minute(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    sdp = f"v=0 an offer\na=fingerprint:sha-256 {':'.join(['AB'] * 32)}"
    claim = room.device.claim("wide", CERTIFICATE, room.interview.challenge())
    await room.interview.offer(sdp, "77" * 16, claim)
    with pytest.raises(InterviewRefused, match=r"sender\.unproved"):
        await room.interview.offer(sdp, "77" * 16, claim)
    late = room.device.claim("wide", CERTIFICATE, room.interview.challenge())
    monkeypatch.setattr(senders, "NONCE_LIVES", 0.0)
    with pytest.raises(InterviewRefused, match=r"sender\.unproved"):
        await room.interview.offer(sdp, "77" * 16, late)


async def test_who_tries_without_end_fills_neither_the_record_nor_the_console(room: Room) -> None:
    await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"sender\.other"):
        await room.offer("wide", device=Device(Holder("bb" * 16, "person", "Person B")))
    for _ in range(40):
        with pytest.raises(InterviewRefused, match=r"sender\.other"):
            await room.offer("wide", device=Device(COLLEAGUE.holder))
    assert len(await told(room)) == 1 + senders.MAX_REFUSALS
    shown = [one["holder"]["name"] for one in describe(room.interview)["attempts"]]
    assert shown == ["Person B", *["Person C"] * senders.MAX_ATTEMPTS]
