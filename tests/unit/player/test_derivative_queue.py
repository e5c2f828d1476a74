"""Orders of derivatives are made one after the other, and outlive whatever happens to the machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amana.http.error_messages import message_of
from casework.database.models import Derivative, DerivativeState, Person, Role
from casework.derivatives import compose as composing
from casework.derivatives.queue import DerivativeQueue
from casework.errors import Cancelled
from casework.evidence import court_exclusions, derivation
from casework.files import derivative_staging
from casework.ledger import chains
from casework.sandbox import child_process, ffmpeg, starter_client
from casework.sealing.staging import uploads_area
from casework.working_copies import orders
from casework.working_copies import sealing as derivative_sealing
from casework.working_copies.film_plan import Edits
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.statements.statement import SignedStatement
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import EDITS, film, pretended_film
from tests.support.patience import until

pytestmark = pytest.mark.starts
ONE = Edits("one", ("wide",), ("microphone",), 0)


class Gate:
    """Behind its first record, what goes into the program waits until the gate is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._decrypted = derivation.decrypted
        monkeypatch.setattr(derivation, "decrypted", self._held)

    def _held(self, *arguments: Any) -> Iterator[Any]:
        for number, one in enumerate(self._decrypted(*arguments)):
            if number == 1:
                self.reached.set()
                self.opened.wait()
            yield one


@contextmanager
def making(room: CourtRoom, folder: Path) -> Iterator[DerivativeQueue]:
    folder.mkdir(exist_ok=True)
    queue = DerivativeQueue(room.center, folder, draw)
    queue.start()
    try:
        yield queue
    finally:
        queue.close()


async def ordered(room: CourtRoom, edits: Edits = ONE) -> Derivative:
    return await asyncio.to_thread(
        orders.order, room.center, room.prosecutor, room.interview.id, edits, "hearing"
    )


async def reaches(room: CourtRoom, row: Derivative, state: DerivativeState) -> Derivative:
    await until(lambda: state_of(room, row).state in {state, *orders.OVER})
    reached = state_of(room, row)
    assert reached.state is state, reached.failure
    return reached


def state_of(room: CourtRoom, row: Derivative) -> Derivative:
    with room.center.database() as session:
        return session.get_one(Derivative, row.id)


def nothing_is_left(room: CourtRoom, folder: Path, row: Derivative) -> bool:
    """Neither in clear in the scratch folder nor half sealed in the spool."""
    return not list(folder.iterdir()) and not (uploads_area(room.center.spool).root / row.id).exists()


def chain(room: CourtRoom, about: str) -> list[str]:
    leaves = chains.chain(room.center, about).values()
    return [SignedStatement.parse(leaf).statement.type for leaf in leaves]


async def test_orders_are_made_in_turn_and_progress_is_told(empty_room: CourtRoom, tmp_path: Path) -> None:
    await film(empty_room, 3)
    rows = [await ordered(empty_room), await ordered(empty_room, EDITS)]
    told = set()
    with making(empty_room, tmp_path / "scratch") as queue:
        while state_of(empty_room, rows[0]).state is not DerivativeState.MADE:
            if (standing := queue.progress_of(rows[0].id)) is not None and standing.total:
                told.add((standing.done, standing.total))
            await asyncio.sleep(0.02)
        second = await reaches(empty_room, rows[1], DerivativeState.MADE)
    assert second.failure is None
    assert {total for _, total in told} == {3_000_000}
    assert all(nothing_is_left(empty_room, tmp_path / "scratch", row) for row in rows)


async def test_what_was_being_made_when_the_machine_went_down_is_made_again(
    empty_room: CourtRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    await film(empty_room, 1)
    row = await ordered(empty_room)
    with making(empty_room, tmp_path / "scratch") as queue:
        await until(gate.reached.is_set)
        closing = asyncio.create_task(asyncio.to_thread(queue.close))
        await until(queue._stopped.is_set)
        gate.opened.set()
        await closing
    assert state_of(empty_room, row).state is DerivativeState.WAITING
    assert nothing_is_left(empty_room, tmp_path / "scratch", row)
    with making(empty_room, tmp_path / "scratch"):
        await reaches(empty_room, row, DerivativeState.MADE)
    assert chain(empty_room, row.id) == ["derivative.made"]


@pytest.mark.parametrize("moved", [False, True], ids=["sealed", "moved"])
async def test_what_was_sealed_and_not_stated_yet_is_completed_without_being_made_again(
    empty_room: CourtRoom, tmp_path: Path, moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, folder = empty_room, tmp_path / "scratch"
    folder.mkdir()
    await film(room, 1)
    row = await ordered(room)

    class Killed(BaseException):
        """The process ended here."""

    def killed(*_: object) -> None:
        raise Killed

    program = ffmpeg.found()
    assert program is not None
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(derivative_sealing, "_become_evidence" if moved else "complete", killed)
        await asyncio.to_thread(
            composing.compose,
            *(room.center, row, program, folder, draw, lambda done, total: None),
            threading.Event(),
        )
    assert uploads_area(room.center.spool).whole(row.id)
    assert uploads_area(room.center.spool).moved(row.id) is moved
    manifest = next(room.center.spool.glob(f"**/{row.id}/manifest")).read_bytes()
    with making(room, folder):
        await reaches(room, row, DerivativeState.MADE)
    assert (room.center.spool / row.id / "manifest").read_bytes() == manifest
    assert chain(room, row.id) == ["derivative.made"]


async def test_while_the_vault_is_locked_it_waits(
    empty_room: CourtRoom,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "casework.derivatives.queue")
    monkeypatch.setattr("casework.derivatives.queue.AGAIN", 0.2)
    await film(empty_room, 1)
    row = await ordered(empty_room)
    empty_room.keyholder.lock()
    with making(empty_room, tmp_path / "scratch"):
        await until(lambda: caplog.text.count("waits: VaultLocked") > 1)
        assert state_of(empty_room, row).state in (DerivativeState.WAITING, DerivativeState.MAKING)
        assert chain(empty_room, row.sources[0]["evidence"])[-1] != "evidence.viewed"
        words = (tmp_path / "keys" / "trial-passphrase.txt").read_text()
        empty_room.keyholder.unlock(words.strip())
        await reaches(empty_room, row, DerivativeState.MADE)


async def test_who_has_left_gets_nothing_made_and_what_was_excluded_meanwhile_is_in_no_film(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await pretended_film(room, 3)
    first, second = await ordered(room), await ordered(room)
    court_exclusions.exclude(
        room.center, room.prosecutor, part, (0, 2_000_000), reason="question", reference="order 1"
    )
    with making(room, tmp_path / "scratch"):
        await failed(room, first, "excluded-within")
    with room.center.database.begin() as session:
        session.get_one(Derivative, second.id).state = DerivativeState.WAITING
        session.get_one(Person, room.prosecutor.id).role = Role.OBSERVER  # as a rebuild may find it
    with making(room, tmp_path / "scratch"):
        await failed(room, second, "forbidden")
    assert chain(room, first.id) == chain(room, second.id) == []


async def test_one_that_is_cancelled_while_it_is_made_leaves_nothing(
    empty_room: CourtRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    await film(empty_room, 1)
    row = await ordered(empty_room)
    with making(empty_room, tmp_path / "scratch") as queue:
        await until(gate.reached.is_set)
        orders.cancel(empty_room.center, empty_room.prosecutor, row.id)
        queue.stop_making(row.id)
        gate.opened.set()
        await until(lambda: queue.progress_of(row.id) is None)
    assert state_of(empty_room, row).state is DerivativeState.CANCELLED
    assert nothing_is_left(empty_room, tmp_path / "scratch", row)
    assert chain(empty_room, row.id) == []


async def test_a_recording_that_no_program_reads_is_said_to_give_no_film(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    await empty_room.record()  # bytes that are no pictures
    row = await ordered(empty_room)
    with making(empty_room, tmp_path / "scratch"):
        await failed(empty_room, row, "film-failed")
    assert nothing_is_left(empty_room, tmp_path / "scratch", row)


async def test_without_a_sandbox_no_film_is_made_and_the_page_says_why(
    empty_room: CourtRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await film(empty_room, 1)
    row = await ordered(empty_room)
    monkeypatch.setattr(starter_client.sys, "executable", "/bin/false")
    monkeypatch.setattr(child_process, "_starter", starter_client.Starter())
    with making(empty_room, tmp_path / "scratch"):
        await failed(empty_room, row, "sandbox-missing")
    assert nothing_is_left(empty_room, tmp_path / "scratch", row)
    browser = await empty_room.browser(empty_room.prosecutor)
    browser.cookies.set("language", "en")
    page = (await browser.get(f"/derivatives/{row.id}", headers={"accept": "text/html"})).text
    assert message_of("sandbox-missing").what in page


async def failed(room: CourtRoom, row: Derivative, code: str) -> None:
    await until(lambda: state_of(room, row).state is DerivativeState.FAILED)
    assert state_of(room, row).failure == code


async def test_one_that_is_cancelled_once_it_is_sealed_becomes_no_evidence(
    empty_room: CourtRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, folder = empty_room, tmp_path / "scratch"
    folder.mkdir()
    await film(room, 1)
    row = await ordered(room)
    program = ffmpeg.found()
    assert program is not None
    sealing = derivative_staging.seal

    def sealed_and_then_cancelled(*arguments: Any) -> FileManifest:
        manifest = sealing(*arguments)
        orders.cancel(room.center, room.prosecutor, row.id)
        return manifest

    monkeypatch.setattr(derivative_staging, "seal", sealed_and_then_cancelled)
    progress: list[tuple[int, int]] = []
    told = lambda done, total: progress.append((done, total))  # noqa: E731
    compose = (room.center, row, program, folder, draw, told, threading.Event())
    with pytest.raises(Cancelled):
        await asyncio.to_thread(composing.compose, *compose)
    assert {total for _, total in progress} == {1_000_000}
    assert progress[-1][0] > 900_000, "all of it had been made"
    assert nothing_is_left(room, folder, row)
    assert chain(room, row.id) == []


async def test_what_was_sealed_of_a_cancelled_order_goes_with_the_next_start(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    await pretended_film(empty_room, 1)
    row = await ordered(empty_room)
    left = uploads_area(empty_room.center.spool).root / row.id
    left.mkdir(parents=True)
    (left / "manifest").write_bytes(b"as a machine that went down would leave it")
    orders.cancel(empty_room.center, empty_room.prosecutor, row.id)
    with making(empty_room, tmp_path / "scratch"):
        assert not left.exists()
