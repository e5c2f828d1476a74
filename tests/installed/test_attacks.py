"""The attacks of `tests/attacks` in a booted Debian: as the package's user, within its units' limits."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amana.settings import Settings
from casework.recording.interview_folder import interview_folder
from tests.attacks import attack, confined, decoding
from tests.attacks.attack import NUMBERS
from tests.attacks.attacked import OWN_INTERVIEW, PROCESSES, configuration, needed, told_to
from tests.attacks.decoding import DECODERS, FAR, LONG, Said
from tests.attacks.matrix import OWN_CALLS
from tests.installed.machine import Machine

pytestmark = [pytest.mark.alone, pytest.mark.repeats, pytest.mark.starts]

HERE = "/usr/local/share/attacks"
PYTHON = "/usr/lib/amana/bin/python3"
DATA = Path("/var/lib/amana")
SETTINGS = Settings(data=DATA)
SYSTEM = ("/", "/usr", "/tmp", "/dev", "/dev/shm", "/usr/lib/amana")
OF_AMANA = 'grep -l "^Uid:.*\\b$(id -u amana)\\b" /proc/[0-9]*/status | cut -d/ -f3'
LIBRARIES = {"list /usr", "list /usr/lib/amana"}


@pytest.fixture(scope="module")
def targets(machine: Machine, link: str) -> Iterator[dict[str, Any]]:
    """Everything that the installed service has; the attack lies beside it."""
    place = machine.root / HERE.lstrip("/") / "tests" / "attacks"
    place.mkdir(parents=True)
    for module in (attack, confined, decoding):
        shutil.copy(str(module.__file__), place)
    program = machine.root / HERE.lstrip("/") / "attack"
    program.write_text(f"#!{PYTHON} -I\n{Path(attack.__file__).read_text()}")
    program.chmod(0o755)
    own = interview_folder(SETTINGS.spool, OWN_INTERVIEW)
    machine.run("install", "-d", "-m", "700", "-o", "amana", "-g", "amana", str(own.parent), str(own))
    machine.run("systemctl", "start", "amana-backup.service")
    with socket.socket(socket.AF_UNIX) as listening:
        name = f"amana-attacked-{os.getpid()}"
        listening.bind(f"\0{name}")
        listening.listen(100)
        yield {
            "abstract": name,
            "files": found(machine, "f", DATA, "/etc/amana", "/var/backups/amana"),
            "folders": [*found(machine, "d", DATA), *SYSTEM],
            "harmless": False,
            "memory": FAR,
            "ports": [8420],
            "processes": [int(one) for one in machine.run("sh", "-c", OF_AMANA).split()],
            "sockets": found(machine, "s", DATA, "/run/amana"),
            "written": LONG,
        }
    machine.run("rm", "-r", HERE, str(own))


def found(machine: Machine, kind: str, *places: Path | str) -> list[str]:
    said = machine.run("find", *map(str, places), "-type", kind).splitlines()
    assert said
    return said


def attacked(machine: Machine, *command: str) -> Said:
    """Run the command as `amana.service` runs Amana, with all of the unit's restrictions."""
    unit = (machine.root / "usr/lib/systemd/system/amana.service").read_text()
    lines = [line for line in unit.splitlines() if not line.startswith(("ExecStart=", "Restart"))]
    at = lines.index("[Service]") + 1
    lines[at:at] = [
        "Type=oneshot",
        f"Environment=PYTHONPATH={HERE}",
        f"ExecStart=/bin/sh {HERE}/command",
        "StandardOutput=truncate:/run/attack",
    ]
    (machine.root / HERE.lstrip("/") / "command").write_text(f"exec {shell(PYTHON, '-m', *command)}\n")
    (machine.root / "etc/systemd/system/attack.service").write_text("\n".join(lines))
    machine.run("systemctl", "daemon-reload")
    machine.run("sh", "-c", "systemctl start attack || { journalctl --unit=attack; exit 1; }")
    said: Said = json.loads(machine.run("cat", "/run/attack"))
    assert {said[f"call {name}"] for name in set(NUMBERS) - OWN_CALLS} == {"ENOSYS"}
    assert len(said) > 100
    return said


def shell(*arguments: str) -> str:
    return " ".join("'" + one.replace("'", "'\\''") + "'" for one in arguments)


@pytest.mark.parametrize("part", PROCESSES)
def test_code_in_the_place_of_a_process_reaches_its_work_alone(
    part: str, machine: Machine, targets: dict[str, Any]
) -> None:
    told = told_to(part, SETTINGS, targets)
    more = [configuration(SETTINGS)] if part == "recorder" else []
    said = attacked(machine, "tests.attacks.confined", part, json.dumps(told), *more)
    done = {name for name, how in said.items() if how == "done"}
    assert done == LIBRARIES | needed(SETTINGS, part, targets)


@pytest.mark.parametrize("decoder", DECODERS)
def test_code_in_the_place_of_a_decoder_reaches_nothing(
    decoder: str, machine: Machine, targets: dict[str, Any]
) -> None:
    where = (f"{HERE}/attack", str(SETTINGS.scratch))
    said = attacked(machine, "tests.attacks.decoding", decoder, *where, json.dumps(targets))
    done = {name for name, how in said.items() if how == "done"}
    assert done <= LIBRARIES | {"list /", "list /dev"}
