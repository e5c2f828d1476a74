"""Ordering a package on a page: made in the background, fetched by who ordered it, its words told once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import httpx

from casework.cases import history
from casework.clock import now
from casework.database.models import Credential
from casework.evidence import court_exclusions, gateway
from casework.grants import grants
from casework.ledger import custody_log
from casework.witnesses import alarms
from chain_of_custody.package.opening import open_package
from chain_of_custody.verify import verify
from player.package.order_queue import Orders
from tests.support.centers.court_room import SECOND, CourtRoom
from tests.support.ledger.authenticators import Authenticator, authenticator_data, es256
from tests.support.patience import until
from tests.support.people.granting import granted

FOR_A_COURT = {"purpose": "hearing", "receiver": "Court N"}


async def ordered(client: httpx.AsyncClient, **order: Any) -> str:
    answer = await client.post("/packages", json={**FOR_A_COURT, **order})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["package"])


async def made(client: httpx.AsyncClient, package: str) -> dict[str, Any]:
    async def standing() -> dict[str, Any] | None:
        answer = await client.get(f"/packages/{package}")
        told: dict[str, Any] = answer.json()
        return told if answer.status_code != 200 or told["state"] == "ready" else None

    return await until(standing)


async def test_a_package_is_ordered_fetched_and_opens_under_words_that_are_told_once(
    room: CourtRoom, tmp_path: Path
) -> None:
    client = await room.browser(room.prosecutor)
    assert (await client.get(f"/interviews/{room.interview.id}/package")).status_code == 200
    package = await ordered(client, interview=room.interview.id)
    assert (await made(client, package))["state"] == "ready"
    words = " ".join((await client.post(f"/packages/{package}/words", json={})).json()["words"]["ar"])
    assert (await client.post(f"/packages/{package}/words", json={})).json() == {"words": None}
    fetched = await client.get(f"/packages/{package}/testimony.amana")
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert (await client.get(f"/packages/{package}/verify.html")).status_code == 200
    assert (await client.get(f"/packages/{package}/..%2fdatabase.sqlite")).status_code == 404
    file = tmp_path / "testimony.amana"
    file.write_bytes(fetched.content)
    report = verify(open_package(file, lambda: words), gateway.policy(room.center))
    assert report.outcome == "intact"


async def test_an_order_belongs_to_who_placed_it(room: CourtRoom) -> None:
    client = await room.browser(room.prosecutor)
    package = await ordered(client, evidence=room.item)
    await made(client, package)
    for person in (room.court, room.administrator):
        other = await room.browser(person)
        for path in ("", "/testimony.amana"):
            assert (await other.get(f"/packages/{package}{path}")).status_code == 404
        assert (await other.post(f"/packages/{package}/words", json={})).status_code == 404


async def test_a_package_that_was_not_fetched_stays_once_its_grant_is_withdrawn(room: CourtRoom) -> None:
    grant = granted(room.center, room.prosecutor, room.case.id, room.court, kind="copy")
    grants.authorise_copy(room.center, room.prosecutor, grant.id, reference="9")
    client = await room.browser(room.court)
    package = await ordered(client, evidence=room.item)
    assert (await made(client, package))["state"] == "ready"
    assert (await client.get(f"/packages/{package}/testimony.amana")).status_code == 200
    grants.withdraw(room.center, room.prosecutor, grant.id, reason="mistaken")
    assert (await client.get(f"/packages/{package}/testimony.amana")).status_code == 403
    assert (await client.post(f"/packages/{package}/words", json={})).status_code == 403


async def test_who_may_not_hand_out_may_not_order(room: CourtRoom) -> None:
    for person in (room.court, room.administrator):
        client = await room.browser(person)
        order = {"purpose": "hearing", "interview": room.interview.id}
        assert (await client.post("/packages", json=order)).status_code == 403
        assert (await client.get(f"/interviews/{room.interview.id}/package")).status_code == 403


async def test_an_order_that_cannot_be_is_refused_before_anything_is_stated(room: CourtRoom) -> None:
    size = room.center.ledger.size
    client = await room.browser(room.prosecutor)
    for order in (
        {},
        {"evidence": room.item, "interview": room.interview.id},
        {"evidence": room.item, "purpose": "curiosity"},
        {"evidence": "00" * 16},
        {"interview": "00" * 16},
        {"evidence": room.item, "excerpt": {"begin": 5, "end": 5}},
        {"interview": room.interview.id, "excerpt": {"begin": 0, "end": 5}},
        {"evidence": room.item, "excerpt": {"begin": -1, "end": 5}},
    ):
        answer = await client.post("/packages", json={**FOR_A_COURT, **order})
        assert answer.status_code in (404, 409, 422), order
    assert room.center.ledger.size == size


async def test_what_is_excluded_is_ordered_on_purpose_and_the_order_says_so_where_it_is_there(
    room: CourtRoom,
) -> None:
    court_exclusions.exclude(
        room.center, room.prosecutor, room.item, (0, SECOND), reason="question", reference="Order 12/2076"
    )
    client = await room.browser(room.prosecutor)
    refused = await client.post("/packages", json={**FOR_A_COURT, "evidence": room.item})
    assert refused.json()["error"]["code"] == "excluded-within"
    within = await ordered(client, evidence=room.item, viewing_copies=False, excluded=True)
    assert (await made(client, within))["state"] == "ready"
    cut = {"begin": SECOND, "end": 2 * SECOND}
    beside = await ordered(client, evidence=room.item, excerpt=cut, viewing_copies=False, excluded=True)
    assert (await made(client, beside))["state"] == "ready"
    entries = history.of_item(room.center, room.prosecutor, room.interview.id)
    said = {one.body["order"]: one.body.get("excluded") for one in entries if one.type == "export.ordered"}
    assert said == {within: True, beside: None}


async def test_while_an_alarm_is_unseen_nothing_is_ordered(room: CourtRoom) -> None:
    client = await room.browser(room.prosecutor)
    alarms.ring(room.center.database, "forked", "court", b"ours", b"theirs")
    size = room.center.ledger.size
    refused = await client.post("/packages", json={**FOR_A_COURT, "evidence": room.item})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "unseen-alarm"
    assert room.center.ledger.size == size
    [alarm] = alarms.kept(room.center)
    alarms.take_note(room.center, room.prosecutor, alarm.id)
    package = await ordered(client, evidence=room.item)
    assert (await made(client, package))["state"] == "ready"


async def test_an_order_that_fails_says_why(room: CourtRoom) -> None:
    client = await room.browser(room.prosecutor)
    room.keyholder.lock()
    package = await ordered(client, evidence=room.item)
    told = await made(client, package)
    assert told["error"]["code"] == "vault-locked"
    assert told["error"]["what"]


HERE = "http://localhost:8420"


async def test_an_order_is_signed_by_its_person_and_the_court_can_check_that(
    room: CourtRoom, tmp_path: Path
) -> None:
    key = es256(person=room.prosecutor.id, rp="localhost")
    enrol(room, key)
    client = await room.browser(room.prosecutor, HERE)
    answer = await client.post(
        "/packages", json={**FOR_A_COURT, "evidence": room.item, "viewing_copies": False}
    )
    waiting = answer.json()
    said = waiting["publicKey"]["challenge"]
    page = f'{{"type":"webauthn.get","challenge":"{said}","origin":"{HERE}"}}'.encode()
    assertion = key.sign(authenticator_data("localhost"), page)
    fields = {
        "authenticator": assertion.authenticator,
        "client": page,
        "signature": assertion.signature,
        "credential": b"handle",
    }
    done = await client.post(
        f"/signings/{waiting['signing']}", json={name: text(data) for name, data in fields.items()}
    )
    page_of_it, package = done.json()["to"].split("#")
    assert page_of_it == f"/evidence/{room.item}/package"
    assert (await client.get(f"/packages/{package}")).status_code == 404  # nothing is made yet
    for _ in range(2):  # an answer that was lost is asked for again
        assert (await client.post(f"/packages/{package}", json={})).json() == {"package": package}
    assert (await made(client, package))["state"] == "ready"
    words = " ".join((await client.post(f"/packages/{package}/words", json={})).json()["words"]["ar"])
    file = tmp_path / "testimony.amana"
    file.write_bytes((await client.get(f"/packages/{package}/testimony.amana")).content)
    report = verify(open_package(file, lambda: words), gateway.policy(room.center))
    assert report.outcome == "intact"
    by_type = {one.statement.type: one for one in report.chains.all}
    assert by_type["evidence.exported"].statement.body["order"] == package
    assert by_type["export.ordered"].statement.body["items"] == [{"evidence": room.item, "excerpt": None}]
    assert report.signers.by[by_type["export.ordered"].position] == "person"
    assert report.signers.by[by_type["evidence.exported"].position] == "center"
    # Another process knows the order from the ledger, and that its package was made.
    room.app.state.orders = Orders(room.center, tmp_path / "orders")
    assert (await client.post(f"/packages/{package}", json={})).status_code == 404


def enrol(room: CourtRoom, key: Authenticator) -> None:
    custody_log.append(
        room.center,
        custody_log.Draft(
            type="credential.enrolled",
            evidence=room.center.deployment,
            person=room.prosecutor,
            purpose="administration",
            body=key.enrolment,
        ),
    )
    with room.center.database.begin() as session:
        session.add(
            Credential(
                key=key.id,
                person_id=room.prosecutor.id,
                credential_id=b"handle",
                public_key=key.key,
                algorithm=key.algorithm,
                relying_party=key.rp,
                added_at=now(),
            )
        )


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
