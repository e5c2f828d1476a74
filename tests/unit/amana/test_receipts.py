"""Courts' receipts, by command and in *Sharing*: the key is compared before anything is stated."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.cli import main
from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Evidence, Person
from casework.evidence import gateway
from casework.interviews import interviews
from casework.interviews.interviews import Present
from casework.ledger import chains, custody_log
from chain_of_custody.acknowledge import fingerprint
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.statement import SignedStatement
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
COURT = Ed25519PrivateKey.from_private_bytes(bytes(32))
FINGERPRINT = fingerprint(COURT.public_key().public_bytes_raw())
PACKAGE = "ab" * 32


@pytest.fixture
def item(center: Center, prosecutor: Person) -> str:
    """A part of which a package was exported."""
    custody_log.enrol_recorder(center, Ed25519PrivateKey.generate().public_key().public_bytes_raw(), "room-1")
    case = cases.open_case(center, prosecutor)
    interview = interviews.open_interview(
        center,
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="Ramallah",
        present=[Present("Person A", "interviewer")],
        wish="recorded, without observers",
    )
    part = gateway.ticket_for_part(center, prosecutor, interview.id).evidence
    body = {"excerpt": None, "package": PACKAGE, "registry": 0}
    custody_log.append(
        center,
        custody_log.Draft(
            type="evidence.exported",
            evidence=part,
            person=prosecutor,
            purpose="hearing",
            body=body,
            case=case,
        ),
    )
    return part


@pytest.fixture
def record(settings: Settings, tmp_path: Path, prosecutor: Person) -> Callable[..., int]:
    """Runs the command on a receipt."""

    def run(*options: str, **changes: str) -> int:
        receipt = sign_receipt(
            COURT, at="2026-11-25T10:00:00.000Z", organisation="court", outcome="intact", package=PACKAGE
        )
        file = tmp_path / "receipt.json"
        file.write_bytes(canonical_json.serialise(receipt | changes))
        return main(
            ["receipt", "record", str(file), "--as", prosecutor.name, "--data", str(settings.data), *options]
        )

    return run


def types(center: Center, item: str) -> list[str]:
    return [SignedStatement.parse(leaf).statement.type for leaf in chains.chain(center, item).values()]


def test_a_receipt_is_stated_under_the_fingerprint_that_the_court_told(
    center: Center, item: str, record: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert record("--key-fingerprint", FINGERPRINT.upper().replace(" ", ":")) == 0
    assert types(center, item) == ["evidence.exported", "custody.transferred"]
    said = capsys.readouterr().out
    assert FINGERPRINT in said
    assert item in said


@pytest.mark.parametrize("told", ["", FINGERPRINT[:19], FINGERPRINT.replace(FINGERPRINT[0], "x", 1)])
def test_under_another_fingerprint_nothing_is_stated(
    center: Center, item: str, record: Callable[..., int], told: str
) -> None:
    assert record("--key-fingerprint", told) == 2
    assert types(center, item) == ["evidence.exported"]


def test_a_receipt_that_does_not_hold_is_called_that(
    center: Center, item: str, record: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert record("--key-fingerprint", FINGERPRINT, outcome="consistent") == 2
    assert "no receipt that holds" in capsys.readouterr().err
    assert types(center, item) == ["evidence.exported"]


def test_without_a_terminal_the_fingerprint_must_be_given(
    center: Center, item: str, record: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert record() == 2
    assert types(center, item) == ["evidence.exported"]


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 2), ("no", 2), ("", 2)])
def test_on_a_terminal_a_person_is_asked(
    center: Center,
    item: str,
    record: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert record() == code
    assert len(types(center, item)) == (2 if code == 0 else 1)


def test_a_receipt_that_is_in_the_ledger_already_is_refused(
    center: Center, item: str, record: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert record("--key-fingerprint", FINGERPRINT) == 0
    assert record("--key-fingerprint", FINGERPRINT) == 1
    assert "is in the ledger since" in capsys.readouterr().err


# --- on the page ------------------------------------------------------------------------------------------


@pytest.fixture
async def page(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> httpx.AsyncClient:
    """The prosecutor's browser."""
    center.keyholder.unlock(PASSPHRASE)
    browser.cookies.set("language", "en")
    await sign_in(browser, prosecutor)
    return browser


async def entered(
    page: httpx.AsyncClient, case: str, key_fingerprint: str = FINGERPRINT, **changes: str
) -> httpx.Response:
    """The answer to the form of *Sharing*, with a receipt for this package."""
    made = {
        "at": "2026-11-25T10:00:00.000Z",
        "organisation": "court",
        "outcome": "intact",
        "package": PACKAGE,
    }
    file = canonical_json.serialise(sign_receipt(COURT, **made) | changes)
    return await page.post(
        f"/cases/{case}/receipts",
        data={"key_fingerprint": key_fingerprint},
        files={"receipt": ("receipt.json", file, "application/json")},
    )


async def test_a_receipt_is_entered_on_the_page_where_its_package_is_listed(
    page: httpx.AsyncClient, center: Center, item: str
) -> None:
    case = center.database.get_one(Evidence, item).case_id
    assert 'id="receipt"' in (await page.get(f"/cases/{case}/sharing")).text
    answer = await entered(page, case, FINGERPRINT.upper())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case}/sharing")
    assert types(center, item) == ["evidence.exported", "custody.transferred"]
    assert "<bdi>court</bdi> acknowledged it" in (await page.get(f"/cases/{case}/sharing")).text
    again = await entered(page, case)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "receipt-known")


@pytest.mark.parametrize(
    ("typed", "changes", "code"),
    [
        ("00" * 32, {}, "receipt-key-differs"),
        (FINGERPRINT, {"outcome": "consistent"}, "receipt-invalid"),
        (FINGERPRINT, {"more": "x" * 4096}, "receipt-invalid"),
    ],
)
async def test_a_receipt_that_is_not_the_courts_is_not_entered(
    page: httpx.AsyncClient, center: Center, item: str, typed: str, changes: dict[str, str], code: str
) -> None:
    answer = await entered(page, center.database.get_one(Evidence, item).case_id, typed, **changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert types(center, item) == ["evidence.exported"]


async def test_a_receipt_is_not_entered_in_another_case(
    page: httpx.AsyncClient, center: Center, prosecutor: Person, item: str
) -> None:
    other = cases.open_case(center, prosecutor)
    assert 'id="receipt"' not in (await page.get(f"/cases/{other.id}/sharing")).text
    answer = await entered(page, other.id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "package-unknown")
    assert types(center, item) == ["evidence.exported"]


async def test_only_those_who_decide_about_sharing_enter_receipts(
    browser: httpx.AsyncClient, center: Center, administrator: Person, item: str, sign_in: SignIn
) -> None:
    await sign_in(browser, administrator)
    answer = await entered(browser, center.database.get_one(Evidence, item).case_id)
    assert answer.status_code == 403
    assert types(center, item) == ["evidence.exported"]
