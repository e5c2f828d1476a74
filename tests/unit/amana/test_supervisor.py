"""The supervisor of `amana serve`, without its processes (with them: `tests/integration/test_service.py`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amana.control_channel import Message
from amana.install.incidents import Incidents
from amana.keyholder.roles import Peer
from amana.settings import Settings
from amana.supervisor.recorder_children import RecorderChildren
from amana.supervisor.supervised_process import open_log
from amana.supervisor.supervisor import Supervisor
from casework.recording.channel import Refused


async def test_a_failure_is_an_incident_whatever_its_class_is_called(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    settings.incidents.parent.mkdir()
    report = {"number": "01234567", "kind": "Http2Error"}
    await Supervisor(settings, lambda _: None)._answer(Peer("web", 1), "report_failure", report)
    [one] = Incidents(settings.incidents).lately()
    assert one.how == "failed unexpectedly: Http2Error, number 01234567 in the log"


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"number": "0123456g", "kind": "KeyError"},
        {"number": "01234567", "kind": "a name, and more"},
        {"number": "01234567", "kind": "A" * 65},
    ],
)
async def test_of_a_failure_the_supervisor_notes_no_more_than_number_and_class(
    tmp_path: Path, report: Message
) -> None:
    settings = Settings(data=tmp_path)
    settings.incidents.parent.mkdir()
    with pytest.raises(Refused, match="the name of a class"):
        await Supervisor(settings, lambda _: None)._answer(Peer("web", 1), "report_failure", report)
    assert Incidents(settings.incidents).lately() == []


async def test_once_it_was_told_to_end_no_recorder_is_started(tmp_path: Path) -> None:
    """One that was would outlive the service: those that run have been asked to end already."""
    supervisor = Supervisor(Settings(data=tmp_path), lambda _: None)
    web, config = Peer("web", 1), {"interview": "../x"}
    supervisor._recorders = RecorderChildren(Settings(data=tmp_path), bytes(32), lambda *_: None)
    with pytest.raises(Refused, match="no recorder can be started with this"):
        await supervisor._answer(web, "start_recorder", config)
    supervisor._end_or_hurry()
    with pytest.raises(Refused, match="is being ended"):
        await supervisor._answer(web, "start_recorder", config)


def test_where_the_service_logs_into_the_journal_its_processes_have_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, path = os.fstat(2), tmp_path / "web.log"
    with open_log(path):
        assert path.exists()
    path.unlink()
    monkeypatch.setenv("JOURNAL_STREAM", f"{error.st_dev}:{error.st_ino}")
    with open_log(path) as output:
        assert os.path.samestat(os.fstat(output.fileno()), error)
    assert not path.exists()
