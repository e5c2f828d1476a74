"""Whatever is sent to it, the service goes on recording, and says what was wrong.

A film is recorded, and no page is open: requests come as no page of ours would send them.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.centers.filmed_room import filmed_room
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE, wait_until

pytestmark = pytest.mark.slow

VP9_ONLY = "\r\n".join(
    (
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=video 9 UDP/TLS/RTP/SAVPF 98",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtpmap:98 VP9/90000",
        "",
    )
)


@dataclass
class Recording:
    """An interview that is being recorded."""

    center: RunningCenter
    id: str


@pytest.fixture(scope="module")
def recording(center: RunningCenter) -> Iterator[Recording]:
    """An interview that records during all of these tests, and must not notice."""
    interview = center.open_interview()
    with filmed_room(center, interview) as room:
        evidence = room.begin()
        recorder = center.pid("recorder", interview)
        yield Recording(center, interview)
        room.records(center.status(interview)["elapsed"] / 1e6 + 1)  # after the last refusal, too
        assert center.pid("recorder", interview) == recorder, "the recorder was replaced"
        wait_until(lambda: center.status(interview)["losses"] == [])
        status = center.status(interview)
        assert (status["state"], status["evidence"]) == ("recording", evidence)
        assert all(one["type"] not in ("disconnected", "reconnected") for one in status["entries"])
        room.stop()


def number() -> str:
    return secrets.token_hex(16)


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; what went wrong, what it means and what to do are always told."""
    error = answer.json()["error"]
    assert all(error[part] for part in ("what", "meaning", "todo"))
    return answer.status_code, error["code"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (422, "body.malformed")),
        (b"[]", (422, "body.malformed")),
        (b'{"sdp": NaN}', (422, "body.malformed")),
        (b"[" * 12_000, (422, "body.malformed")),
        (b"\xff\xfe", (422, "body.malformed")),
        (b" " * 200_000, (413, "body.too-large")),
        (b" " * 2_000_000, (413, "body-too-large")),
    ],
    ids=["cut", "list", "nan", "deep", "bytes", "large", "huge"],
)
def test_bodies_that_are_no_requests(recording: Recording, body: bytes, expected: tuple[int, str]) -> None:
    client = recording.center.prosecutor
    for place in ("cameras/wide", "mark"):
        answer = client.post(f"/interviews/{recording.id}/{place}", content=body)
        assert refused(answer) == expected


@pytest.mark.parametrize(
    ("sdp", "code"),
    [
        ("", (403, "sender.unproved")),
        ("v=0\r\nm=video x y z\r\n" * 100, (403, "sender.unproved")),
        (7, (422, "sdp.malformed")),
        (None, (422, "sdp.malformed")),
        ("x" * 70_000, (422, "sdp.malformed")),
        (VP9_ONLY, (403, "sender.unproved")),
    ],
    ids=["empty", "garbage", "number", "null", "long", "vp9"],
)
def test_offers_that_cannot_be_accepted(recording: Recording, sdp: object, code: tuple[int, str]) -> None:
    body = {"sdp": sdp, "page": number(), "request": number()}
    answer = recording.center.prosecutor.post(f"/interviews/{recording.id}/cameras/wide", json=body)
    assert refused(answer) == code


def test_a_camera_that_does_not_exist(recording: Recording) -> None:
    body = {"sdp": "v=0\r\n", "page": number(), "request": number()}
    answer = recording.center.prosecutor.post(f"/interviews/{recording.id}/cameras/roof", json=body)
    assert refused(answer) == (404, "camera.unknown")


def test_the_same_request_again_gets_the_first_answer_and_happens_once(recording: Recording) -> None:
    client, status = recording.center.prosecutor, recording.center.status(recording.id)
    mark = {"text": "once", "ago": 0, "evidence": status["evidence"], "request": number()}
    answers = [client.post(f"/interviews/{recording.id}/mark", json=mark) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].status_code == 200
    entries = recording.center.status(recording.id)["entries"]
    assert len([one for one in entries if one.get("text") == "once"]) == 1


def test_two_of_the_same_at_once_happen_once(recording: Recording) -> None:
    client, status = recording.center.prosecutor, recording.center.status(recording.id)
    mark = {"text": "twice at once", "ago": 0, "evidence": status["evidence"], "request": number()}
    found: list[str] = []

    def send() -> None:
        found.append(client.post(f"/interviews/{recording.id}/mark", json=mark).text)

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    entries = recording.center.status(recording.id)["entries"]
    assert len([one for one in entries if one.get("text") == "twice at once"]) == 1


@pytest.mark.parametrize(
    ("command", "fields", "expected"),
    [
        ("break", {"evidence": "ab" * 16}, (409, "request.stale")),
        ("stop", {"reason": "finished", "evidence": None}, (409, "request.stale")),
        ("begin", {"evidence": None}, (409, "request.stale")),
        ("begin", {}, (409, "state.wrong")),
        ("resume", {}, (409, "state.wrong")),
        ("stop", {"reason": "because"}, (422, "body.malformed")),
        ("explain", {"reason": ["rest"]}, (422, "body.malformed")),
        ("mark", {"text": "x", "ago": 1.5}, (422, "body.malformed")),
        ("mark", {"text": "x" * 2000, "ago": 0}, (422, "body.malformed")),
        ("person", {"event": "flies", "who": "", "role": "other"}, (422, "body.malformed")),
        ("mark", {"text": "x", "ago": 0, "request": None}, (422, "request.missing")),
        ("mark", {"text": "x", "ago": 0, "request": "a/b"}, (422, "request.missing")),
        ("dance", {}, (404, "missing")),
    ],
)
def test_deeds_that_are_stale_out_of_order_or_malformed(
    recording: Recording, command: str, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    now = recording.center.status(recording.id)["evidence"]
    body = {"evidence": now, "request": number(), **fields}
    answer = recording.center.prosecutor.post(f"/interviews/{recording.id}/{command}", json=body)
    assert refused(answer) == expected
    assert recording.center.status(recording.id)["state"] == "recording"


def test_what_the_live_view_does_not_give(recording: Recording) -> None:
    client, now = recording.center.prosecutor, recording.center.status(recording.id)["evidence"]
    live = f"/interviews/{recording.id}/live"
    other = "ab" * 16
    assert refused(client.get(f"{live}/records?evidence={other}")) == (404, "record.unknown")
    assert client.get(f"{live}/messages/{other}/0").status_code == 404
    assert client.get(f"{live}/messages/{now}/99999").status_code == 404
    assert client.get(f"{live}/messages/..%2f..%2fkeys/0").status_code == 404
    for indices in ([], [-1], [1.5], ["0"], [99999], list(range(1000)), None):
        answer = client.post(f"{live}/keys", json={"evidence": now, "indices": indices})
        assert answer.status_code in (404, 422)
        refused(answer)
    assert len(client.post(f"{live}/keys", json={"evidence": now, "indices": [0]}).json()["keys"]) == 1


def test_nobody_else_gets_near_it(recording: Recording) -> None:
    address = f"{recording.center.address}/interviews/{recording.id}"
    for path in ("status", "events", "live/records?evidence=0"):
        assert httpx.get(f"{address}/{path}", timeout=PATIENCE).status_code == 401
    stop = {"evidence": None, "request": number(), "reason": "finished"}
    assert httpx.post(f"{address}/stop", json=stop, timeout=PATIENCE).status_code in (401, 403)
    unknown = recording.center.prosecutor.post(f"/interviews/{'0' * 32}/mark", json=stop)
    assert refused(unknown) == (404, "missing")


def test_a_refused_begin_leaves_no_part_that_looks_begun(recording: Recording) -> None:
    body = {"evidence": recording.center.status(recording.id)["evidence"], "request": number()}
    answer = recording.center.prosecutor.post(f"/interviews/{recording.id}/begin", json=body)
    assert refused(answer) == (409, "state.wrong")
    with sqlite3.connect(recording.center.settings.database) as database:
        rows = database.execute(
            "SELECT state FROM evidence WHERE interview_id = ?", (recording.id,)
        ).fetchall()
    assert sorted(set(rows)) == [("recording",), ("void",)]
