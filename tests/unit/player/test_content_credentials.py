"""Content credentials: C2PA's own reader holds each against its film or picture, and they name nobody."""

from __future__ import annotations

import asyncio
import io
import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import c2pa
import httpx
import pytest
from PIL import Image

from casework.database.models import Derivative
from casework.working_copies.film_plan import Edits
from chain_of_custody.package.contents import CREDITED
from chain_of_custody.report import render
from chain_of_custody.statements.types import DERIVATIVES, OF_RECEIVED
from player.package import content_credentials
from player.package.content_credentials_child import SameFile
from player.package.delivery import Delivered, deliver, wanted
from tests.support.centers.court_room import CourtRoom
from tests.support.media.made_films import NOTHING, Studio, accept, proved
from tests.support.patience import until
from tests.vectors.packages import HERE
from tests.vectors.packages.credentials import CREDENTIAL
from tests.vectors.packages.derivatives import FILM

ALONE = Edits("one", ("wide",), (), 120)
TRUST_ALONE = ["signingCredential.untrusted"]
"""What C2PA's reader finds wanting: nobody lists a key that was made for one package."""


@dataclass
class Credited:
    """A derivative in a package, with its credential."""

    file: Path
    credential: bytes

    @property
    def media(self) -> str:
        return "video/mp4" if self.file.suffix == ".mp4" else "image/jpeg"

    def read(self, content: bytes | None = None) -> dict[str, Any]:
        """What the reader says of these bytes, or those of the package."""
        stream = io.BytesIO(self.file.read_bytes() if content is None else content)
        with c2pa.Reader(self.media, stream, self.credential) as reader:
            said: dict[str, Any] = json.loads(reader.json())
        return said

    def failures(self, content: bytes | None = None) -> list[str]:
        return [one["code"] for one in self.read(content)["validation_results"]["activeManifest"]["failure"]]

    def asserted(self) -> dict[str, Any]:
        said = self.read()
        manifest = said["manifests"][said["active_manifest"]]
        assert "thumbnail" not in manifest
        assert manifest.get("ingredients", []) == []
        return {one["label"]: one["data"] for one in manifest["assertions"]}


async def leave(room: CourtRoom, folder: Path, ids: list[str]) -> Delivered:
    def work() -> Delivered:
        items = wanted(room.center, room.prosecutor, ids)
        scratch = folder / "scratch"
        return deliver(room.center, room.prosecutor, items, "hearing", folder / "stick", scratch, plain=True)

    return await asyncio.to_thread(work)


def of(made: Delivered, evidence: str) -> Credited:
    data = made.folder / "testimony" / "data"
    [file] = (data / "derivatives" / evidence).glob("original.*")
    return Credited(file, (data / "credentials" / f"{evidence}.c2pa").read_bytes())


async def one_still(studio: Studio) -> Derivative:
    span = (1_000_000, 1_000_001)
    return await studio.composed(ALONE, spans={studio.part: span}, kind="still")


@pytest.mark.starts
async def test_films_and_pictures_leave_with_credentials_that_the_reader_of_c2pa_holds_against_them(
    studio: Studio, tmp_path: Path
) -> None:
    composed = await studio.composed(ALONE, spans={studio.part: (0, 1_000_000)})
    still = await one_still(studio)
    covered = await studio.redacted(NOTHING)
    room = studio.room.copied(tmp_path)
    await asyncio.to_thread(accept, room, covered)
    made = await leave(room, tmp_path, [studio.part, composed.id, still.id, covered.id])
    assert made.uncredited == ()
    bag = made.folder / "testimony"
    report = proved(room, bag)
    assert report.outcome == "intact"
    assert "documents" in {one.code for one in render.not_proved(report)}
    assert len(list((bag / "data" / "credentials").iterdir())) == 3, "none of the recording"
    for row, done, source_type in (
        (composed, ["c2pa.created"], "compositeCapture"),
        (still, ["c2pa.created"], "compositeCapture"),
        (covered, ["c2pa.created", "c2pa.edited"], "humanEdits"),
    ):
        one = of(made, row.id)
        assert (one.read()["validation_state"], one.failures()) == ("Valid", TRUST_ALONE)
        content = one.file.read_bytes()
        altered = bytearray(content)
        altered[len(content) - 100] ^= 1
        assert set(one.failures(bytes(altered))) - set(TRUST_ALONE), "a flipped bit"
        asserted = one.asserted()
        actions = asserted["c2pa.actions.v2"]["actions"]
        assert [action["action"] for action in actions] == done
        assert actions[0]["digitalSourceType"].endswith(f"/{source_type}")
        derived = asserted[content_credentials.ASSERTION]
        item = next(file for file in report.files if file.evidence == row.id)
        assert item.recipe is not None
        manifest = sha256((one.file.parent / "manifest.json").read_bytes()).hexdigest()
        assert derived == {
            "deployment": room.center.deployment,
            "evidence": row.id,
            "file": {
                "name": one.file.relative_to(bag).as_posix(),
                "sha256": sha256(content).hexdigest(),
                "size": len(content),
            },
            "kind": row.kind,
            "manifest": manifest,
            "master": False,
            "program": item.recipe.program.to_json() if item.recipe.program else None,
            "sources": [source.to_json() for source in item.recipe.sources],
            "v": 1,
        }
        for told in ("Person", "Room", "door", "hearing", "wide", room.case.id, room.interview.id):
            assert told.encode() not in one.credential
    with_other = Credited(of(made, composed.id).file, of(made, covered.id).credential)
    assert set(with_other.failures()) - set(TRUST_ALONE), "of another film"


@pytest.mark.starts
async def test_each_package_has_a_key_of_its_own(studio: Studio, tmp_path: Path) -> None:
    still = await one_still(studio)
    room = studio.room.copied(tmp_path)
    chains = []
    for name in ("first", "second"):
        (tmp_path / name / "scratch").mkdir(parents=True)
        one = of(await leave(room, tmp_path / name, [still.id]), still.id)
        said = one.read()
        signature = said["manifests"][said["active_manifest"]]["signature_info"]
        assert (signature["issuer"], signature["alg"]) == (f"Amana {room.center.deployment}", "Es256")
        assert "time" not in signature, "no authority of time was asked"
        chains.append(signature["cert_serial_number"])
        assert not list((tmp_path / name / "scratch").iterdir())
    assert len(set(chains)) == 2


@pytest.mark.starts
async def test_a_package_without_credentials_is_whole_and_whoever_hands_it_over_is_told(
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    still = await one_still(studio)
    room = studio.room.copied(tmp_path)
    monkeypatch.setattr(content_credentials, "_START", 0)  # nobody has done it in this time
    made = await leave(room, tmp_path, [still.id])
    assert made.uncredited == (still.id,)
    assert "no content credentials: TimeoutError" in caplog.text
    bag = made.folder / "testimony"
    assert proved(room, bag).outcome == "intact"
    assert not (bag / "data" / "credentials").exists()
    assert "data/credentials" not in (bag / "README.txt").read_text()
    client = await room.browser(room.prosecutor)
    assert [told["uncredited"] for told in await ordered_on_the_page(client, still.id)] == [1]
    monkeypatch.undo()
    assert [told["uncredited"] for told in await ordered_on_the_page(client, still.id)] == [0]


async def ordered_on_the_page(client: httpx.AsyncClient, evidence: str) -> list[dict[str, Any]]:
    """What the page is told of a package once it is ready."""
    order = {"purpose": "hearing", "receiver": "Court N", "photographs": [evidence]}
    package = (await client.post("/packages", json=order)).json()["package"]

    async def ready() -> list[dict[str, Any]]:
        told: dict[str, Any] = (await client.get(f"/packages/{package}")).json()
        return [told] if told["state"] == "ready" else []

    return await until(ready)


@pytest.mark.starts
def test_what_the_library_cannot_read_costs_the_others_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture, broken = io.BytesIO(), tmp_path / "broken.mp4"
    Image.new("RGB", (64, 48)).save(picture, "JPEG")
    (tmp_path / "picture.jpeg").write_bytes(picture.getvalue())
    broken.write_bytes(b"no film at all")
    created = {"action": "c2pa.created", "digitalSourceType": "http://example.org/none"}
    manifest = {
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
        "claim_generator_info": [{"name": "Amana", "version": "0"}],
        "claim_version": 2,
    }
    with broken.open("rb") as one, (tmp_path / "picture.jpeg").open("rb") as other:
        files = [{"media": media, "manifest": manifest} for media in ("video/mp4", "image/jpeg")]
        asked = {"at": 1.7e9, "deployment": "d0" * 16, "files": files}
        first, second = content_credentials.run(asked, [one.fileno(), other.fileno()], tmp_path)
    assert first == b""
    assert "content credentials: " in caplog.text
    assert Credited(tmp_path / "picture.jpeg", second).failures() == TRUST_ALONE


@pytest.mark.parametrize(
    "said", [b"0\n3\nab", b"0\n", b"0\n-1\n", b"0\nx\n", b"0\n1048577\n" + bytes(1048577)]
)
def test_what_the_child_says_is_not_believed(said: bytes) -> None:
    with pytest.raises(ValueError):
        list(content_credentials._answers(io.BytesIO(said), 2))


def test_the_library_writes_over_no_file(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"a film")
    with (tmp_path / "film").open("rb") as file:
        same = SameFile(file.fileno())
        assert (same.write(b"a "), same.tell()) == (2, 2)
        with pytest.raises(OSError, match="altered"):
            same.write(b"filn")
        with pytest.raises(OSError, match="altered"):
            same.write(b"film and more")
        assert (same.seek(-4, os.SEEK_END), same.read()) == (2, b"film")
    assert (tmp_path / "film").read_bytes() == b"a film"


def test_the_corpus_has_a_credential_of_its_film(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(FILM)
    one = Credited(tmp_path / "film.mp4", (HERE / "clips" / CREDENTIAL).read_bytes())
    assert one.failures() == TRUST_ALONE


def test_every_film_or_picture_that_is_no_copy_of_a_received_file_has_its_source_type() -> None:
    films_or_pictures = {kind for kind, format_ in DERIVATIVES.items() if format_ in CREDITED}
    assert films_or_pictures - OF_RECEIVED == set(content_credentials.SOURCE_TYPES)
    assert set(content_credentials.SOURCE_TYPES) >= content_credentials.EDITED
