"""`amana serve` as a whole: real processes, started, killed, started again, ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from amana.health import doctor
from amana.keyholder.client import KeyholderClient
from amana.keyholder.protocol import NotAllowed
from amana.settings import Settings
from amana.supervisor.broker import MAX_COMMANDS
from amana.supervisor.supervisor_client import CommandChannel
from casework.recording.channel import Refused
from tests.support.centers.command_line import amana
from tests.support.patience import PATIENCE, wait_until
from tests.support.people.passphrase import PASSPHRASE
from vault.stores.filesystem import FilesystemStore

AMANA = [sys.executable, "-m", "amana"]


@dataclass
class Service:
    """A running `amana serve`, what it said, and a browser."""

    settings: Settings
    process: subprocess.Popen[str]
    said: str = ""
    browser: httpx.Client = field(default_factory=httpx.Client)

    @classmethod
    def start(cls, data: Path) -> Service:
        process = subprocess.Popen(
            [*AMANA, "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        service = cls(Settings(data=data), process)
        assert process.stdout is not None
        for line in process.stdout:
            service.said += line
            if "Ctrl-C stops it" in line:
                break
        address = re.search(r"answers at\s+(\S+)", service.said)
        assert address, f"did not start: {service.said}"
        service.browser = browser_at(address[1])
        return service

    def sign_in(self, page: str = "") -> httpx.Response:
        """With the one-time link in this text; by default the one printed at the start."""
        found = re.search(r'[^\s"]+/sign-in#[^\s"]+', page or self.said)
        assert found, page or self.said
        return self.browser.post("/sign-in", json={"token": urlsplit(found[0]).fragment})

    def command(self, *arguments: str, say: str = "") -> subprocess.CompletedProcess[str]:
        """In this process where no passphrase is typed: the start of one takes longer than most commands."""
        if not say or arguments[1] == "accept-ledger":
            return amana(*arguments, "--data", str(self.settings.data), say=say)
        return subprocess.run(
            [*AMANA, *arguments, "--data", str(self.settings.data)],
            input=say,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            start_new_session=True,  # without a terminal, passphrases are read from the input
        )

    def processes(self) -> Mapping[str, Any]:
        return CommandChannel(self.settings.supervisor_socket).ask("processes")

    def kill(self, name: str) -> None:
        """End a process without warning, and wait for another one in its place."""
        before = self.processes()[name]["pid"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.processes()[name]["pid"] not in (None, before))

    def end(self) -> int:
        self.browser.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def browser_at(address: str) -> httpx.Client:
    origin = address.rstrip("/")
    return httpx.Client(base_url=origin, headers={"origin": origin}, timeout=PATIENCE, follow_redirects=True)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "a"


@pytest.fixture
def own(data: Path) -> Iterator[Service]:
    """A service that a test may end."""
    service = Service.start(data)
    yield service
    if service.process.poll() is None:
        service.end()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all that leave it as it was; its administrator is signed in."""
    service = Service.start(tmp_path_factory.mktemp("s") / "a")
    assert service.sign_in().status_code == 200
    yield service
    service.end()


def interviewing(service: Service, name: str = "P") -> tuple[httpx.Client, str]:
    """A prosecutor's browser, and an interview that they opened."""
    invited = service.browser.post("/staff", data={"name": name, "role": "prosecutor"})
    there = replace(service, browser=browser_at(str(service.browser.base_url)))
    there.sign_in(invited.text)
    case = there.browser.post("/cases").url.path
    opened = there.browser.post(
        f"{case}/interviews",
        data={"purpose": "testimony", "room": "room-1", "wish": "yes"},
        follow_redirects=False,
    )
    return there.browser, opened.headers["location"].split("/")[2]


def test_a_killed_web_process_comes_back_with_sessions_and_without_a_refused_connection(
    service: Service,
) -> None:
    before = service.processes()["web"]["pid"]
    os.kill(before, signal.SIGKILL)
    # Asked at once, while nobody accepts: the connection waits for the next web process.
    assert httpx.get(service.browser.base_url.join("/health"), timeout=PATIENCE).json() == {"answers": True}
    assert service.browser.get("/staff").status_code == 200
    assert service.processes()["web"]["pid"] != before


def test_the_doctor_asks_the_web_process_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def port() -> doctor.Finding:
        return next(one for one in doctor.look(service.settings, {}) if one.subject == "port")

    assert port().state == "ok"
    web = service.processes()["web"]["pid"]
    os.kill(web, signal.SIGSTOP)
    try:
        monkeypatch.setattr(doctor, "ANSWERS_WITHIN", 0.2)
        assert port().state == "wrong"
    finally:
        os.kill(web, signal.SIGCONT)


def test_a_copy_in_place_of_another_is_reached_by_the_next_web_process(service: Service) -> None:
    """A confined process may open the folder that was there when it started, and no other of that name."""
    before = service.processes()["web"]["pid"]
    place = service.settings.data / "second-copy"
    place.rename(service.settings.data / "lost")
    FilesystemStore.create(place)
    wait_until(lambda: service.processes()["web"]["pid"] not in (None, before))

    def well() -> bool:
        seen = service.browser.get("/health", headers={"accept": "application/json"}).json()
        return bool(seen["stores"]["second-copy"]["well"])

    wait_until(well)
    assert "second-copy is not what it was at the start" in (service.settings.log / "web.log").read_text()


def test_when_what_starts_sandboxes_is_killed_the_web_process_starts_anew_with_another(
    service: Service,
) -> None:
    before = service.processes()["web"]["pid"]
    children = Path(f"/proc/{before}/task/{before}/children").read_text().split()
    [starter] = [one for one in children if b"sandbox.starter" in Path(f"/proc/{one}/cmdline").read_bytes()]
    os.kill(int(starter), signal.SIGKILL)
    wait_until(lambda: service.processes()["web"]["pid"] not in (None, before))

    def well() -> bool:
        seen = service.browser.get("/health", headers={"accept": "application/json"}).json()
        return bool(seen["sandbox"]["well"])

    wait_until(well)


def test_a_killed_keyholder_comes_back_and_the_ledger_goes_on(service: Service) -> None:
    size = service.browser.get("/health").json()["ledger"]["size"]
    service.kill("keyholder")

    def added() -> bool:
        return service.browser.post("/staff", data={"name": "N", "role": "court"}).status_code == 200

    wait_until(added)
    assert service.browser.get("/health").json()["ledger"]["size"] == size + 1


def test_a_second_start_on_the_same_data_is_refused_in_words(service: Service) -> None:
    second = subprocess.run(
        [*AMANA, "serve", "--port", "0", "--data", str(service.settings.data)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert second.returncode == 2
    assert "running already" in second.stderr


def test_the_terminal_gives_a_new_link_and_says_how_things_stand(service: Service) -> None:
    given = service.command("link", "Administrator")
    assert given.returncode == 0, given.stderr
    assert service.sign_in(given.stdout).status_code == 200
    nobody = service.command("link", "Nobody")
    assert nobody.returncode == 2
    assert "no person is called 'Nobody'" in nobody.stderr
    assert "\nlog amana/" in service.command("policy", "show").stdout
    status = service.command("status")
    assert status.returncode == 1  # trial keys need attention
    assert re.search(r"^CHECK +keys .*TRIAL KEYS", status.stdout, re.M)
    assert re.search(r"^OK +ledger ", status.stdout, re.M)


def test_keys_sockets_and_logs_are_for_the_services_user_alone(service: Service) -> None:
    settings = service.settings
    private = [*settings.keys.iterdir(), *settings.run.glob("*.sock"), *settings.log.iterdir()]
    assert len(private) > 5
    assert [path for path in (settings.data, *private) if path.stat().st_mode & 0o077] == []


def test_a_process_of_the_same_user_may_what_a_command_may_and_keeps_none_out(
    service: Service,
) -> None:
    path, files = service.settings.supervisor_socket, Path(f"/proc/{service.process.pid}/fd")
    before = len(list(files.iterdir()))
    with contextlib.ExitStack() as kept:
        for _ in range(300):
            one = kept.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            one.connect(str(path))
        assert service.processes()["web"]["pid"]
        wait_until(lambda: len(list(files.iterdir())) <= before + MAX_COMMANDS)
    for op in ("ready", "recorders", "start_recorder", "connect_recorder"):
        with pytest.raises(Refused, match=f"{op} is not for command"):
            CommandChannel(path).ask(op, interview="ab" * 16, name="ab" * 16)
    client = KeyholderClient(CommandChannel(path).keyholder)
    for op in ("destroy_wraps", "drop_exchanged"):
        with pytest.raises(NotAllowed, match=f"{op} is not for command"):
            client.ask(op, {})
    client.close()


def test_from_the_first_start_to_the_last_word_and_on_from_a_backup_once_a_person_accepts_it(
    own: Service, data: Path
) -> None:
    assert "TRIAL KEYS" in own.said
    assert own.browser.get("/health").json() == {"answers": True}
    assert own.sign_in().status_code == 200
    assert "/staff" in own.browser.get("/", headers={"accept": "text/html"}).text
    assert own.sign_in().status_code == 403
    health = own.browser.get("/health").json()
    assert health["trial_keys"] is True
    # This machine's recorder, the policy, and the first administrator's role.
    assert health["ledger"]["size"] == 3
    assert own.command("keys", "accept-ledger", say="3\n").returncode == 2  # while it runs
    assert own.command("backup", str(data / "backups")).returncode == 0
    [backup] = (data / "backups").iterdir()
    for name in ("A", "B"):
        own.browser.post("/staff", data={"name": name, "role": "court"})
    children = [own.processes()[name]["pid"] for name in ("web", "keyholder")]
    assert own.end() == 0
    assert not any(alive(pid) for pid in children)
    for present in data.glob("web/database.sqlite*"):
        present.unlink()
    restored = own.command("restore", str(backup))
    assert "up to 3 statements" in restored.stdout, restored.stderr

    again = Service.start(data)
    again.browser.cookies = own.browser.cookies
    assert again.browser.post("/staff", data={"name": "C", "role": "court"}).status_code == 500
    again.end()
    assert "nothing was changed" in again.command("keys", "accept-ledger", say="4\n").stderr
    accepted = again.command("keys", "accept-ledger", say="3\n")
    assert accepted.returncode == 0, accepted.stderr

    third = Service.start(data)
    try:
        third.browser.cookies = own.browser.cookies
        assert third.browser.post("/staff", data={"name": "C", "role": "court"}).status_code == 200
    finally:
        third.end()


def test_a_recorder_outlives_the_web_process_and_its_own_death_is_noticed(service: Service) -> None:
    prosecutor, interview = interviewing(service)

    def check(number: str) -> int:
        sent = prosecutor.post(f"/interviews/{interview}/check", json={"request": number * 32})
        return sent.status_code

    assert check("a") == 200
    recorder = service.processes()["recorders"][interview]
    service.kill("web")
    assert check("b") == 200
    assert service.processes()["recorders"] == {interview: recorder}  # found again, not started again

    os.kill(recorder, signal.SIGKILL)
    wait_until(lambda: not alive(recorder))
    wait_until(lambda: check("c") == 200)  # not asked of the dead one: another was started
    assert service.processes()["recorders"][interview] != recorder


def test_when_the_supervisor_is_killed_a_new_start_finds_everything_and_ends_the_recorders_of_before(
    own: Service, data: Path
) -> None:
    own.sign_in()
    prosecutor, interview = interviewing(own)
    prosecutor.post(f"/interviews/{interview}/check", json={"request": "a" * 32})
    children = [own.processes()[name]["pid"] for name in ("web", "keyholder")]
    recorder = own.processes()["recorders"][interview]
    own.process.kill()
    own.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in children))
    assert alive(recorder)
    again = Service.start(data)
    try:
        assert "sign-in#" not in again.said  # somebody has signed in before
        again.browser.cookies = own.browser.cookies
        assert again.browser.get("/staff").status_code == 200
    finally:
        again.end()
    wait_until(lambda: not alive(recorder))


def test_commands_without_a_service_say_what_is_missing(tmp_path: Path) -> None:
    for command in (["link", "N"], ["status"], ["policy", "show"], ["keys", "status"]):
        said = amana(*command, "--data", str(tmp_path))
        assert said.returncode == 2
        assert "there is no data of Amana" in said.stderr


def test_trial_keys_end_with_a_passphrase_of_ones_own(service: Service) -> None:
    """The last one of this file: from then on the keys of the service are others."""
    assert "TRIAL" in service.command("keys", "status").stdout
    short = service.command("keys", "protect", say="short\nshort\n")
    assert short.returncode == 2
    assert "at least 12" in short.stderr
    done = service.command("keys", "protect", say=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert done.returncode == 0, done.stderr
    assert not (service.settings.keys / "trial-passphrase.txt").exists()

    def status() -> str:
        return service.command("keys", "status").stdout

    wait_until(lambda: "protected" in status())
    assert "locked" in status()
    assert service.command("keys", "unlock", say="wrong\n").returncode == 1
    assert service.command("keys", "unlock", say=f"{PASSPHRASE}\n").returncode == 0
    assert "unlocked" in status()


def test_a_question_to_a_recorder_that_ends_meanwhile_goes_to_the_next_one(service: Service) -> None:
    prosecutor, interview = interviewing(service, "Q")
    number = "d" * 32
    prosecutor.post(f"/interviews/{interview}/check", json={"request": number}).raise_for_status()
    recorder = service.processes()["recorders"][interview]
    os.kill(recorder, signal.SIGSTOP)  # it answers nothing until it is killed
    ending = threading.Timer(1, os.kill, (recorder, signal.SIGKILL))
    ending.start()
    question = {"text": "Which door?", "request": number}
    sent = prosecutor.post(f"/interviews/{interview}/questions", json=question, timeout=PATIENCE)
    ending.join()
    assert sent.status_code == 200, sent.text
    assert sent.json()["text"] == "Which door?"
    assert len(prosecutor.get(f"/interviews/{interview}/next-door").json()["slips"]) == 1
