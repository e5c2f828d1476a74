"""OWASP: attacks by uploaded files. Disguises, polyglots and hostile names, sent as a page sends them.

Held elsewhere: bombs, broken files and directories that lead nowhere (`test_previews`), that such a file is
kept and the ones before it are not lost (`test_uploads`), what the child that reads may do (`test_previews`),
and that a page saves a file as a file and never opens it (`tests/browser/recorder/test_photographs`).
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person, Role
from casework.files.pieces import MAX_SENT
from casework.people import people
from casework.sandbox.previews import look
from chain_of_custody.items.file_manifest import LARGE, SMALL
from chain_of_custody.items.record import Record, check_record
from tests.support.media.made_pictures import picture
from tests.support.people.passphrase import PASSPHRASE
from vault.sealing.sealing import open_with_message_key

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

SCRIPT = b"<html><script>alert(document.cookie)</script></html>"


def archive() -> bytes:
    """A zip file, of which some readers look at the end alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("../../evil.html", SCRIPT)
    return out.getvalue()


def commented(data: bytes) -> bytes:
    """A JPEG with a page of HTML in a comment, right behind its first two bytes."""
    return data[:2] + b"\xff\xfe" + (len(SCRIPT) + 2).to_bytes(2, "big") + SCRIPT + data[2:]


@pytest.fixture
async def case(
    browser: httpx.AsyncClient, center: Center, administrator: Person, prosecutor: Person, sign_in: SignIn
) -> str:
    """A case that an examiner, who is signed in, was given."""
    center.keyholder.unlock(PASSPHRASE)
    examiner = people.add(center, administrator, "Person A", Role.EXAMINER, "clinic")
    case = cases.open_case(center, prosecutor)
    cases.give(center, prosecutor, case.id, examiner.id)
    await sign_in(browser, examiner)
    return case.id


async def sends(
    browser: httpx.AsyncClient, case: str, data: bytes, name: str = "a.jpg", kind: str = "photograph"
) -> httpx.Response:
    """The answer to the last request that was made for a file; earlier ones succeeded."""
    wanted = {"kind": kind, "name": name, "size": len(data), "digest": sha256(data).hexdigest()}
    begun = await browser.post(f"/cases/{case}/uploads", json=wanted)
    if begun.status_code != 200:
        return begun
    upload = begun.json()["id"]
    taken = await browser.post(f"/uploads/{upload}/pieces", params={"offset": "0"}, content=data)
    return taken if taken.status_code != 200 else await browser.post(f"/uploads/{upload}/finish", json={})


NO_PICTURES = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "xml-entity": b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    "html": SCRIPT,
    "gif-js": b"GIF89a/*" + bytes(90) + b"*/=alert(1)",
    "exe": b"MZ" + bytes(200),
    "elf": b"\x7fELF" + bytes(200),
    "script": b"#!/bin/sh\nid\n",
    "zip": archive(),
    "late-jpeg": b" \xff\xd8\xff" + bytes(90),
    "bmp": b"BM" + bytes(90),
    "postscript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file",
}


@pytest.mark.parametrize("kind", ["photograph", "document"])
async def test_what_calls_itself_a_picture_and_is_none_is_refused_in_three_sentences(
    browser: httpx.AsyncClient, case: str, kind: str
) -> None:
    for name, data in NO_PICTURES.items():
        refused = await sends(browser, case, data, kind=kind)
        assert refused.status_code == 415, name
        error = refused.json()["error"]
        assert error["code"] in ("not-a-picture", "not-a-document"), name
        assert all(error[sentence] for sentence in ("what", "meaning", "todo")), name


@pytest.mark.starts
@pytest.mark.parametrize(
    "data",
    [
        picture(seed=1) + SCRIPT,
        commented(picture(seed=2)),
        picture(seed=3) + archive(),
        picture(seed=4) + b"<?php system($_GET[0]); ?>",
        picture("PNG") + SCRIPT,
    ],
    ids=["html-behind", "html-in-a-comment", "zip-behind", "php-behind", "png-html-behind"],
)
async def test_what_is_a_picture_and_something_else_is_kept_and_shown_as_a_picture_alone(
    browser: httpx.AsyncClient, case: str, data: bytes
) -> None:
    sealed = await sends(browser, case, data)
    assert sealed.json()["shown"], sealed.text
    evidence = sealed.json()["id"]
    opened = (await browser.post(f"/evidence/{evidence}/viewings", json={"purpose": "review"})).json()
    records = [Record(**one) for one in opened["records"]]
    pieces: dict[int, bytes] = {}
    for record in records:
        address = f"/viewings/{opened['viewing']}"
        message = await browser.get(f"{address}/messages/{record.index}")
        assert message.headers["content-type"] == "application/octet-stream"
        assert message.headers["x-content-type-options"] == "nosniff"
        assert b"<script" not in message.content  # sealed, as it lies there
        [key] = (await browser.post(f"{address}/keys", json={"indices": [record.index]})).json()["keys"]
        content = check_record(record, open_with_message_key(base64.b64decode(key), message.content))
        pieces[record.track] = pieces.get(record.track, b"") + content
    assert data in pieces.values(), "the original is not as it came"
    for track in SMALL, LARGE:
        assert pieces[track].startswith(b"\xff\xd8\xff")
        assert not [hidden for hidden in (b"<script", b"<?php", b"PK\x03\x04") if hidden in pieces[track]]


NAMES = [
    "../../../../etc/passwd",
    "..\\..\\windows\\system32\\evil.exe",
    "/etc/cron.d/evil",
    "photo\u202egpj.exe",
    "a\x00.jpg",
    "a\r\nSet-Cookie: b=c.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "CON",
    ".htaccess",
    "صورة ١.jpg",
    "",
]


@pytest.mark.starts
async def test_a_files_name_is_kept_and_used_for_nothing(
    browser: httpx.AsyncClient, case: str, settings: Settings
) -> None:
    for seed, name in enumerate(NAMES):
        sealed = await sends(browser, case, picture(seed=seed), name=name)
        assert sealed.status_code == 200, (name, sealed.text)
        assert sealed.json()["state"] == "sealed"
        assert name not in sealed.text or not name
        assert "b=c" not in str(sealed.headers)
        written = [path.relative_to(settings.data).as_posix() for path in settings.data.rglob("*")]
        assert not [one for one in written for part in ("passwd", "evil", "htaccess", "CON") if part in one]
        assert not (settings.data.parent / "etc").exists()
        page = await browser.get(f"/cases/{case}/photographs", headers={"accept": "text/html"})
        assert page.status_code == 200
        # Names stand on the page of one photograph, once it is opened.
        assert "onerror" not in page.text and "\u202e" not in page.text, name


UNFIT: tuple[tuple[dict[str, Any], int], ...] = (
    ({"name": "\ud800.jpg"}, 422),
    ({"name": "a" * 256}, 422),
    ({"size": -1}, 422),
    ({"size": 2**63}, 422),
    ({"size": 10**12}, 413),
    ({"kind": "svg"}, 422),
    ({"digest": "../" * 21 + "a"}, 422),
    ({"view": "../../x"}, 422),
    ({"exam": "' OR 1=1--"}, 422),
)


async def test_what_cannot_be_announced_is_refused(browser: httpx.AsyncClient, case: str) -> None:
    headers = {"content-type": "application/json"}
    for wanted, status in UNFIT:
        said = json.dumps({"kind": "photograph", "name": "a.jpg", "size": 100, **wanted})
        refused = await browser.post(f"/cases/{case}/uploads", content=said, headers=headers)
        assert refused.status_code == status, (wanted, refused.text)
        assert set(refused.json()["error"]) >= {"code", "what", "meaning", "todo"}, wanted


@pytest.mark.starts
async def test_a_piece_is_bounded_and_the_file_goes_on_after_one_that_was_too_large(
    browser: httpx.AsyncClient, case: str
) -> None:
    data = picture(seed=6) + bytes(MAX_SENT)
    begun = (
        await browser.post(
            f"/cases/{case}/uploads", json={"kind": "photograph", "name": "a.jpg", "size": len(data)}
        )
    ).json()
    address = f"/uploads/{begun['id']}/pieces"
    assert (await browser.post(address, params={"offset": "0"}, content=data)).status_code == 413
    for at in (0, MAX_SENT):
        piece = data[at : at + MAX_SENT]
        taken = await browser.post(address, params={"offset": str(at)}, content=piece)
        assert taken.json()["received"] == at + len(piece), taken.text
    assert (await browser.post(f"/uploads/{begun['id']}/finish", json={})).json()["state"] == "sealed"


@pytest.mark.starts
def test_a_picture_is_made_anew_and_brings_nothing_along() -> None:
    looked = look(commented(picture(seed=7)), "jpeg")
    assert {SMALL, LARGE} <= set(looked.pictures)
    assert not [one for one in looked.pictures.values() if b"<script" in one]
