"""Settings: what the environment may say, and what it is told when it may not."""

from __future__ import annotations

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


def test_nothing_needs_to_be_set() -> None:
    assert read_settings({}) == Settings()
    assert Settings().public_address == "http://127.0.0.1:8420"
    assert Settings().offered_addresses == ("127.0.0.1",)


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
        log_level="debug",
    )
    assert read_settings(to_environ(settings)) == settings
    assert settings.public_address == "https://amana.example"


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
