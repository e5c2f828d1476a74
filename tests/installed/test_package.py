"""The Debian package in a bare, booted Debian: installed, used, cut off, upgraded, removed."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film, load_film
from tests.faults.proving import recorded
from tests.installed.conftest import AT
from tests.installed.machine import Machine
from tests.support.centers.service import Interviewing, patiently
from tests.support.documented_commands import blocks_for
from tests.support.patience import wait_until

pytestmark = [pytest.mark.alone, pytest.mark.repeats, pytest.mark.starts]

EXPOSURE = 2.0
"""What `systemd-analyze security` may give a unit."""

FOR_A_COURT = {"purpose": "hearing", "receiver": "Court of the test"}
VERIFY = "cd /root && amana verify testimony.amana --policy policy.txt --passphrase-file words"


@pytest.fixture(scope="module")
def film() -> Film:
    return load_film(None, seconds=2.0, rate=10)


def answers() -> bool:
    try:
        return httpx.get(f"{AT}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def test_it_runs_confined_as_a_user_of_its_own(machine: Machine, link: str) -> None:
    assert link.startswith(AT)
    doctor = machine.run("sh", "-c", "cd /root && exec amana doctor")
    assert "0 wrong" in doctor
    assert "OK    sandbox" in doctor
    assert "OK    confinement" in doctor
    without_systemd = "mount --bind /mnt /run/systemd && exec amana doctor"
    assert "OK    confinement" in machine.run("unshare", "--mount", "sh", "-c", without_systemd)
    assert machine.run("systemctl", "show", "--value", "--property=User", "amana").strip() == "amana"
    assert machine.run("stat", "--format=%U %a", "/var/lib/amana").strip() == "amana 700"
    for unit in ("amana.service", "amana-sandbox@0.service", "amana-backup.service"):
        machine.run("systemd-analyze", "security", f"--threshold={EXPOSURE * 10:.0f}", unit)
    machine.fails("amana", "link", "a-name-in-no-log")
    journal = machine.run("journalctl", "--no-pager")
    assert "amana at the terminal" in journal
    assert "a-name-in-no-log" not in journal
    machine.fails("setpriv", "--reuid=nobody", "--clear-groups", "cat", "/etc/amana/amana.env")
    machine.fails("setpriv", "--reuid=nobody", "--clear-groups", "ls", "/var/lib/amana")
    assert ".TH AMANA\\-KEYS 1" in machine.run("zcat", "/usr/share/man/man1/amana-keys.1.gz")
    completing = "source /usr/share/bash-completion/completions/amana && complete -p amana"
    assert machine.run("bash", "-c", completing).endswith(" amana\n")
    [ready, *_] = entries(machine, "keyholder")
    assert (ready["MESSAGE"], ready["PRIORITY"]) == ("keyholder ready, vault unlocked", "6")
    assert (ready["_TRANSPORT"], ready["_SYSTEMD_UNIT"]) == ("journal", "amana.service")
    assert ".log" not in machine.run("ls", "/var/lib/amana/log")


async def test_an_interview_is_recorded_through_a_power_cut_an_upgrade_and_the_removal(
    machine: Machine, package: Path, link: str, film: Film
) -> None:
    async with await Visitor.arrive(link) as administrator:
        seen = await administrator.look("/health")
        assert (seen["sandbox"]["well"], seen["confinement"]["well"]) == (True, True)
        prosecutor = await administrator.invite("Prosecutor of the test", "prosecutor")
    async with prosecutor:
        interviewing = await Interviewing.open(prosecutor, film)
        await interviewing.connect()
        await interviewing.begin()
        safe = await interviewing.safe(3.0)
        assert {one["AMANA_INTERVIEW"] for one in entries(machine, "recorder")} == {interviewing.interview}
        journal = machine.run("journalctl", "--no-pager", "--output=json")
        assert "Prosecutor of the test" not in journal
        assert "CandidatePair" not in journal  # with addresses of cameras

        # While it records, it is not upgraded.
        newer = await asyncio.to_thread(made_newer, machine, package)  # the cameras send from this thread
        said = await asyncio.to_thread(machine.fails, "apt-get", "install", "-y", newer)
        assert "an interview is being recorded" in said
        await interviewing.safe(safe + 1.0)

        machine.cut_power()
        await interviewing.leave()
        machine.boot()
        wait_until(answers, every=0.5)

        reached, state = await recorded(prosecutor, interviewing.evidence)
        assert state == "interrupted"
        assert min(reached.values()) >= safe

        async def upgraded() -> bool:  # refused for seconds, while the copies get the last statements
            return "Setting up amana" in machine.run("apt-get", "install", "-y", newer, check=False)

        await patiently(upgraded)
        wait_until(answers, every=0.5)
        assert await recorded(prosecutor, interviewing.evidence) == (reached, state)

        package_id = (await prosecutor.post_json("/packages", evidence=interviewing.evidence, **FOR_A_COURT))[
            "package"
        ]

        async def made() -> bool:
            return bool((await prosecutor.look(f"/packages/{package_id}"))["state"] == "ready")

        await patiently(made)
        words = (await prosecutor.post_json(f"/packages/{package_id}/words"))["words"]["ar"]
        (machine.root / "root" / "words").write_text(" ".join(words))
        for place in (f"/packages/{package_id}/testimony.amana", "/trust/policy.txt"):
            (machine.root / "root" / Path(place).name).write_bytes(await prosecutor.fetch(place))
        said = machine.run("unshare", "--net", "sh", "-c", VERIFY)
        assert "INTACT" in said.upper(), said

    machine.run("systemctl", "start", "amana-backup.service")
    assert ".database" in machine.run("ls", "/var/backups/amana")
    size = statements(machine)
    assert size > 5
    evidence = machine.run("find", "/var/lib/amana/first-copy", "-type", "f").splitlines()
    assert evidence
    said = machine.run("apt-get", "purge", "-y", "amana")
    assert "Evidence, keys and backups stay: /var/lib/amana" in said
    assert not answers()
    assert machine.run("find", "/var/lib/amana/first-copy", "-type", "f").splitlines() == evidence
    machine.run("test", "-e", "/var/lib/amana/keys/vault-key.json")

    # And it is there again, with all of it.
    machine.run("apt-get", "install", "-y", "--no-install-recommends", newer)
    wait_until(answers, every=0.5)
    assert statements(machine) >= size


async def test_every_command_for_a_machine_in_operations_runs(
    machine: Machine, package: Path, link: str
) -> None:
    """From a bare Debian on, in the document's order and as it is written, but for the reader's own names."""
    newer = made_newer(machine, package)
    machine.run("apt-get", "purge", "-y", "amana")
    machine.run("sh", "-c", "rm -rf /var/lib/amana /var/backups/amana /etc/amana")
    machine.run(
        "sh",
        "-c",
        """cd /root && echo 'APT::Install-Recommends "false";' >/etc/apt/apt.conf.d/99-test
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=amana.test \
            -addext subjectAltName=DNS:amana.test -keyout key.pem -out fullchain.pem 2>/dev/null
        cp fullchain.pem /usr/local/share/ca-certificates/test.crt && update-ca-certificates
        echo '127.0.0.1 amana.test' >>/etc/hosts""",
    )
    # The exit code of `status` says whether somebody should look, as in a center that is minutes old.
    shell = 'cd /root; amana() { command amana "$@" || [ $? = 1 -a "$1" = status ]; }'
    names = {
        "YOUR.NAME": "amana.test",
        "192.0.2.10": "127.0.0.1",
        "link NAME": "link Administrator",
        "keys unlock": "keys unlock </var/lib/amana/keys/trial-passphrase.txt",
    }
    for number, block in enumerate(blocks_for("machine")):
        for name, own in names.items():
            block = block.replace(name, own)
        if "upgrade --check" in block:
            machine.run("sh", "-c", f"rm /root/amana_*.deb; mv {newer} /root/amana_newer.deb")
            wait_until(lambda: "each copy has" in machine.run("amana", "upgrade", "--check", check=False))
        said = machine.run("bash", "-euo", "pipefail", "-c", f"{shell}\n{block}")
        wait_until(answers, every=0.5)
        if number == 0:
            async with await Visitor.arrive(re.findall(r"\S+/sign-in#\S+", said)[0]):
                pass  # the first administrator


def entries(machine: Machine, process: str) -> list[dict[str, str]]:
    """What this process has logged into the journal."""
    said = machine.run("journalctl", "--no-pager", "--output=json", f"--identifier=amana-{process}")
    return [json.loads(line) for line in said.splitlines()]


def statements(machine: Machine) -> int:
    """The size of the ledger."""
    [size] = re.findall(r"(\d+) statements, signed", machine.run("amana", "status", check=False))
    return int(size)


def made_newer(machine: Machine, package: Path) -> str:
    """The same package with a later version; its path in the machine."""
    work = machine.root / "root" / "newer"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(work)], check=True)
    control = work / "DEBIAN" / "control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+newer", control.read_text(), flags=re.MULTILINE))
    made = machine.root / "root" / "newer.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(work), str(made)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(work)
    return "/root/newer.deb"
