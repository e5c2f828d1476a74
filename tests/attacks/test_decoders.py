"""Code in the place of each decoder, in the sandbox that it really runs in, against a running service.

What it tries must fail there, and works outside (`test_the_attack_is_one`), so that no attempt is vain.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casework.comparison_sheets import renderer
from casework.redaction import face_detection
from casework.sandbox import child_process, ffmpeg, previews, self_check
from casework.sandbox.child_process import Work, in_memory
from player.package import content_credentials
from tests.attacks import attack
from tests.integration.test_service import Service, interviewing

FAR = 64 * 1024**3
"""Bytes: more memory than any decoder may have."""
LONG = 64 * 1024**2
"""Bytes of a file that none of them may write here."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """It has an interview open, and has a working folder of another film."""
    service = Service.start(tmp_path_factory.mktemp("s") / "a")
    assert service.sign_in().status_code == 200
    prosecutor, interview = interviewing(service)
    prosecutor.post(f"/interviews/{interview}/check", json={"request": "a" * 32})
    other = service.settings.scratch / "package-other"
    other.mkdir(parents=True)
    (other / "film.mp4").write_bytes(b"testimony")
    yield service
    service.end()


@pytest.fixture(scope="module")
def targets(service: Service) -> Iterator[dict[str, Any]]:
    """Everything that the service has: its sockets, ports, files, folders and processes."""
    data = service.settings.data.resolve()
    running = service.processes()
    processes = [service.process.pid, running["keyholder"]["pid"], running["web"]["pid"], os.getpid()]
    processes += running["recorders"].values()
    assert running["recorders"], "an interview has a recorder"
    sockets = [str(one) for one in service.settings.run.rglob("*") if one.is_socket()]
    names = {Path(one).name for one in sockets}
    recorders = {name for name in names if name.startswith("recorder-")}
    assert names - recorders == {"supervisor.sock"}, "the keyholder has no path"
    assert recorders
    files = [str(one) for one in sorted(data.rglob("*")) if one.is_file() and not one.is_symlink()]
    assert any("keys/" in one for one in files) and str(service.settings.database.resolve()) in files
    with socket.socket(socket.AF_UNIX) as listening:
        name = f"amana-attacked-{os.getpid()}"
        listening.bind(f"\0{name}")
        listening.listen(100)
        yield {
            "abstract": name,
            "files": files,
            "folders": [str(one) for one in (data, *data.rglob("*")) if one.is_dir()]
            + ["/", "/usr", "/tmp", "/dev", "/dev/shm", sys.prefix, str(Path(previews.__file__).parent)],
            "harmless": False,
            "memory": FAR,
            "ports": [int(service.settings.served_port.read_text())],
            "processes": processes,
            "sockets": sockets,
            "written": LONG,
        }


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The attack, as a program."""
    file = tmp_path / "attack"
    file.write_text(f"#!{sys.executable} -I\n{Path(attack.__file__).read_text()}")
    file.chmod(0o700)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def in_place_of(
    work: Work, program: Path, told: dict[str, Any], folder: Path | None = None, files: int = 0
) -> dict[str, str]:
    """What the attack says that runs in the place of this decoder."""
    told = {**told, "inherited": 3 + files, "work": folder is not None}
    attacking = replace(work, module=None, program=str(program))
    with in_memory() as given, in_memory() as answered, in_memory() as complaints:
        code = child_process.run(
            attacking,
            json.dumps(told),
            given=given,
            answered=answered,
            complaints=complaints,
            seconds=60,
            folder=folder,
            files=[given.fileno()] * files,
        )
        assert code == 0, complaints.read()
        said: dict[str, str] = json.load(answered)
    return said


def in_place_of_ffmpeg(program: Path, told: dict[str, Any], folder: Path) -> dict[str, str]:
    """The same for FFmpeg, whose program is an argument; it reports where it reports its progress."""
    said: list[bytes] = []
    follow = ffmpeg._follow
    try:
        ffmpeg._follow = lambda out, _: said.append(out.read())  # type: ignore[assignment]
        arguments = [json.dumps({**told, "inherited": 3, "work": True})]
        ffmpeg.make(
            program,
            arguments,
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


DECODERS: dict[str, Callable[[Path, dict[str, Any], Path], dict[str, str]]] = {
    "films": in_place_of_ffmpeg,
    "pictures": lambda program, told, _: in_place_of(previews.WORK, program, told),
    "sheets": lambda program, told, _: in_place_of(renderer.WORK, program, told),
    "faces": lambda program, told, _: in_place_of(face_detection.work(60), program, told),
    "credentials": lambda program, told, folder: in_place_of(
        content_credentials.work(LONG), program, told, folder, files=2
    ),
}


@pytest.mark.parametrize("decoder", DECODERS)
def test_what_a_decoder_tries_beside_its_work_fails(
    decoder: str, program: Path, targets: dict[str, Any], folder: Path
) -> None:
    said = DECODERS[decoder](program, targets, folder)
    allowed = {"list /", "list /usr", "list /dev", f"list {sys.prefix}"}  # programs and libraries
    allowed |= {f"list {Path(previews.__file__).parent}"}
    assert {name for name, how in said.items() if how == "done"} <= allowed
    assert {said[f"call {name}"] for name in attack.NUMBERS} == {"ENOSYS"}
    assert len(said) > 100
    assert list(folder.iterdir()) == []


def test_the_attack_is_one(program: Path, targets: dict[str, Any], folder: Path) -> None:
    """Outside of a sandbox, in the same user's process, what it names is there and is reached."""
    (folder / "file").write_text("of this test alone")
    ours = {"files": [str(folder / "file")], "folders": [str(folder)], "processes": [os.getpid()]}
    harmless = {**targets, **ours, "harmless": True, "inherited": 2, "memory": 2**30, "work": True}
    with subprocess.Popen([program, json.dumps(harmless)], stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
    assert {name: how for name, how in said.items() if how != "done"} == {}


def test_the_service_found_its_sandbox_in_order(service: Service) -> None:
    seen = service.browser.get("/health", headers={"accept": "application/json"}).json()
    assert seen["sandbox"] == {"checked": True, "landlock": self_check.look().landlock, "well": True}
