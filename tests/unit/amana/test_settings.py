"""Settings: what the environment may say, and what it is told when it may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from amana.settings import (
    MAX_SOCKET_PATH,
    MIB,
    SettingInvalid,
    Settings,
    read_settings,
    to_environ,
    without_database,
)
from vault.stores.bucket_address import Bucket


def test_nothing_needs_to_be_set() -> None:
    assert read_settings({}) == Settings()
    assert Settings().public_address == "http://localhost:8420"


def test_processes_that_are_started_read_the_same_settings() -> None:
    settings = Settings(
        data=Path("/srv/amana"),
        server="postgresql://amana@db.example/amana?passfile=/etc/amana/pgpass",
        host="192.0.2.7",
        port=443,
        address="https://amana.example",
        organisation="center-of-somewhere",
        media_addresses=("192.0.2.7", "2001:db8::7"),
        reserve=5 * MIB,
        first_copy="https://objects.example:9000/first?region=eu-1&lock=required&days=30",
        first_copy_credentials=Path("/etc/amana/first.keys"),
        second_copy="/mnt/second",
        log_level="debug",
    )
    assert read_settings(to_environ(settings)) == settings
    assert settings.public_address == "https://amana.example"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first_copy": "/srv"}, "AMANA_FIRST_COPY: /srv contains the keys, /srv/amana/keys"),
        ({"second_copy": "/srv/amana"}, "AMANA_SECOND_COPY: /srv/amana contains the first copy"),
        (
            {"first_copy": "/srv/amana/keys/copy"},
            "AMANA_FIRST_COPY: /srv/amana/keys/copy lies within the keys",
        ),
        (
            {"first_copy": "/srv/amana/web"},
            "AMANA_FIRST_COPY: this is the folder of the database",
        ),
        (
            {"second_copy": "/srv/amana/rules/copy"},
            "AMANA_SECOND_COPY: /srv/amana/rules/copy lies within the rules",
        ),
        ({"first_copy": "/srv/amana/spool/copy"}, "lies within the spool"),
        (
            {"first_keys": "/mnt/copy/keys", "first_copy": "/mnt/copy"},
            "AMANA_FIRST_KEYS: .* lies within the first copy",
        ),
        (
            {"second_keys": "/mnt", "first_copy": "/mnt/copy"},
            "AMANA_SECOND_KEYS: /mnt contains the first copy",
        ),
        (
            {"first_keys": "/mnt/copy/../copy", "first_copy": "/mnt/copy"},
            "this is the folder of the first copy",
        ),
    ],
)
def test_a_copys_folder_is_apart_from_every_other(fields: dict[str, str], said: str) -> None:
    with pytest.raises(SettingInvalid, match=said):
        Settings(data=Path("/srv/amana"), **fields)


def test_a_link_hides_no_folder_in_a_copys(tmp_path: Path) -> None:
    (tmp_path / "data" / "keys").mkdir(parents=True)
    (tmp_path / "copy").symlink_to(tmp_path / "data" / "keys")
    with pytest.raises(SettingInvalid, match="this is the folder of the keys"):
        Settings(data=tmp_path / "data", first_copy=str(tmp_path / "copy"))


def test_a_copy_is_a_folder_or_a_bucket() -> None:
    data = Path("/srv/amana")
    assert dict(Settings(data=data).copies) == {
        "first-copy": data / "first-copy",
        "second-copy": data / "second-copy",
    }
    copies = read_settings(
        {
            "AMANA_FIRST_COPY": "https://objects.example:9000/first?style=host&ca=/etc/ca.pem&days=30",
            "AMANA_FIRST_COPY_CREDENTIALS": "/etc/first.keys",
            "AMANA_SECOND_COPY": "/mnt/second",
        }
    ).copies
    assert copies["second-copy"] == Path("/mnt/second")
    assert copies["first-copy"] == Bucket(
        "objects.example:9000",
        "first",
        Path("/etc/first.keys"),
        host_style=True,
        retention=timedelta(days=30),
        authority=Path("/etc/ca.pem"),
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://first", "a folder, or https"),
        ("https://objects.example", "a bucket is written"),
        ("https://objects.example/", "a bucket is written"),
        ("https://objects.example/first/part", "a bucket is written"),
        ("https://objects.example/FIRST", "a bucket is written"),
        ("https://objects.example:port/first", "[Pp]ort"),
        ("https://user:secret@objects.example/first", "credentials belong into a file"),
        ("https://objects.example/first?secret=x", "options are"),
        ("https://objects.example/first?days=1&days=2", "options are"),
        ("https://objects.example/first?days=6", "from 7 to 3650"),
        ("https://objects.example/first?days=36500", "from 7 to 3650"),
        ("https://objects.example/first?lock=no", "wanted or required"),
        ("https://objects.example/first?region=a b", "region"),
        ("http://objects.example/first", "only to this machine"),
        ("http://192.0.2.7/first", "only to this machine"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_said_to_be_wrong(address: str, said: str) -> None:
    with pytest.raises(SettingInvalid, match=f"AMANA_SECOND_COPY: .*{said}"):
        Settings(second_copy=address, second_copy_credentials=Path("keys"))


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "[::1]:9000", "objects.example"])
def test_without_tls_a_bucket_is_on_this_machine_unless_that_is_allowed(host: str) -> None:
    plain = "?plain=allowed" if host == "objects.example" else ""
    settings = Settings(first_copy=f"http://{host}/first{plain}", first_copy_credentials=Path("keys"))
    assert settings.copies["first-copy"] == Bucket(host, "first", Path("keys").absolute(), secure=False)


def test_two_copies_are_two_places_behind_two_credentials() -> None:
    one, other = "https://objects.example/first", "https://objects.example/second"
    keys = {"first_copy_credentials": Path("a.keys"), "second_copy_credentials": Path("b.keys")}
    Settings(first_copy=one, second_copy=other, **keys)
    with pytest.raises(SettingInvalid, match="the bucket of the first copy"):
        Settings(first_copy=one, second_copy=f"{one}?days=30", **keys)
    with pytest.raises(SettingInvalid, match="the folder of the first copy"):
        Settings(first_copy="/mnt/copy", second_copy="/mnt/copy")
    with pytest.raises(SettingInvalid, match="a user of its own"):
        Settings(first_copy=one, second_copy=other, **{**keys, "second_copy_credentials": Path("a.keys")})
    with pytest.raises(SettingInvalid, match="AMANA_FIRST_COPY_CREDENTIALS: a bucket needs the file"):
        Settings(first_copy=one)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMANA_PORT", "http"),
        ("AMANA_PORT", "65536"),
        ("AMANA_RESERVE_MIB", "0"),
        ("AMANA_ADDRESS", "amana.example"),
        ("AMANA_ADDRESS", "https://amana.example/path"),
        ("AMANA_ORGANISATION", "The Center"),
        ("AMANA_MEDIA_ADDRESSES", "192.0.2.7, room.example"),
        ("AMANA_LOG_LEVEL", "loud"),
        ("AMANA_DATABASE", "sqlite:///elsewhere"),
        ("AMANA_DATABASE", "postgresql://amana:a/b@db/amana"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_settings({name: value})


def test_sockets_have_a_path_that_the_system_takes_wherever_the_data_lie(tmp_path: Path) -> None:
    near, deep = Settings(data=Path("/srv/amana")), Settings(data=tmp_path / ("d" * 120))
    assert near.run == Path("/srv/amana/run")
    for settings in (near, deep):
        assert len(str(settings.recorder_socket("0" * 32))) <= MAX_SOCKET_PATH
    assert deep.run != Settings(data=tmp_path / ("e" * 120)).run


def test_a_password_of_the_database_is_shown_nowhere_and_handed_to_no_process_without_one() -> None:
    environ = {"AMANA_DATABASE": "postgresql://amana:hidden@db.example/amana", "PGPASSWORD": "hidden"}
    settings = read_settings(environ)
    assert settings.database_url == environ["AMANA_DATABASE"]
    assert "hidden" not in repr(settings) + settings.database_place
    assert settings.database_place == "PostgreSQL, amana at db.example"
    assert without_database({**environ, "AMANA_DATA": "d"}) == {"AMANA_DATA": "d"}
    with pytest.raises(SettingInvalid) as refused:
        read_settings({"AMANA_DATABASE": "postgresql://amana:hid/den@db/amana"})
    assert "hid" not in str(refused.value)


def test_sockets_that_no_path_is_short_enough_for_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("t" * 90)))
    with pytest.raises(SettingInvalid, match="TMPDIR"):
        Settings(data=tmp_path / ("d" * 120))
