"""A thief has the database and every store, logs and spool too; not the keys. What can be read?

A service with a real recording; known picture, sound, names and notes went in. Every byte that is stored is
then looked through for them, while it runs and after its end. That the search would find them is shown on the
same places, and on a package that was opened on purpose.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from amana.install import installation
from casework.database.engine import Sessions, connect
from casework.database.models import Evidence
from tests.faults.plaintext import forms, walk
from tests.faults.proving import recorded, verified
from tests.support.centers.command_line import amana
from tests.support.centers.service import Interviewing, Service
from tests.support.servers.databases import Server, server
from vault.key_protection.access import NO_ACCESS
from vault.keyholders import vault_key
from vault.sealing.key_wrapping import recipient_id, unwrap, wrap_info
from vault.wrapped_keys.store import wrap_key

pytestmark = [pytest.mark.faults, pytest.mark.slow]

PROSECUTOR = "Prosecutor of the test"
NAMES = (PROSECUTOR, "Marker Zeta-Quillon", "شاهدة العلامة")
NOTES = ("place-marker upper floor", "wish-marker: علامة الرغبة", "mark-marker: she points at it")
PRESENT = "present-marker Xylo"
SAID = ("said-marker: the lamp was yellow", "علامة القول: المصباح أصفر")
"""In a transcript that is being written and in one that is kept."""
RECEIVED = (
    "asked-marker: a neighbour",
    "giver-marker Omicron",
    "علامة المصدر",
    "voice-marker: what was sent",
)
"""Of whom a file was requested, who gave it, what was said about it, and what is in it; also in its name."""
EXAMINED = ("examined-marker: left forearm", "علامة الفحص: الساعد")
"""In the record of an examination that is being filled in, and in one that is sealed."""
PIECE = 24  # bytes of a frame that are looked for: no other content has them by chance


@pytest.fixture
def harmed() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.repeats)])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    environ = {"AMANA_LOG_LEVEL": "debug"}
    if request.param == "postgresql":
        environ["AMANA_DATABASE"] = request.getfixturevalue("harmed").made().url
    async with Service(tmp_path / "amana", environ) as service:
        yield service


def pieces(film: Film) -> list[bytes]:
    """Of every 12th picture of both cameras and every 20th piece of sound, bytes from its middle."""
    frames = [*film.wide[::12], *film.close[::12], *film.sound[::20]]
    return [frame[len(frame) // 2 :][:PIECE] for frame in frames if len(frame) > 3 * PIECE]


def stolen(service: Service) -> dict[str, Path]:
    """Everything but the keys."""
    data = service.settings.data
    places = {path.name: path for path in sorted(data.iterdir()) if path.name != "keys"}
    if "AMANA_DATABASE" in service.environ:
        places["postgresql"] = Path(service.environ["AMANA_DATABASE"].split("host=")[1])
    return places


async def interviewed(service: Service, film: Film, folder: Path) -> tuple[Visitor, str]:
    """Everything that people write in the course of an interview, and a recording."""
    async with await Visitor.arrive(service.link) as administrator:
        prosecutor = await administrator.invite(PROSECUTOR, "prosecutor")
        nurse = await administrator.invite("Person N", "examiner")
        for name in NAMES[1:]:
            await (await administrator.invite(name, "court")).__aexit__(None, None, None)
    case = await prosecutor.open_case()
    await prosecutor.record_consent(case)
    interview = await prosecutor.open_interview(
        case, purpose="testimony", room="1", place=NOTES[0], wish=NOTES[1], who=PRESENT, role="interpreter"
    )
    interviewing = Interviewing(prosecutor, case, interview, film)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(2.0)
    await interviewing.tell("mark", evidence=interviewing.evidence, text=NOTES[2], ago=0)
    await interviewing.recorded(3.5)
    markers = [*NAMES, *NOTES, PRESENT, *pieces(film)[:3]]
    assert await asyncio.to_thread(lambda: list(walk(stolen(service), markers))) == []
    await interviewing.stop()
    await interviewing.leave()
    await recorded(prosecutor, interviewing.evidence)
    await transcribed(prosecutor, interview, interviewing.evidence)
    await received(service, prosecutor, case, folder)
    await examined(nurse)
    return prosecutor, interviewing.evidence


async def transcribed(prosecutor: Visitor, interview: str, evidence: str) -> None:
    """One transcript is being written, and one is published."""
    viewing = (await prosecutor.post_json(f"/evidence/{evidence}/viewings", purpose="hearing"))["viewing"]
    cues = [
        {"begin": 1000 * at, "end": 1000 * (at + 1), "speaker": "", "text": text}
        for at, text in enumerate(SAID)
    ]
    for language in ("en", "ar"):
        begun = await prosecutor.fill_in(
            f"/interviews/{interview}/transcripts", part=evidence, language=language
        )
        draft = begun.headers["location"].rpartition("/")[2]
        address = f"/viewings/{viewing}/transcript-drafts/{draft}"
        await prosecutor.post_json(address, version=0, cues=cues)
    await prosecutor.post_json(f"{address}/keep", version=1)


async def received(service: Service, prosecutor: Visitor, case: str, folder: Path) -> None:
    """A file is sent by a link, whose token is stored nowhere."""
    asked, giver, said, content = RECEIVED
    until = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    made = await prosecutor.fill_in(
        f"/cases/{case}/requests", giver=asked, source="person", until=until, most="1"
    )
    [link] = re.findall(r"https?://[^\s\"]+/give#[\w-]{43}", made.text)
    file = folder / f"{content}.txt"
    file.write_text(content * 10)
    arguments = (link, str(file), "--giver", giver, "--said", said)
    sent = await asyncio.to_thread(amana, "intake", *arguments)
    assert sent.returncode == 0, sent.stderr
    token = link.partition("#")[2]
    assert await asyncio.to_thread(lambda: list(walk(stolen(service), [token]))) == []


async def examined(nurse: Visitor) -> None:
    """One record of an examination is being filled in, and one is sealed."""
    values = {"began": "2026-11-24T20:15", "examiner": EXAMINED[0], "sex": "female", "safe": "yes"}
    values |= {"consent-explained": "yes", "consent-examination": "given", "specimens": "no"}
    values |= {"self-harm": "no", "consistency": "consistent", "summary": EXAMINED[1]}
    async with nurse:
        case = await nurse.open_case()
        for sealed in (True, False):
            begun = await nurse.fill_in(f"/cases/{case}/examinations", form="adult-examination")
            address = begun.headers["location"]
            await nurse.post_json(f"{address}/values", version=0, values=values)
            if sealed:
                await nurse.post_json(f"{address}/seal", version=1)


async def test_who_steals_database_and_stores_together_reads_no_byte_of_testimony_and_no_name(
    service: Service, film: Film, tmp_path: Path
) -> None:
    prosecutor, evidence = await interviewed(service, film, tmp_path)
    async with prosecutor:
        opened = tmp_path / "opened"
        await asyncio.to_thread(verified, service, [evidence], tmp_path, opened.name)
    secrets = data_keys(service, evidence)
    await service.stop()

    markers = [*NAMES, *NOTES, PRESENT, *SAID, *RECEIVED, *EXAMINED, *pieces(film), *secrets]
    assert list(walk(stolen(service), markers)) == []

    # The same search, where they are to be found: in what was opened on purpose ...
    found = {marker for _, marker, _ in walk({"opened": opened}, markers)}
    lost = [piece for piece in pieces(film) if str(piece)[:40] not in found]
    assert len(lost) < len(pieces(film)) / 2, "pictures of a film that is played round must be in it"
    assert {PROSECUTOR, NOTES[0], PRESENT, NOTES[2]} <= found
    # ... in the database, had a name been written into it ...
    engine = connect(service.settings.database_url)
    with engine.execution_options(amana_write=True).begin() as connection:
        planted = connection.exec_driver_sql(f"UPDATE people SET organisation = '{NAMES[1]}'")
        assert planted.rowcount == 2 + len(NAMES)
    engine.dispose()
    place = "postgresql" if "postgresql" in stolen(service) else "web: database.sqlite"
    assert any(name.startswith(place) for name, _, _ in walk(stolen(service), NAMES[1:2])), place
    # ... and in each other place.
    for place, folder in stolen(service).items():
        if folder.is_dir():
            (folder / "planted").write_bytes(b"before" + secrets[0] + b"after")
            assert (f"{place}: planted", "bytes") in {
                (name, form) for name, _, form in walk({place: folder}, secrets)
            }


@pytest.mark.parametrize("marker", [NAMES[2], NOTES[0], bytes(range(200, 224))])
def test_a_planted_marker_is_found_in_every_form(tmp_path: Path, marker: str | bytes) -> None:
    for number, (form, data) in enumerate(forms(marker).items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, pack in (("plain", bytes), ("zlib", zlib.compress), ("gzip", gzip.compress)):
            (folder / name).write_bytes(b"\x00\x78\x9c" + pack(b"x" * 1000 + data + b"y"))
            found = {forms(marker)[one] for _, _, one in walk({name: folder / name}, [marker])}
            assert data in found, (form, name)
    assert list(walk({"": tmp_path / "0"}, ["nothing of the kind"])) == []


def data_keys(service: Service, evidence: str) -> list[bytes]:
    """The secrets that would open what was stolen: the vault's seed, the part's data key, the case's seed."""
    keys = service.settings.keys
    passphrase = (keys / "trial-passphrase.txt").read_text().strip()
    file = vault_key.read(keys)
    seed = vault_key.open_seed(file, NO_ACCESS.by(passphrase))
    recipient = recipient_id(vault_key.public_key(file))
    deployment = bytes.fromhex(installation.read(service.settings).deployment)
    engine = connect(service.settings.database_url)
    with Sessions(engine)() as session:
        part = session.get_one(Evidence, evidence)
        items = (part.id, part.interview.case.id)
    engine.dispose()
    found = [
        unwrap(store.get(wrap_key(item, recipient)), seed, wrap_info(deployment, bytes.fromhex(item)))
        for item, store in zip(items, installation.key_stores(service.settings).values(), strict=True)
    ]
    assert [len(key) for key in found] == [32, 32]
    return [seed, *found]
