"""Amana's image and the services of `deploy/containers`: built, started, killed and attacked, in podman."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import load_film
from tests.faults.proving import recorded
from tests.installed.conftest import HOUSE
from tests.installed.machine import Machine
from tests.support.centers.service import Interviewing
from tests.support.patience import PATIENCE, wait_until

# Slow ones come first: after that the machine of the other files has the service's port.
pytestmark = [pytest.mark.alone, pytest.mark.repeats, pytest.mark.slow, pytest.mark.starts]

BASE = "localhost/debian:13-slim"
PYTHON = "/usr/lib/amana/bin/python3"
NAME = "Prosecutor of the test"
SERVICES = {"amana", "database", "first", "proxy", "second"}
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{place}/storage"
runroot = "{place}/run"
[storage.options.overlay]
skip_mount_home = "true"
"""
IN_A_CONTAINER = """
for _ in $(seq 4000); do (:); done
"$@"
"""
"""Process ids begin anew in a container, and in a decoder's sandbox: with the same small ones, an attack in a
sandbox would reach itself and its threads by the ids of what it attacks."""
PYTEST = """
import sys
sys.path.append("/development")
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
"""Libraries of tests come after those of the image, which the attacks are about."""


@dataclass(frozen=True)
class Podman:
    """podman with a storage of its own; everything of it is in `place`."""

    place: Path

    @property
    def clone(self) -> Path:
        return self.place / "clone"

    @property
    def containers(self) -> Path:
        return self.clone / "deploy" / "containers"

    def run(self, *command: str, folder: Path | None = None) -> str:
        """Run a command with that storage, in the folder of the compose file; return what it said."""
        done = subprocess.run(
            command,
            cwd=folder or self.containers,
            env={
                **os.environ,
                "BASE": BASE,
                "CONTAINERS_STORAGE_CONF": str(self.place / "storage.conf"),
                "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=6 * PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout[-5000:]}"
        return done.stdout

    def compose(self, *arguments: str) -> str:
        return self.run("podman-compose", *arguments)

    def amana(self, *arguments: str) -> str:
        """A command of Amana in its running container."""
        return self.run("podman", "exec", "amana_amana_1", "sh", "-c", '"$@" || :', "sh", "amana", *arguments)

    def state(self, name: str) -> dict[str, object]:
        """The state of the container of a service."""
        [seen] = json.loads(self.run("podman", "inspect", f"amana_{name}_1"))
        found: dict[str, object] = seen["State"]
        return found

    def image(self, folder: Path) -> str:
        """Build the image of a clone; return its digest."""
        self.run("make", "image", f"BASE={BASE}", folder=folder)
        return self.run("podman", "image", "inspect", "--format={{.Digest}}", "localhost/amana")


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """One that has an image of a bare Debian, beside a clean clone."""
    place = Path("/var/tmp/amana-test-containers")
    shutil.rmtree(place, ignore_errors=True)
    podman = Podman(place)
    try:
        debian = Machine(place / "debian")
        place.mkdir()
        debian.install(["apt"])
        (place / "storage.conf").write_text(STORAGE.format(place=place))
        (debian.root / "etc/resolv.conf").unlink()
        podman.run("tar", "-cf", str(place / "debian.tar"), "-C", str(debian.root), ".", folder=place)
        podman.run("podman", "import", str(place / "debian.tar"), BASE, folder=place)
        podman.run("git", "clone", "--quiet", str(HOUSE), str(podman.clone), folder=place)
        yield podman
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def digest(podman: Podman) -> str:
    """Amana's image is there."""
    return podman.image(podman.clone)


@pytest.fixture(scope="module")
def link(podman: Podman, digest: str) -> Iterator[str]:
    """All services run; the first sign-in link, from the log. The proxy's certificate is trusted."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as toward:
        toward.connect(("192.0.2.1", 9))  # documentation's (RFC 5737): nothing is sent
        address = toward.getsockname()[0]
    podman.run("./prepare", "localhost", address)
    try:
        podman.compose("up", "--detach")
        wait_until(lambda: "0 wrong" in podman.amana("doctor"), every=2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(podman.containers / "secrets" / "proxy" / "fullchain.pem"))
            yield re.findall(r"\S+/sign-in#\S+", podman.run("podman", "logs", "amana_amana_1"))[0]
    finally:
        podman.compose("down", "--volumes")


def test_the_same_commit_and_base_give_the_same_image(podman: Podman, digest: str) -> None:
    assert podman.image(HOUSE) == digest


def test_its_services_start_and_amana_is_confined(podman: Podman, link: str) -> None:
    assert link.startswith("https://localhost/")
    doctor = podman.amana("doctor")
    assert "OK    sandbox" in doctor
    assert "OK    confinement" in doctor
    assert doctor.count("answers, write-once") == 4
    assert "PostgreSQL" in doctor
    for name in SERVICES:
        assert podman.state(name)["Running"] is True


async def test_an_interview_is_recorded_through_the_end_of_the_container(podman: Podman, link: str) -> None:
    film = load_film(None, seconds=2.0, rate=10)
    async with await Visitor.arrive(link) as administrator:
        seen = await administrator.look("/health")
        assert (seen["sandbox"]["well"], seen["confinement"]["well"]) == (True, True)
        prosecutor = await administrator.invite(NAME, "prosecutor")
    async with prosecutor:
        cut = await Interviewing.open(prosecutor, film)
        await cut.connect()
        await cut.begin()
        safe = await cut.safe(3.0)
        process = podman.state("amana")["Pid"]
        assert isinstance(process, int)
        os.kill(process, signal.SIGKILL)  # the kernel ends all others of its namespace with it
        await cut.leave()

        # It is started again by its restart policy.
        wait_until(lambda: podman.state("amana")["Pid"] not in (0, process), every=0.5)
        reached, state = await recorded(prosecutor, cut.evidence)
        assert state == "interrupted"
        assert min(reached.values()) >= safe

        whole = await Interviewing.open(prosecutor, film)
        await whole.connect()
        await whole.begin()
        await whole.safe(2.0)
        await whole.stop()
        await whole.leave()

    assert ".database" in podman.amana("backup", "/var/backups/amana")
    for_a_court = ("--purpose", "hearing", "--as", NAME, "--plain")
    said = podman.amana("export", whole.interview, "--to", "/tmp/stick", *for_a_court)
    assert "Written to" in said, said
    assert "WITHOUT CONTENT CREDENTIALS" not in said
    podman.run("podman", "cp", "amana_amana_1:/tmp/stick", str(podman.place))
    policy = podman.place / "policy"
    policy.write_text(podman.amana("policy", "show"))
    verify = (sys.executable, "-m", "chain_of_custody", "verify", "--policy", str(policy))
    assert "INTACT" in podman.run(*verify, str(podman.place / "stick" / "testimony"), folder=HOUSE).upper()


def test_the_attacks_on_a_service_fail_in_its_container(podman: Podman, link: str) -> None:
    """All of `tests/attacks`, with the options of the service `amana`. The image has the tests' Python."""
    work = podman.place / "work"
    work.mkdir()
    os.chown(work, 990, 990)
    paths = {HOUSE / name: f"/clone/{name}:ro" for name in ("tests", "docs", "pyproject.toml")}
    paths |= {Path(sysconfig.get_path("purelib")): "/development:ro", work: "/work"}
    podman.compose(
        *("run", "--rm", "--no-deps", "-T", "--workdir=/clone", "--entrypoint=env"),
        *(f"--volume={path}:{target}" for path, target in paths.items()),
        *("amana", "--ignore-environment", "PATH=/usr/bin:/bin", "TMPDIR=/work"),
        *("sh", "-c", IN_A_CONTAINER, "sh"),
        *(PYTHON, "-c", PYTEST, "-p", "no:cacheprovider", "tests/attacks"),
        # What must work outside of a sandbox, as proof that it is refused inside, works for root alone.
        "--deselect=tests/attacks/test_decoders.py::test_the_attack_is_one",
    )
