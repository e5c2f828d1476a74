"""What is written for administrators says what the software does: settings, numbers, configuration files."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from amana import settings
from amana.health.metric_sources import METRICS
from casework.sandbox import bubblewrap, process_log, seccomp
from casework.sandbox.system_calls import decoder_filter

HOUSE = Path(__file__).parents[3]
REFERENCE = HOUSE / "docs" / "reference.md"
DOCUMENTS = sorted(path for path in (HOUSE / "docs").glob("*.md") if path.stem != "benchmarks")
DEPLOYED = sorted(
    path for path in (HOUSE / "deploy").rglob("*") if path.is_file() and "secrets" not in path.parts
)
RULES = HOUSE / "deploy" / "prometheus" / "amana.rules.yml"
UNITS = HOUSE / "deploy" / "systemd"
SERVICE, SANDBOX = UNITS / "amana.service", UNITS / "amana-sandbox@.service"

KNOWN, FIELDS = (
    set(re.findall(r"\bAMANA_[A-Z0-9_]+\b", Path(module.__file__).read_text()))
    for module in (settings, process_log)
)
"""Settings, and fields of an entry in the journal."""


def named(path: Path) -> set[str]:
    return set(re.findall(r"\bAMANA_[A-Z0-9_]*[A-Z0-9]\b", path.read_text()))


@pytest.mark.parametrize("path", [*DEPLOYED, *DOCUMENTS], ids=lambda path: path.name)
def test_only_settings_and_fields_that_there_are_are_named(path: Path) -> None:
    assert named(path) <= KNOWN | FIELDS


def test_every_setting_is_documented() -> None:
    assert {name for name in KNOWN if not name.endswith("_")} <= named(REFERENCE)


def test_the_documented_numbers_are_those_that_there_are() -> None:
    documented = set(re.findall(r"`(amana_[a-z_]+)`", REFERENCE.read_text()))
    assert documented == METRICS.keys()


def test_alert_rules_are_about_numbers_that_there_are() -> None:
    used = set(re.findall(r"\bamana_[a-z_]+\b", RULES.read_text()))
    assert used <= METRICS.keys()


@pytest.mark.starts
def test_prometheus_takes_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.starts
def test_systemd_takes_the_units_and_finds_little_exposed() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    for one in UNITS.glob("*.service"):
        command = [analyze, "security", "--offline=true", "--threshold=20", str(one)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


def set_in(unit: Path, name: str) -> list[str]:
    """The values of this setting, in order."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("unit", [SERVICE, SANDBOX], ids=lambda unit: unit.name)
def test_where_memory_ends_the_unit_goes_on(unit: Path) -> None:
    """The kernel ends a decoder first; by default systemd would then stop the whole service."""
    assert set_in(unit, "OOMPolicy") == ["continue"]


def system_calls(name: str) -> set[str]:
    """Those of one of systemd's sets, or the one of this name."""
    if not name.startswith("@"):
        return {name}
    command = ["systemd-analyze", "syscall-filter", name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in said.splitlines()[1:]]
    return set().union(*(system_calls(line) for line in lines if line and not line.startswith("#")))


def known(name: str) -> bool:
    """Whether libseccomp knows it; systemd lists a few calls of machines of long ago."""
    try:
        seccomp.allowing([name])
    except OSError:
        return False
    return True


def calls_of(unit: Path) -> set[str]:
    """The system calls that the unit allows."""
    calls: set[str] = set()
    for line in set_in(unit, "SystemCallFilter"):
        named = set().union(*(system_calls(one) for one in line.removeprefix("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    return calls


@pytest.mark.starts
def test_under_the_unit_s_restrictions_the_sandbox_can_be_set_up() -> None:
    """Its system calls, as an ordinary user without a capability."""
    separate = {"mnt", *bubblewrap._SEPARATE}
    [allowed] = set_in(SANDBOX, "RestrictNamespaces")
    assert set(allowed.split()) == separate
    assert set_in(SANDBOX, "RestrictSUIDSGID") == ["no"]  # it refuses openat2
    calls = calls_of(SANDBOX)
    program = seccomp.allowing(sorted(filter(known, calls)))
    assert "mount" in calls and "reboot" not in calls
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
from casework.sandbox import seccomp
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
seccomp.load(bytes.fromhex(sys.argv[2]))
os.execv(sys.argv[3], sys.argv[3:])
"""
    with os.fdopen(os.memfd_create("filter"), "w+b") as filter_:
        filter_.write(decoder_filter())
        filter_.seek(0)
        whole = bubblewrap.command(filter_.fileno(), None, None, {})
        # This Python may lie where such a user does not reach it; what is asked of the system is the same.
        sandbox = [one for at, one in enumerate(whole) if not _is_of_python(whole, at)]
        command = [sys.executable, "-c", code, str(HOUSE), program.hex(), *sandbox, "/usr/bin/true"]
        done = subprocess.run(command, capture_output=True, text=True, pass_fds=[filter_.fileno()])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.starts
def test_the_service_itself_may_set_up_none() -> None:
    assert set_in(SERVICE, "RestrictNamespaces") == ["yes"]
    assert not calls_of(SERVICE) & {"mount", "pivot_root"}


@pytest.mark.starts
def test_a_container_allows_the_system_calls_of_the_units() -> None:
    profile = json.loads((HOUSE / "deploy" / "containers" / "seccomp.json").read_text())
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", errno.EPERM)
    [rule] = profile["syscalls"]
    assert rule["action"] == "SCMP_ACT_ALLOW"
    assert rule["names"] == sorted(filter(known, calls_of(SERVICE) | calls_of(SANDBOX)))


def _is_of_python(arguments: list[str], at: int) -> bool:
    """Whether it belongs to `--ro-bind PATH PATH` of a path outside of the system's folders."""
    for begin in range(max(0, at - 2), at + 1):
        if arguments[begin] == "--ro-bind":
            return not arguments[begin + 1].startswith(("/usr", "/bin", "/sbin", "/lib", "/etc"))
    return False


@pytest.mark.starts
@pytest.mark.parametrize("script", ["database", "install", "prepare", "store"])
def test_scripts_are_shell(script: str) -> None:
    path = HOUSE / "deploy" / "containers" / script
    assert path.stat().st_mode & 0o100
    assert subprocess.run(["bash", "-n", str(path)]).returncode == 0


def test_no_command_in_the_documents_has_settings_or_an_address_with_a_password_as_arguments() -> None:
    """Everybody on a machine can read them."""
    shown = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")]
    for path in shown:
        for line in path.read_text().splitlines():
            assert not re.search(r"\benv \$\(|^\s*pg_\w+ .*\$\{?AMANA_DATABASE", line), (path.name, line)
