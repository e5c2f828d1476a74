"""Backups are whole or not there, and a restore puts nothing in its place that is not as it was made."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from amana.centers import opened_center
from amana.cli import main
from amana.errors import Unusable
from amana.install import installation
from amana.recovery import backup, restore
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from casework.center import Center
from tests.support.centers.prepared import running_keyholder, settings_at
from tests.support.servers.databases import Server


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """A machine that has nothing of the center."""
    settings = settings_at(tmp_path / "empty")
    for folder in (settings.data, settings.run):
        folder.mkdir(0o700, parents=True, exist_ok=True)
    return settings


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left(settings: Settings) -> list[str]:
    """What is in the data folder, but for the sockets' folder."""
    return sorted(path.name for path in settings.data.iterdir() if path.name != "run")


def test_on_an_empty_machine_both_give_the_center_back(
    center: Center, settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    waiting = settings.keys / "wraps" / "one"
    waiting.parent.mkdir(exist_ok=True)
    waiting.write_bytes(b"a wrapped key on its way")
    settings.retention.write_text("any 10 years\n")
    keys = backup.of_keys(settings, tmp_path / "stick")
    database = backup.of_database(settings, tmp_path / "nightly")
    for made in (keys, database):
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert [one.name for one in made.parent.iterdir()] == [made.name]
    restored = restore.restore(empty, [database, keys])
    assert restored.keys
    assert restored.head is not None
    assert (restored.head.size, restored.head.root) == (
        center.ledger.size,
        center.ledger.root(center.ledger.size),
    )
    kept = files_of(settings.keys)
    del kept["wraps/one"]
    assert files_of(empty.keys) == {
        name: held for name, held in kept.items() if not name.startswith("endings/")
    }
    assert empty.retention.read_text() == "any 10 years\n"
    assert {stat.S_IMODE(path.stat().st_mode) for path in empty.keys.rglob("*") if path.is_file()} == {0o600}
    assert installation.read(empty) == installation.read(settings)
    with closing(sqlite3.connect(empty.database)) as read:
        assert read.execute("SELECT count(*) FROM people").fetchone() is not None


def test_a_backup_has_what_is_still_in_the_write_ahead_log(settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(settings.database)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE kept (what)")
        live.execute("INSERT INTO kept VALUES ('a statement')")
        live.commit()
        made = backup.of_database(settings, tmp_path)
    with tarfile.open(made) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / backup.SQLITE)) as read:
        assert read.execute("SELECT what FROM kept").fetchall() == [("a statement",)]


def altered(file: Path) -> Iterator[bytes]:
    """The file with one bit of the header, and one of the content, of each member changed, and cut there."""
    content = file.read_bytes()
    with tarfile.open(file) as tar:
        places = [place for one in tar for place in (one.offset + 3, one.offset_data + one.size // 2)]
    for place in places:
        yield content[:place]
        yield content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("make", [backup.of_keys, backup.of_database])
def test_an_altered_backup_is_refused_and_nothing_is_left(
    center: Center, settings: Settings, empty: Settings, tmp_path: Path, make: Callable[..., Path]
) -> None:
    keys, made = backup.of_keys(settings, tmp_path / "stick"), make(settings, tmp_path / "made")
    changes = list(altered(made))
    assert len(changes) >= 8
    for change in changes:
        made.write_bytes(change)
        with pytest.raises(Unusable, match=made.name):
            restore.restore(empty, [made] if make is backup.of_keys else [keys, made])
        assert left(empty) == []


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/outside",
        "keys/../../outside",
        "keys/./a",
        "keys//a",
        "keys/a\nb",
        "spool/a",
        "keys",
        "keys/a/b/c/d/e",
    ],
)
def test_a_backup_of_keys_writes_nowhere_else(empty: Settings, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made.keys"
    sums = f"{hashlib.sha256(b'x').hexdigest()}  {name}\n".encode()
    with tarfile.open(made, "w") as tar:
        for member, content in ((name, b"x"), (backup.SUMS, sums)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    with pytest.raises(Unusable, match="does not belong"):
        restore.restore(empty, [made])
    assert left(empty) == []
    assert not (tmp_path / "outside").exists()


def test_a_name_that_a_restore_would_refuse_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    (settings.keys / "old copy").mkdir()
    (settings.keys / "old copy" / ".vault key.json").write_text("{}")
    assert backup.of_keys(settings, tmp_path / "a").exists()
    (settings.keys / "line\nbreak").write_text("{}")
    with pytest.raises(Unusable, match="does not belong there"):
        backup.of_keys(settings, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []


def test_a_link_in_a_backup_of_keys_is_refused(empty: Settings, tmp_path: Path) -> None:
    made = tmp_path / "made.keys"
    with tarfile.open(made, "w") as tar:
        link = tarfile.TarInfo("keys/vault-key.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(Unusable, match="does not belong"):
        restore.restore(empty, [made])
    assert left(empty) == []


def test_nothing_that_is_there_is_replaced(center: Center, settings: Settings, tmp_path: Path) -> None:
    keys, database = backup.of_keys(settings, tmp_path), backup.of_database(settings, tmp_path)
    before = files_of(settings.keys), settings.database.read_bytes()
    with pytest.raises(Unusable, match="keys is not empty"):
        restore.restore(settings, [keys])
    shutil.move(settings.keys, tmp_path / "aside")
    settings.trust.write_text("# of another center\n")
    with pytest.raises(Unusable, match="rules is not empty"):
        restore.restore(settings, [keys])
    assert settings.trust.read_text() == "# of another center\n"
    assert not settings.keys.exists()
    shutil.move(tmp_path / "aside", settings.keys)
    with pytest.raises(Unusable, match="is there already"):
        restore.restore(settings, [database])
    assert (files_of(settings.keys), settings.database.read_bytes()) == before


@pytest.mark.starts
def test_a_database_of_another_center_is_refused(
    center: Center, settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    database = backup.of_database(settings, tmp_path)
    with pytest.raises(Unusable, match="restore the backup of the keys first"):
        restore.restore(empty, [database])
    assert left(empty) == []
    installation.prepare(empty)
    with pytest.raises(Unusable, match="no ledger that the keys here have signed"):
        restore.restore(empty, [database])
    assert not empty.database.exists()


@pytest.mark.parametrize("content", [b"", b"anything", b"\0" * 2000], ids=["nothing", "a few bytes", "zeros"])
def test_what_is_no_backup_is_said(empty: Settings, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    for given in (file, tmp_path / "missing", tmp_path):
        with pytest.raises(Unusable, match=given.name):
            restore.restore(empty, [given])


def test_at_the_terminal(
    center: Center, settings: Settings, empty: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(settings.data)]
    assert main(["backup", *data]) == 2
    assert main(["backup", *data, str(tmp_path / "a"), "--keys", str(tmp_path / "b"), "--keep", "0"]) == 2
    assert main(["backup", *data, str(tmp_path / "a"), "--keys", str(tmp_path / "b")]) == 0
    assert main(["backup", "--data", str(empty.data), str(tmp_path / "c")]) == 2
    made = [str(one) for name in "ab" for one in (tmp_path / name).iterdir()]
    said = capsys.readouterr().out
    assert len(made) == 2
    assert all(one in said for one in made)
    assert main(["restore", "--data", str(empty.data), *made, made[0]]) == 2
    assert main(["restore", "--data", str(empty.data), *made]) == 0
    assert f"up to {center.ledger.size} statements" in capsys.readouterr().out


def test_old_backups_go_and_other_files_stay(settings: Settings, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"2020010{number}T000000Z.database").touch()
        (tmp_path / f"2020010{number}T000000Z.keys").touch()
    others = [
        tmp_path / name for name in ("notes.keys", "20200101T000000Z.keys.bak", "20200101T000000Z.part")
    ]
    stale = tmp_path / "20200101T000000Z.database.part"
    for path in (*others, stale):
        path.touch()
        os.utime(path, (0, 0))
    left_behind = tmp_path / f"{backup.UNFINISHED}abc"
    left_behind.mkdir()
    os.utime(left_behind, (0, 0))
    made = backup.of_database(settings, tmp_path)
    backup.prune(tmp_path, 2)
    assert not left_behind.exists()
    names = {path.name for path in tmp_path.iterdir() if path.is_file()} - {path.name for path in others}
    assert names == {
        made.name,
        "20200104T000000Z.database",
        "20200103T000000Z.keys",
        "20200104T000000Z.keys",
    }
    assert all(path.exists() for path in others)


@pytest.mark.starts
def test_a_database_on_a_server_goes_and_comes_back(
    database_server: Server, settings: Settings, tmp_path: Path
) -> None:
    settings.database.unlink()
    on_server = with_server(settings, database_server.made(database_server.migrated).url)
    with (
        running_keyholder(on_server) as keyholder,
        opened_center(on_server, RecorderRooms(on_server), keyholder) as center,
    ):
        size = center.ledger.size
        dump = backup.of_database(on_server, tmp_path)
    with tarfile.open(dump) as tar:
        assert tar.getnames() == [backup.DUMP, backup.SUMS]
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    with pytest.raises(Unusable, match="already exists"):
        restore.restore(on_server, [dump])
    elsewhere = with_server(settings, database_server.made().url)
    restored = restore.restore(elsewhere, [dump])
    assert restored.head is not None
    assert restored.head.size == size
    with pytest.raises(Unusable, match="AMANA_DATABASE"):
        restore.restore(settings, [dump])


def with_server(settings: Settings, url: str) -> Settings:
    shutil.rmtree(settings.keys / "signed-checkpoints", ignore_errors=True)
    return Settings(data=settings.data, unsigned_acts="allowed", server=url)


@pytest.mark.starts
def test_no_program_has_the_password_in_its_arguments(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("pg_dump", "pg_restore"):
        path = tmp_path / program
        path.write_text(
            '#!/bin/sh\nprintf "%s\\n" "$0" "$@" >> "$SEEN"\n'
            'for one; do case $one in --file=*) touch "${one#--file=}";; esac; done\n'
            'case $0 in */pg_dump) cat "$PGSERVICEFILE" > "$SEEN.service";; esac\n'
        )
        path.chmod(0o700)
    seen = tmp_path / "seen"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(seen))
    url = "postgresql://amana:hid%40den@db.example:5433/center?sslmode=verify-full&sslpassword=hidden-too"
    backup.of_database(with_server(settings, url), tmp_path / "backups")
    arguments = seen.read_text()
    assert "service=amana" in arguments and "hid" not in arguments
    service = Path(f"{seen}.service").read_text()
    assert {"host=db.example", "dbname=center", "password=hid@den"} <= set(service.splitlines())


@pytest.mark.starts
def test_a_program_that_fails_leaves_no_backup(settings: Settings, tmp_path: Path) -> None:
    away = with_server(settings, "postgresql://amana@127.0.0.1:1/amana?connect_timeout=2")
    with pytest.raises(Unusable, match="pg_dump: error"):
        backup.of_database(away, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []
