"""A running service and all that it has, and code in the place of each of its parts."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from amana.settings import key_store_environ, to_environ
from casework.comparison_sheets import renderer
from casework.recording.child_config import ChildConfig
from casework.recording.interview_folder import interview_folder, prepared
from casework.redaction import face_detection
from casework.sandbox import child_process, ffmpeg, previews
from casework.sandbox.child_process import Work, in_memory
from player.package import content_credentials
from tests.attacks import attack
from tests.integration.test_service import Service, interviewing

FAR = 64 * 1024**3
"""Bytes: more memory than any decoder may have."""
LONG = 64 * 1024**2
"""Bytes of a file that none of them may write here."""
PUBLIC = ("/", "/usr", "/tmp", "/dev", "/dev/shm", sys.prefix, str(Path(previews.__file__).parent))
"""Folders that are no part of the service."""
PROCESSES = ("keyholder", "web", "recorder")
OWN_INTERVIEW = "0e" * 16
"""The interview of the recorder that is attacked; the running one is another."""

Said = Mapping[str, str]
"""What came of each attempt: `done`, or the name of the error."""


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

    @property
    def own(self) -> Mapping[str, list[Path]]:
        """What each process needs, and reaches."""
        settings = self.service.settings
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
        return {name: [Path(path).resolve() for path in paths] for name, paths in places.items()}

    def said_by(self, part: str) -> Said:
        """What the attack says in the place of this process or decoder."""
        return _in_place_of_process(self, part) if part in PROCESSES else DECODERS[part](self)


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
    own = one.own[part]
    targets = dict(one.targets)
    for kind in ("files", "folders"):
        targets[kind] = [path for path in targets[kind] if not _beneath(path, own)]
    targets |= {"inherited": 3, "work": False, "own": [str(path) for path in own], "memory": 2**30}
    command = [sys.executable, "-m", "tests.attacks.confined", part, json.dumps(targets)]
    environ = to_environ(settings)
    if part == "keyholder":
        environ |= key_store_environ(settings)
    if part == "recorder":
        config = ChildConfig(
            interview=OWN_INTERVIEW,
            listener=0,
            spool=own[0],
            reserve=settings.reserve,
            addresses=(),
            recover=None,
            log_level="info",
        )
        command.append(json.dumps(config.to_json()))
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


# --- decoders -----------------------------------------------------------------------------------------------


def _in_place_of(work: Callable[[], Work], one: Attacked, *, files: int = 0, works: bool = False) -> Said:
    told = {**one.targets, "inherited": 3 + files, "work": works}
    attacking = replace(work(), module=None, program=str(one.program))
    with _working_folder(one) as folder, in_memory() as given, in_memory() as answered:
        with in_memory() as complaints:
            code = child_process.run(
                attacking,
                json.dumps(told),
                given=given,
                answered=answered,
                complaints=complaints,
                seconds=60,
                folder=folder if works else None,
                files=[given.fileno()] * files,
            )
            assert code == 0, complaints.read()
        said: dict[str, str] = json.load(answered)
    return said


def _in_place_of_ffmpeg(one: Attacked) -> Said:
    """For FFmpeg, whose program is an argument; it reports where it reports its progress."""
    said: list[bytes] = []
    follow = ffmpeg._follow
    try:
        ffmpeg._follow = lambda out, _: said.append(out.read())  # type: ignore[assignment]
        with _working_folder(one) as folder:
            ffmpeg.make(
                one.program,
                [json.dumps({**one.targets, "inherited": 3, "work": True})],
                folder,
                {},
                seconds=60,
                size=LONG,
                progress=lambda done: None,
                stopped=threading.Event(),
            )
    finally:
        ffmpeg._follow = follow
    found: dict[str, str] = json.loads(said[0])
    return found


@contextmanager
def _working_folder(one: Attacked) -> Iterator[Path]:
    """An empty one; the attack has left nothing in it."""
    made = one.folder / "work"
    made.mkdir()
    with contextlib.ExitStack() as after:
        after.callback(made.rmdir)
        yield made


DECODERS: Mapping[str, Callable[[Attacked], Said]] = {
    "films": _in_place_of_ffmpeg,
    "pictures": functools.partial(_in_place_of, lambda: previews.WORK),
    "sheets": functools.partial(_in_place_of, lambda: renderer.WORK),
    "faces": functools.partial(_in_place_of, lambda: face_detection.work(60)),
    "credentials": functools.partial(
        _in_place_of, lambda: content_credentials.work(LONG), files=2, works=True
    ),
}
