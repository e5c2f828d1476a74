"""A clerk's desk: verify.html on the disk, packages in every state, a page that may ask for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from player.package import verifier_page
from tests.support.packages.made_testimony import (
    BAR,
    COURT,
    EVIDENCE,
    PASSPHRASE,
    Authority,
    Office,
    made_testimony,
    sealed,
    witnesses,
)


@dataclass(frozen=True)
class Package:
    """What a court has: the package, sealed or not, and the policy it was told beforehand."""

    folder: Path
    policy: bytes
    file: Path | None = None

    @property
    def fingerprint(self) -> str:
        return sha256(self.policy).hexdigest()


@pytest.fixture(scope="session")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stick")


@pytest.fixture(scope="session")
def page_file(stick: Path) -> Path:
    file = stick / "verify.html"
    file.write_bytes(verifier_page.build())
    return file


@pytest.fixture(scope="session")
def whole(stick: Path) -> Package:
    """Witnessed by two, stamped by one, sealed in a file."""
    authority = Authority.make()
    office = Office(witnesses(authority))
    office.witnesses = [COURT, BAR]
    made_testimony(stick / "testimony", office=office, stamped=authority)
    file = sealed(stick / "testimony", stick / "testimony.amana")
    return Package(stick / "testimony", office.policy.data, file)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """By a center that has neither witness nor authority."""
    office, folder = made_testimony(tmp_path_factory.mktemp("plain") / "testimony")
    return Package(folder, office.policy.data)


@pytest.fixture
def altered(plain: Package, tmp_path: Path) -> Package:
    """One bit of the wide camera's last second, after the break, is another."""
    folder = Path(shutil.copytree(plain.folder, tmp_path / "testimony"))
    film = folder / "data" / "recordings" / EVIDENCE / "wide-2.mp4"
    content = bytearray(film.read_bytes())
    content[-3000] ^= 1
    film.write_bytes(content)
    return Package(folder, plain.policy)


@pytest.fixture
def incomplete(plain: Package, tmp_path: Path) -> Package:
    folder = Path(shutil.copytree(plain.folder, tmp_path / "testimony"))
    (folder / "data" / "statements" / "5.json").unlink()
    return Package(folder, plain.policy)


@pytest.fixture
def unwitnessed(tmp_path: Path) -> Package:
    """One of two witnesses has cosigned, and no authority has stamped."""
    office = Office(witnesses(Authority.make()))
    office.witnesses = [COURT]
    made_testimony(tmp_path / "testimony", office=office)
    return Package(tmp_path / "testimony", office.policy.data)


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, page_file: Path) -> Iterator[Open]:
    """Opens the page from the disk. It must ask for nothing else, and keep its console silent."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_(language: str = "en", width: int = 1280, file: Path = page_file) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, timezone_id="Asia/Hebron", reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file://", "data:", "blob:"))
                else troubles.append(request.url)
            ),
        )
        page.goto(f"{file.as_uri()}#{language}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


def enter(page: Page, package: Package, registered: str = "typed") -> None:
    """What a clerk does before pressing the button."""
    if package.file is None:
        page.set_input_files("#folder", package.folder)
    else:
        page.set_input_files("#file", package.file)
        page.fill("#passphrase", PASSPHRASE)
    if registered == "typed":
        page.fill("#fingerprint", package.fingerprint)
    else:
        page.check(f"input[value={registered}]")


def check(page: Page, package: Package, registered: str = "typed") -> Locator:
    enter(page, package, registered)
    page.click("#verify")
    return answered(page)


def answered(page: Page) -> Locator:
    answer = page.locator("#answer")
    expect(answer).not_to_have_attribute("data-answer", "running")
    return answer


def states(page: Page) -> list[str]:
    return page.locator("#checks .tag").all_inner_texts()
