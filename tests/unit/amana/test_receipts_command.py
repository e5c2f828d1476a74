"""`amana receipt record`: the court's key is compared before anything is stated."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.cli import main
from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person
from casework.evidence import gateway
from casework.interviews import interviews
from casework.interviews.interviews import Present
from casework.ledger import chains, custody_log
from chain_of_custody.acknowledge import fingerprint
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.statement import SignedStatement

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
