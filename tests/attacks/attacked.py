"""A running service and all that it has, and code in the place of each of its parts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amana.settings import Settings, key_store_environ, to_environ
from casework.recording.child_config import ChildConfig
from casework.recording.interview_folder import interview_folder, prepared
from casework.sandbox import previews
from tests.attacks import attack
from tests.attacks.decoding import DECODERS, FAR, LONG, Said, Told
from tests.integration.test_service import Service, interviewing

PUBLIC = ("/", "/usr", "/tmp", "/dev", "/dev/shm", sys.prefix, str(Path(previews.__file__).parent))
"""Folders that are no part of the service."""
PROCESSES = ("keyholder", "web", "recorder")
ITSELF = {"pair of sockets", "threads", "memory", "call tgkill"}
OWN_INTERVIEW = "0e" * 16
"""The interview of the recorder that is attacked; the running one is another."""


@dataclass(frozen=True)
class Attacked:
    """The service, and what is attacked."""

    service: Service
    folder: Path
    """For the attack's own files."""
    program: Path
    """The attack, as a program."""
    targets: Mapping[str, Any]
    """Everything that the service has: its sockets, ports, files, folders and processes."""

    def said_by(self, part: str) -> Said:
        """What the attack says in the place of this process or decoder."""
        return _in_place_of_process(self, part) if part in PROCESSES else self._in_place_of_decoder(part)

    def _in_place_of_decoder(self, decoder: str) -> Said:
        return DECODERS[decoder](self.program, self.folder, self.targets)


def own_places(settings: Settings, part: str) -> list[Path]:
    """What this process needs of the data folder, and reaches."""
    places = {
        "keyholder": [settings.keys, *settings.key_stores.values()],
        "web": [
            settings.working,
            settings.spool,
            settings.scratch,
            settings.alarms,
            *settings.copies.values(),
        ],
        "recorder": [interview_folder(settings.spool, OWN_INTERVIEW)],
    }
    return [Path(path).resolve() for path in places[part]]


def told_to(part: str, settings: Settings, targets: Told) -> Told:
    """What the attack in the place of this process tries: all that is not its own."""
    own = own_places(settings, part)
    beside = {
        kind: [path for path in targets[kind] if not _beneath(path, own)] for kind in ("files", "folders")
    }
    ours = {"inherited": 3, "work": False, "own": [str(path) for path in own], "memory": 2**30}
    return {**targets, **beside, **ours}


def configuration(settings: Settings) -> str:
    """Of a recorder, in JSON."""
    config = ChildConfig(
        interview=OWN_INTERVIEW,
        listener=0,
        spool=interview_folder(settings.spool, OWN_INTERVIEW).resolve(),
        reserve=settings.reserve,
        addresses=(),
        recover=None,
        log_level="info",
    )
    return json.dumps(config.to_json())


def needed(settings: Settings, part: str, targets: Told) -> set[str]:
    """What a process reaches because its work needs it, beside the system's libraries."""
    found = ITSELF | {f"open {path}" for path in own_places(settings, part)}
    if part in ("web", "recorder"):
        found |= {"UDP", "netlink"}
    if part == "web":
        found |= {f"port {port}" for port in targets["ports"]}
        read = [settings.rules.resolve(), settings.log.resolve()]
        found |= {f"list {path}" for path in read}
        found |= {f"read {path}" for path in targets["files"] if _beneath(path, read)}
    return found


@contextmanager
def attacked(folder: Path) -> Iterator[Attacked]:
    """A service with an interview open, and with a working folder of another film."""
    service = Service.start(folder / "a")
    try:
        assert service.sign_in().status_code == 200
        prosecutor, interview = interviewing(service)
        prosecutor.post(f"/interviews/{interview}/check", json={"request": "a" * 32})
        other = service.settings.scratch / "package-other"
        other.mkdir(parents=True)
        (other / "film.mp4").write_bytes(b"testimony")
        upload = service.settings.spool / "uploads" / ("0f" * 16)
        upload.mkdir(parents=True)
        (upload / "part.json").write_bytes(b"{}")
        for name in ("first-copy", "first-keys"):  # like what is in them later
            (service.settings.data / name / "object").write_bytes(b"sealed")
        beside = folder / "beside"
        beside.mkdir(mode=0o700)
        (beside / "credentials").write_text("access-key A\nsecret-key B\n")
        program = folder / "attack"
        program.write_text(f"#!{sys.executable} -I\n{Path(attack.__file__).read_text()}")
        program.chmod(0o700)
        with _targets(service, beside) as targets:
            yield Attacked(service, folder, program, targets)
    finally:
        service.end()


@contextmanager
def _targets(service: Service, beside: Path) -> Iterator[Mapping[str, Any]]:
    data = service.settings.data.resolve()
    running = service.processes()
    processes = [service.process.pid, running["keyholder"]["pid"], running["web"]["pid"], os.getpid()]
    processes += running["recorders"].values()
    assert running["recorders"], "an interview has a recorder"
    sockets = [str(one) for one in service.settings.run.rglob("*") if one.is_socket()]
    assert sockets, "commands have a socket"
    with prepared(service.settings.spool, OWN_INTERVIEW):  # as before the start of its recorder
        files = [
            str(one)
            for one in sorted((*data.rglob("*"), *beside.rglob("*")))
            if one.is_file() and not one.is_symlink()
        ]
        assert any("keys/" in one for one in files) and str(service.settings.database.resolve()) in files
        folders = [str(one) for one in (data, *data.rglob("*"), beside) if one.is_dir()]
        with socket.socket(socket.AF_UNIX) as listening:
            name = f"amana-attacked-{os.getpid()}"
            listening.bind(f"\0{name}")
            listening.listen(100)
            yield {
                "abstract": name,
                "files": files,
                "folders": [*folders, *PUBLIC],
                "harmless": False,
                "memory": FAR,
                "ports": [int(service.settings.served_port.read_text())],
                "processes": processes,
                "sockets": sockets,
                "written": LONG,
            }


# --- processes ----------------------------------------------------------------------------------------------


def _in_place_of_process(one: Attacked, part: str) -> Said:
    settings = one.service.settings
    told = told_to(part, settings, one.targets)
    command = [sys.executable, "-m", "tests.attacks.confined", part, json.dumps(told)]
    environ = to_environ(settings)
    if part == "keyholder":
        environ |= key_store_environ(settings)
    if part == "recorder":
        command.append(configuration(settings))
    with Path(os.devnull).open() as nothing:
        ended = subprocess.run(
            command,
            env={**os.environ, **environ},
            stdin=nothing,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    said: dict[str, str] = json.loads(ended.stdout)
    return said


def _beneath(path: str, places: list[Path]) -> bool:
    return any(Path(path).is_relative_to(place) for place in places)
