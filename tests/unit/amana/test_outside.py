"""What the house shows of its witnesses and of alarms, and the commands that change whom it trusts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from amana.cli import main
from amana.commands.status import outside
from amana.health import status
from amana.settings import Settings
from amana.witness.store import create
from casework.center import Center
from casework.clock import now
from casework.database.models import Person, WitnessState
from casework.witnesses import alarms, trust_file
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.policy import TrustPolicy

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


@pytest.fixture
def court(tmp_path: Path) -> Cosigner:
    return create(tmp_path / "court", "court.example/witness")


@pytest.fixture
def data(settings: Settings) -> list[str]:
    return ["--data", str(settings.data)]


@pytest.fixture
def named(center: Center, settings: Settings, court: Cosigner, data: list[str]) -> Iterator[Center]:
    """A center whose policy counts on one witness."""
    vkeys = [key.vkey() for key in court.keys]
    assert main(["policy", "add-witness", *data, "court", "http://127.0.0.1:9/", *vkeys]) == 0
    assert main(["policy", "quorum", *data, "all", "court"]) == 0
    yield center


def test_whoever_changes_the_policy_sees_it_and_the_registry_says_it(
    named: Center, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["policy", "quorum", *data, "any", "court"]) == 0
    told = capsys.readouterr().out
    assert "Changed. What a court registers stays as it is." in told, "all of one and any of one are the same"
    assert main(["policy", "quorum", *data, "none"]) == 0
    assert main(["policy", "quorum", *data, "1", "court"]) == 0
    told = capsys.readouterr().out
    assert told.count("The policy has changed.") == 2
    assert main(["policy", "show", *data]) == 0
    policy = TrustPolicy.parse(capsys.readouterr().out.encode())
    assert policy.quorum == "quorum"
    assert list(policy.witnesses) == ["court-ed25519", "court-mldsa44"]
    assert policy.fingerprint in told
    assert trust_file.stated(named) == policy.fingerprint


def test_an_address_alone_is_no_new_policy(
    named: Center, data: list[str], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    text = settings.trust.read_text()
    settings.trust.write_text(text.replace("127.0.0.1:9", "127.0.0.1:10"))
    before = trust_file.stated(named)
    assert not trust_file.state_policy(named)
    assert trust_file.stated(named) == before


@pytest.mark.parametrize(
    "wrong",
    [
        ["remove-witness", "court"],
        ["remove-witness", "nobody"],
        ["quorum", "all", "nobody"],
        ["quorum", "most", "court"],
        ["add-witness", "court", "http://x.example", "nonsense"],
        ["add-authority", "time", "http://x.example", "/dev/null"],
        ["add-authority", "time", "http://x.example", "/nowhere"],
        ["remove-authority", "time"],
        ["timestamps", "1"],
        ["timestamps", "-1"],
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_changed(
    named: Center, data: list[str], settings: Settings, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    before = settings.trust.read_bytes()
    capsys.readouterr()
    assert main(["policy", wrong[0], *data, *(["--"] if "-1" in wrong else []), *wrong[1:]]) == 2
    assert capsys.readouterr().err.startswith("amana: ")
    assert settings.trust.read_bytes() == before


def test_a_policy_can_be_changed_while_nothing_runs(
    settings: Settings, data: list[str], court: Cosigner, capsys: pytest.CaptureFixture[str]
) -> None:
    vkeys = [key.vkey() for key in court.keys]
    assert main(["policy", "add-witness", *data, "court", "http://127.0.0.1:9/", *vkeys]) == 0
    assert "not running; the ledger will say so at the next start" in capsys.readouterr().out
    assert main(["policy", "remove-witness", *data, "court"]) == 0


def test_a_trust_file_that_cannot_be_understood_is_not_changed(
    named: Center, data: list[str], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.trust.write_text("quorum court\n")
    assert main(["policy", "quorum", *data, "none"]) == 2
    assert "trust.txt" in capsys.readouterr().err
    assert settings.trust.read_text() == "quorum court\n"
    seen = status.look(named, settings)
    assert not seen["witnesses"]["well"]
    assert "trust.txt" in seen["witnesses"]["why"]
    assert any("trust.txt" in line for line in outside(seen))


def cosign(center: Center, court: Cosigner) -> None:
    note = center.ledger.checkpoint()
    checkpoint = open_checkpoint(note, center.log_keys)
    lines = [(line, 5) for line in court.cosign(checkpoint, 5)]
    Cosignatures(center.database, center.log_keys).keep(Note.parse(note), checkpoint, lines)
    with center.database.begin() as session:
        session.merge(WitnessState(name="court", size=checkpoint.size, asked_at=now(), trouble=None))


def test_health_says_how_far_the_witnesses_have_followed(
    named: Center, settings: Settings, court: Cosigner
) -> None:
    seen = status.look(named, settings)["witnesses"]
    assert seen["asked"] == {"court": {"size": 0, "asked": None, "trouble": None}}
    assert (seen["well"], seen["cosigned"], seen["quorum"]) == (True, 0, "1 of 1: court")
    cosign(named, court)
    seen = status.look(named, settings)["witnesses"]
    assert seen["cosigned"] == named.ledger.size == seen["asked"]["court"]["size"]
    with named.database.begin() as session:
        session.merge(WitnessState(name="court", size=1, asked_at=now(), trouble="unreachable"))
    whole = status.look(named, settings)
    assert not whole["witnesses"]["well"] and not whole["well"]
    lines = outside(whole)
    assert any(line.startswith("CHECK") and "unreachable" in line for line in lines)
    assert lines[0].endswith(f"witnesses    1 of 1: court; met up to {named.ledger.size} entries")


async def test_where_the_policy_asks_for_no_witness_no_quorum_is_said_to_be_met(
    named: Center,
    settings: Settings,
    data: list[str],
    english: httpx.AsyncClient,
    administrator: Person,
    sign_in: SignIn,
) -> None:
    assert main(["policy", "quorum", *data, "none"]) == 0
    lines = outside(status.look(named, settings))
    assert lines[0].endswith("witnesses    the policy asks for none")
    assert not any("met" in line for line in lines)
    await sign_in(english, administrator)
    page = (await english.get("/health", headers={"accept": "text/html"})).text
    assert "The policy asks for no witness." in page
    assert "Confirmed by the quorum" not in page


async def test_an_alarm_shows_both_checkpoints_until_a_person_has_seen_it(
    named: Center, settings: Settings, english: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    ours = named.ledger.checkpoint()
    theirs = ours.replace(b"amana/", b"other/")
    await sign_in(english, administrator)
    assert "tag-red" not in (await english.get("/")).text
    assert alarms.ring(named.database, "forked", "court", ours, theirs)
    assert '<a class="tag tag-red" href="/health">Alarm</a>' in (await english.get("/")).text
    seen = status.look(named, settings)
    assert not seen["well"] and not seen["alarms"]["well"]
    assert any(line.startswith("CHECK") and "forked, by court" in line for line in outside(seen))
    page = (await english.get("/health", headers={"accept": "text/html"})).text
    assert "court knows another ledger of the same size" in page
    for note in (ours, theirs):
        assert note.decode().splitlines()[0] in page
    [alarm] = alarms.kept(named)
    answer = await english.post(f"/alarms/{alarm.id}/seen")
    assert answer.status_code == 303
    page = (await english.get("/health", headers={"accept": "text/html"})).text
    assert "Acknowledged." in page and "Acknowledge alarm" not in page
    assert status.look(named, settings)["alarms"]["well"]
    assert alarms.kept(named)[0].seen_by == administrator.id


async def test_a_court_s_account_sees_no_alarm_and_takes_none_away(
    center: Center, english: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    from casework.database.models import Role
    from casework.people import people

    alarms.ring(center.database, "forked", "court", center.ledger.checkpoint(), None)
    [alarm] = alarms.kept(center)
    assert (await english.post(f"/alarms/{alarm.id}/seen")).status_code in (303, 401)
    judge = people.add(center, administrator, "Judge", Role.COURT)
    await sign_in(english, judge)
    assert (await english.post(f"/alarms/{alarm.id}/seen")).status_code == 403
    assert alarms.kept(center)[0].seen_at is None


def test_alarms_are_listed_and_handed_out_at_the_terminal(
    center: Center,
    data: list[str],
    administrator: Person,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["alarms", *data]) == 0
    ours = center.ledger.checkpoint()
    alarms.ring(center.database, "rolled-back", "court", ours, b"theirs")
    [alarm] = alarms.kept(center)
    assert main(["alarms", *data, "--to", str(tmp_path / "out")]) == 1
    assert "rolled-back" in capsys.readouterr().out
    assert (tmp_path / "out" / f"{alarm.id}-ours.txt").read_bytes() == ours
    assert (tmp_path / "out" / f"{alarm.id}-theirs.txt").read_bytes() == b"theirs"
    assert main(["alarms", *data, "--seen", alarm.id]) == 2
    assert main(["alarms", *data, "--seen", alarm.id, "--as", administrator.id]) == 0
