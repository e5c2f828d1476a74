"""The court room's addresses: what they give, to whom, and how they refuse."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.access.grants_in_force import ItemExtent
from casework.clock import now
from casework.database import models
from casework.database.models import Role
from casework.evidence import court_exclusions
from casework.evidence.viewing import MAX_KEYS
from casework.grants import grants
from casework.ledger import chains
from casework.people import people
from chain_of_custody.items import excerpt
from chain_of_custody.items.record import check_record
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.centers.court_room import SECOND, CourtRoom
from tests.support.ledger.chain_reads import chain_reads
from tests.support.people.granting import granted
from vault.errors import ObjectMissing
from vault.sealing.sealing import open_with_message_key


async def viewing(client: httpx.AsyncClient, room: CourtRoom, purpose: str = "hearing") -> str:
    answer = await client.post(f"/evidence/{room.item}/viewings", json={"purpose": purpose})
    assert answer.status_code == 200, answer.text
    return f"/viewings/{answer.json()['viewing']}"


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """A refusal that a program and a person understand."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == code
    assert error["what"] and error["meaning"] and error["todo"]


async def test_what_a_viewing_gives_opens_and_proves_the_whole_recording(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    proof = (await court.get(f"{base}/proof")).json()
    policy = TrustPolicy.parse(proof["policy"].encode())
    index = Manifest.parse(proof["manifest"].encode()).open_index(proof["index"].encode())
    types, registry = [], []
    for one in proof["statements"]:
        leaf = base64.b64decode(one["leaf"])
        TlogProof.parse(one["proof"].encode()).verify(leaf, policy.log_keys)
        statement = SignedStatement.parse(leaf).statement
        (registry if statement.evidence == policy.deployment else types).append(statement.type)
    assert types == ["interview.opened", "recording.started", "recording.sealed", "evidence.viewed"]
    registered = chains.chain(room.center, room.center.deployment)
    assert len(registry) == len(registered)
    assert set(registry) == {"recorder.enrolled", "role.given"}
    indices = list(range(len(index.records)))
    keys = (await court.post(f"{base}/keys", json={"indices": indices})).json()["keys"]
    for record, key in zip(index.records, keys, strict=True):
        answer = await court.get(f"{base}/messages/{record.index}")
        assert answer.headers["content-type"] == "application/octet-stream"
        check_record(record, open_with_message_key(base64.b64decode(key), answer.content))


async def test_all_proofs_are_under_one_checkpoint_of_now(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    first = await viewing(court, room)
    await viewing(court, room)
    statements = (await court.get(f"{first}/proof")).json()["statements"]
    notes = {TlogProof.parse(one["proof"].encode()).checkpoint_note for one in statements}
    (note,) = notes
    assert open_checkpoint(note, room.center.log_keys).size == room.center.ledger.size


@pytest.mark.parametrize("opened_before", [False, True])
async def test_each_chain_is_read_and_proved_once_for_everything_that_a_page_checks(
    room: CourtRoom, monkeypatch: pytest.MonkeyPatch, opened_before: bool
) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    if opened_before:
        assert (await court.get(f"{base}/proof")).status_code == 200
    proved: list[int] = []
    inclusion = room.center.ledger.inclusion_under

    def note(indices: Sequence[int], checkpoint: bytes) -> list[TlogProof]:
        proved.extend(indices)
        return inclusion(indices, checkpoint)

    monkeypatch.setattr(room.center.ledger, "inclusion_under", note)
    with chain_reads(room.center) as reads:
        proof = (await court.get(f"{base}/proof")).json()
    assert reads == {room.item: 1, room.interview.id: 1, room.center.deployment: 1}
    assert len(proved) == len(set(proved)) == len(proof["statements"])
    assert proof["names"], "of the same statements"


async def test_names_and_circumstances_are_told_beside_the_proofs(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    proof = (await court.get(f"{await viewing(court, room)}/proof")).json()
    assert set(proof["names"].values()) == {"Person P", "Person J"}
    assert proof["stated"]["wish"] == "the door stays open"
    assert "Person" not in "".join(one["leaf"] for one in proof["statements"])


async def test_nothing_of_a_viewing_may_be_kept_by_a_browser(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    for answer in (
        await court.get(f"{base}/proof"),
        await court.post(f"{base}/keys", json={"indices": [0]}),
        await court.get(f"{base}/messages/0"),
    ):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("indices", "status", "code"),
    [
        ([10_000], 404, "missing"),
        ([-1], 422, "malformed"),
        (["0; drop"], 422, "malformed"),
        ([0] * (MAX_KEYS + 1), 422, "malformed"),
        ([2**63], 404, "missing"),
    ],
)
async def test_keys_of_messages_that_are_not_there_are_refused(
    room: CourtRoom, indices: list[Any], status: int, code: str
) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    refused(await court.post(f"{base}/keys", json={"indices": indices}), status, code)


@pytest.mark.parametrize(
    ("index", "status", "code"),
    [
        ("10000", 404, "missing"),
        ("-1", 422, "malformed"),
        ("x", 422, "malformed"),
        (str(2**70), 404, "missing"),
    ],
)
async def test_messages_that_are_not_there_are_refused(
    room: CourtRoom, index: str, status: int, code: str
) -> None:
    court = await room.browser(room.court)
    refused(await court.get(f"{await viewing(court, room)}/messages/{index}"), status, code)


async def test_somebody_elses_viewing_is_nobodys(room: CourtRoom) -> None:
    court, prosecutor = await room.browser(room.court), await room.browser(room.prosecutor)
    base = await viewing(court, room)
    refused(await prosecutor.get(f"{base}/proof"), 404, "missing")
    refused(await prosecutor.post(f"{base}/keys", json={"indices": [0]}), 404, "missing")
    refused(await prosecutor.get(f"{base}/messages/0"), 404, "missing")


async def test_a_viewing_ends(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    with room.center.database.begin() as session:
        row = session.get(models.Viewing, base.rsplit("/", 1)[1])
        assert row is not None
        row.expires_at = now() - timedelta(seconds=1)
    refused(await court.post(f"{base}/keys", json={"indices": [0]}), 403, "forbidden")
    refused(await court.get(f"{base}/messages/0"), 403, "forbidden")


async def test_while_the_vault_is_locked_nothing_is_opened_and_nothing_is_said_to_be(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    size = room.center.ledger.size
    await asyncio.to_thread(room.keyholder.lock)
    answer = await court.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})
    refused(answer, 423, "vault-locked")
    assert room.center.ledger.size == size


async def test_a_purpose_that_is_none_opens_nothing(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    answer = await court.post(f"/evidence/{room.item}/viewings", json={"purpose": "curiosity"})
    refused(answer, 422, "refused")


async def test_those_who_were_not_given_the_case_get_no_page_and_no_viewing(room: CourtRoom) -> None:
    other = people.add(room.center, room.administrator, "Person O", Role.COURT, "another-court")
    for person, code in ((other, "not-granted"), (room.administrator, "forbidden")):
        client = await room.browser(person)
        refused(await client.get(f"/evidence/{room.item}"), 403, code)
        answer = await client.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})
        refused(answer, 403, code)


async def test_a_court_reads_and_undertakes_before_the_page_opens_and_a_withdrawal_closes_it(
    room: CourtRoom,
) -> None:
    judge = people.add(room.center, room.administrator, "Person K", Role.COURT, "higher-court")
    grant = granted(
        room.center, room.prosecutor, room.case.id, judge, accepted=False, items=[ItemExtent(room.item)]
    )
    court = await room.browser(judge)
    led = await court.get(f"/evidence/{room.item}")
    assert led.headers["location"] == f"/grants/{grant.id}?evidence={room.item}"
    early = await court.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})
    refused(early, 409, "grant-not-accepted")
    accepted = await court.post(f"/grants/{grant.id}/accept", data={"evidence": room.item})
    assert accepted.headers["location"] == f"/evidence/{room.item}"
    page = (await court.get(f"/evidence/{room.item}", headers={"accept": "text/html"})).text
    assert '<input type="hidden" name="purpose" value="hearing">' in page, "its only purpose"
    assert 'value="review"' not in page
    assert "<bdi>Person K</bdi> · <bdi>higher-court</bdi>" in page, "both lie over the picture"
    assert "/package" not in page
    base = await viewing(court, room)
    assert (await court.get(f"{base}/proof")).json()["allowed"] is None
    grants.withdraw(room.center, room.prosecutor, grant.id, reason="ended")
    refused(await court.post(f"{base}/keys", json={"indices": [0]}), 403, "grant-withdrawn")
    refused(await court.get(f"{base}/messages/0"), 403, "grant-withdrawn")


async def test_what_a_court_has_excluded_is_refused_in_words_and_told_to_the_page(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    base = await viewing(court, room)
    assert (await court.get(f"{base}/proof")).json()["withheld"] == []
    court_exclusions.exclude(
        room.center, room.prosecutor, room.item, (0, SECOND), reason="question", reference="Order 12/2076"
    )
    proof = (await court.get(f"{base}/proof")).json()
    assert (proof["allowed"], proof["withheld"] != []) == (None, True)
    stated = [SignedStatement.parse(base64.b64decode(one["leaf"])).statement for one in proof["statements"]]
    assert stated[-1].type == "passage.excluded"
    for index in proof["withheld"]:
        keys = await court.post(f"{base}/keys", json={"indices": [0, index]})
        refused(keys, 403, "passage-excluded")
        refused(await court.get(f"{base}/messages/{index}"), 403, "passage-excluded")
    assert (await court.post(f"{base}/keys", json={"indices": [0]})).status_code == 200


async def test_of_a_granted_excerpt_the_page_is_told_what_may_be_opened(room: CourtRoom) -> None:
    judge = people.add(room.center, room.administrator, "Person K", Role.COURT, "higher-court")
    granted(room.center, room.prosecutor, room.case.id, judge, items=[ItemExtent(room.item, (0, SECOND))])
    court = await room.browser(judge)
    page = await court.get(f"/evidence/{room.item}", headers={"accept": "text/html"})
    assert "0:00:01" in page.text
    base = await viewing(court, room)
    allowed = (await court.get(f"{base}/proof")).json()["allowed"]
    assert 0 in allowed
    assert (await court.post(f"{base}/keys", json={"indices": allowed})).status_code == 200
    outside = next(index for index in range(max(allowed) + 2) if index not in allowed)
    refused(await court.post(f"{base}/keys", json={"indices": [outside]}), 403, "not-granted")


async def test_what_may_be_opened_is_chosen_once_for_all_messages_and_refused_with_the_grant(
    room: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[str] = []

    def counted(choose: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any) -> Any:
            chosen.append(choose.__name__)
            return choose(*arguments)

        return count

    monkeypatch.setattr(excerpt, "choose", counted(excerpt.choose))
    monkeypatch.setattr(excerpt, "within", counted(excerpt.within))
    center, item, staff = room.center, room.item, room.prosecutor
    judge = people.add(center, room.administrator, "Person K", Role.COURT, "higher-court")
    grant = granted(center, staff, room.case.id, judge, items=[ItemExtent(item, (0, 2 * SECOND))])
    order = {"reason": "question", "reference": "Order 12/2076"}
    court_exclusions.exclude(center, staff, item, (0, SECOND), **order)
    court = await room.browser(judge)
    base = await viewing(court, room)
    chosen.clear()
    proof = (await court.get(f"{base}/proof")).json()
    assert sorted(chosen) == ["choose", "within"]
    readable = sorted(set(proof["allowed"]) - set(proof["withheld"]))
    chosen.clear()
    for index in readable:
        assert (await court.get(f"{base}/messages/{index}")).status_code == 200
        assert (await court.post(f"{base}/keys", json={"indices": [index]})).status_code == 200
    assert chosen == [], "they were chosen for the proof, and are not again"
    court_exclusions.exclude(center, staff, item, (SECOND, 2 * SECOND), **order)
    chosen.clear()
    refused(await court.get(f"{base}/messages/{readable[-1]}"), 403, "passage-excluded")
    assert chosen == ["within"], "another passage is excluded, and the same excerpt granted"
    grants.withdraw(center, staff, grant.id, reason="ended")
    refused(await court.get(f"{base}/messages/0"), 403, "grant-withdrawn")
    refused(await court.post(f"{base}/keys", json={"indices": [0]}), 403, "grant-withdrawn")


async def test_an_exhibit_that_is_not_there_is_missing(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    refused(await court.get(f"/evidence/{'00' * 16}"), 404, "missing")


async def test_the_page_introduces_the_exhibit_and_says_nothing_of_its_content(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    page = (await court.get(f"/evidence/{room.item}", headers={"accept": "text/html"})).text
    assert room.case.code in page and 'value="hearing"' in page
    for word in ("the door stays open", "Person I", "Room 1"):
        assert word not in page


async def test_a_part_that_is_still_recorded_offers_no_opening(empty_room: CourtRoom) -> None:
    room = empty_room
    running = await room.record("running")
    court = await room.browser(room.court)
    page = (await court.get(f"/evidence/{running}", headers={"accept": "text/html"})).text
    assert "/console" in page and 'id="opening"' not in page
    answer = await court.post(f"/evidence/{running}/viewings", json={"purpose": "hearing"})
    refused(answer, 409, "wrong-state")


class Store:
    """A copy that gives out an address for the objects that it has."""

    copy, origin = "first-copy", "https://objects.example"

    def __init__(self, has: int) -> None:
        self._has = has

    def url(self, key: str) -> str:
        if int(key.rpartition("/")[2]) > self._has:
            raise ObjectMissing(key)
        return f"{self.origin}/{key}"


@pytest.mark.parametrize("has", [1, 0])
async def test_a_viewer_learns_where_a_store_gives_the_same_messages(room: CourtRoom, has: int) -> None:
    center = replace(room.center, direct=Store(has))
    room.app.state.center = center
    court = await room.browser(room.court)
    opened = (await court.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})).json()
    assert opened["direct"] is True
    base = f"/viewings/{opened['viewing']}"
    asked = await court.post(f"{base}/places", json={"indices": [0, 3]})
    assert asked.headers["cache-control"] == "no-store"
    for index, place in zip((0, 3), asked.json()["places"], strict=True):
        if not has:
            assert place is None, "it was not carried there yet"
            continue
        assert place["url"] == f"https://objects.example/recordings/{room.item}/segments/000001"
        segment = (center.spool / room.item / "000001.segment").read_bytes()
        message = (await court.get(f"{base}/messages/{index}")).content
        assert segment[place["start"] : place["start"] + place["size"]] == message
    refused(await court.post(f"{base}/places", json={"indices": [999]}), 404, "missing")


async def test_without_such_a_store_a_viewer_is_told_so(room: CourtRoom) -> None:
    court = await room.browser(room.court)
    opened = (await court.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})).json()
    assert opened["direct"] is False
    asked = await court.post(f"/viewings/{opened['viewing']}/places", json={"indices": [0]})
    assert asked.json() == {"places": [None]}


async def test_what_another_machine_still_has_is_said_to_be_there(room: CourtRoom, tmp_path: Path) -> None:
    room.app.state.center = replace(room.center, node="2", spool=tmp_path / "another-machine")
    court = await room.browser(room.court)
    answer = await court.get(f"{await viewing(court, room)}/proof")
    refused(answer, 503, "still-elsewhere")
