"""`amana doctor` finds what is not fit for Amana, and says how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amana.cli import main
from amana.health import disks, doctor
from amana.health.doctor import Finding
from amana.install import installation, local_authority
from amana.settings import Settings
from tests.support.servers.object_server import ObjectServer

pytestmark = pytest.mark.starts  # the sandbox is tried

MOUNTS = """\
1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
2 1 0:5 / /srv rw - nfs4 server:/srv rw
3 2 8:2 / /srv/my\\040disk rw shared:2 master:1 - xfs /dev/sdb1 rw
4 1 0:6 / /srvother rw - tmpfs tmpfs rw
5 1 0:7 / /dev rw - devtmpfs udev rw
6 1 0:8 / /dev rw - tmpfs none rw
"""


def found(settings: Settings, subject: str, **environ: str) -> list[Finding]:
    return [one for one in doctor.look(settings, environ) if one.subject == subject]


def only(settings: Settings, subject: str, **environ: str) -> Finding:
    [one] = found(settings, subject, **environ)
    return one


def test_before_the_first_start_it_makes_nothing(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "deep" / "amana", port=0)
    seen = list(doctor.look(settings, {}))
    assert list(tmp_path.iterdir()) == []
    assert [one.subject for one in seen] == [
        "settings",
        "clock",
        "data folder",
        "disk",
        "disk",
        "keys",
        "second-copy",
        "second-keys",
        "database",
        "port",
        "sandbox",
        "confinement",
        "working copies",
    ]
    assert all(bool(one.todo) == (one.state != "ok") for one in seen), seen


def test_a_center_that_was_started_is_looked_at_whole(settings: Settings) -> None:
    before = sorted(settings.data.rglob("*"))
    subjects = {one.subject: one for one in doctor.look(replace(settings, port=0), {})}
    assert subjects["keys"].found == "protected"
    assert subjects["database"].found.startswith("SQLite, ")
    for copy in ("first-copy", "first-keys"):
        assert subjects[copy].state == "ok", subjects[copy]
        assert "answers" in subjects[copy].found
    assert [one for one in sorted(settings.data.rglob("*")) if one not in before] == []


def test_a_setting_without_effect_is_named_with_the_one_that_was_meant(settings: Settings) -> None:
    one = only(settings, "settings", AMANA_ADRESS="https://amana.example", PATH="/bin", AMANA_PORT="8420")
    assert (one.state, one.todo) == ("check", "AMANA_ADDRESS?")
    assert "AMANA_ADRESS" in one.found and "https" not in one.found


def test_a_file_with_a_secret_is_there_and_for_its_user_alone(settings: Settings, tmp_path: Path) -> None:
    token = tmp_path / "token"
    with_token = replace(settings, metrics_token=token)
    assert [one.state for one in found(with_token, "settings")] == ["ok", "wrong"]
    token.write_text("a" * 40)
    token.chmod(0o640)
    wrong = found(with_token, "settings")[1]
    assert (wrong.state, wrong.todo) == ("wrong", f"chmod 600 {token}")
    token.chmod(0o600)
    assert [one.state for one in found(with_token, "settings")] == ["ok"]


def test_trial_keys_are_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "amana", port=0)
    installation.prepare(settings)
    assert only(settings, "keys").state == "check"


def test_a_copy_that_is_away_is_named_with_its_place(settings: Settings) -> None:
    shutil.move(settings.data / "second-copy", settings.data / "elsewhere")
    states = {one.state: one for one in found(settings, "second-copy")}
    assert str(settings.data / "second-copy") in states["wrong"].found
    assert "amana make-copy second-copy" in states["wrong"].todo
    assert "same disk" in states["check"].found


@pytest.mark.parametrize(("locks", "state"), [(True, "ok"), (False, "check")])
def test_a_bucket_that_lets_objects_be_deleted_is_said(
    settings: Settings, server: ObjectServer, locks: bool, state: str
) -> None:
    bucket = server.new_bucket(locks=locks)
    address = server.address(bucket.name)
    there = replace(settings, first_copy=address, first_copy_credentials=bucket.credentials)
    one = only(there, "first-copy")
    assert one.state == state, one
    assert address.rsplit("/", 1)[1] in one.found
    assert ("NOT WRITE-ONCE" in one.found) != locks


def _torn(settings: Settings) -> Settings:
    settings.database.write_bytes(b"no database of any kind" * 1000)
    return settings


def _away(settings: Settings) -> Settings:
    settings.database.unlink()
    return replace(settings, server="postgresql://amana:not-a-secret@127.0.0.1:1/amana?connect_timeout=2")


def _other(settings: Settings) -> Settings:
    return replace(settings, server="postgresql://amana:not-a-secret@127.0.0.1:1/amana")


@pytest.mark.parametrize("harm", [_torn, _away, _other])
def test_a_database_that_cannot_be_used_is_wrong(
    settings: Settings, harm: Callable[[Settings], Settings]
) -> None:
    one = only(harm(settings), "database")
    assert one.state == "wrong"
    assert "not-a-secret" not in one.found + one.todo


def test_a_port_that_another_program_has_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one = only(replace(settings, port=port), "port")
    assert one.state == "wrong"
    assert f"sport = {port}" in one.todo
    assert only(replace(settings, port=port), "port").state == "ok"
    assert only(replace(settings, host="192.0.2.1"), "port").state == "wrong"


@pytest.mark.parametrize(
    ("age", "state"), [(timedelta(), "ok"), (timedelta(days=4000), "wrong"), (None, "wrong")]
)
def test_a_certificate_that_ended_or_is_missing_is_wrong(
    settings: Settings, age: timedelta | None, state: str
) -> None:
    name = "amana.home.arpa"
    if age is not None:
        local_authority.make(settings.certificates, [name], datetime.now(UTC) - age)
    one = only(replace(settings, tls="local", address=f"https://{name}:8420"), "certificate")
    assert one.state == state
    assert ("amana tls" in one.todo) == (state != "ok")


def test_a_proxy_that_shows_no_certificate_is_said(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        at = f"https://localhost:{closed.getsockname()[1]}"
    assert only(replace(settings, address=at), "certificate").state == "check"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_another_user_is_told_whose_folder_it_is_and_touches_nothing(settings: Settings) -> None:
    os.chown(settings.data, 54321, 54321)
    seen = list(doctor.look(settings, {}))
    assert seen[-1].subject == "data folder"
    assert (seen[-1].state, seen[-1].todo) == ("wrong", "run this as user 54321")


def test_a_folder_in_memory_elsewhere_or_open_to_others_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    monkeypatch.setattr(disks, "MOUNTS", mounts)

    def on(kind: str) -> Finding:
        mounts.write_text(f"1 0 8:1 / / rw,relatime shared:1 - {kind} /dev/sda1 rw\n")
        return only(settings, "data folder")

    settings.data.chmod(0o700)
    assert on("ext4").state == "ok"
    assert (on("tmpfs").state, "lies in memory" in on("tmpfs").found) == ("wrong", True)
    assert (on("nfs4").state, "on another machine" in on("nfs4").found) == ("check", True)
    settings.data.chmod(0o755)
    assert (on("ext4").state, on("ext4").todo) == ("check", f"chmod 700 {settings.data.absolute()}")


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/my disk/amana", "xfs"),
        ("/srvother/a", "tmpfs"),
        ("/dev", "tmpfs"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(folder: str, kind: str) -> None:
    assert disks.file_system(Path(folder), MOUNTS) == kind


def test_the_exit_code_says_whether_anything_is_wrong(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["doctor", "--data", str(settings.data)]
    listed: list[Mapping[str, str]]
    code = main([*data, "--json"])
    listed = json.loads(capsys.readouterr().out)
    assert code == any(one["state"] == "wrong" for one in listed)
    shutil.rmtree(settings.data / "first-copy")
    assert main(data) == 1
    said = capsys.readouterr().out
    assert "WRONG first-copy" in said
    assert " wrong, " in said.splitlines()[-1]
