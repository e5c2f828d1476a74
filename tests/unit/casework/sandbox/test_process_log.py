"""What a process logs: to a socket that stands for journald's, or to standard error."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.sandbox import process_log, processes
from casework.sandbox.process_log import ErrorsWithoutMessages, JournalHandler

NAME = "a-name-in-no-log"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture
def journal(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        journal.settimeout(5)
        yield journal


@pytest.fixture
def left() -> list[logging.LogRecord]:
    """Records that did not get into the journal."""
    return []


@pytest.fixture
def log(journal: socket.socket, path: Path, left: list[logging.LogRecord]) -> Iterator[logging.Logger]:
    class Otherwise(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            left.append(record)

    handler = JournalHandler(path, {"SYSLOG_IDENTIFIER": "amana-test"}, Otherwise())
    log = logging.Logger("amana.test")
    log.addHandler(handler)
    yield log
    handler.close()


def entry(journal: socket.socket) -> dict[str, str]:
    """The next one, as journald reads it: each value after its length."""
    data, fields = journal.recv(1 << 20), {}
    while data:
        name, _, data = data.partition(b"\n")
        size = int.from_bytes(data[:8], "little")
        value, end, data = data[8 : 8 + size], data[8 + size : 9 + size], data[9 + size :]
        assert end == b"\n"
        fields[name.decode()] = value.decode()
    return fields


def test_each_record_is_one_entry_however_many_lines_it_has(
    log: logging.Logger, journal: socket.socket
) -> None:
    log.warning("first\nsecond=%s", "Ω")
    log.debug("")
    line = test_each_record_is_one_entry_however_many_lines_it_has.__code__.co_firstlineno + 3
    assert entry(journal) == {
        "MESSAGE": "first\nsecond=Ω",
        "PRIORITY": "4",
        "CODE_FILE": __file__,
        "CODE_LINE": str(line),
        "CODE_FUNC": "test_each_record_is_one_entry_however_many_lines_it_has",
        "SYSLOG_IDENTIFIER": "amana-test",
    }
    assert entry(journal)["PRIORITY"] == "7"


@pytest.mark.parametrize(
    ("level", "priority"),
    [("CRITICAL", "2"), ("ERROR", "3"), ("WARNING", "4"), ("INFO", "6"), ("DEBUG", "7")],
)
def test_priorities_are_those_of_syslog(
    log: logging.Logger, journal: socket.socket, level: str, priority: str
) -> None:
    log.log(logging.getLevelNamesMapping()[level], "it happened")
    assert entry(journal)["PRIORITY"] == priority


def test_a_long_message_is_cut_and_arrives(log: logging.Logger, journal: socket.socket) -> None:
    log.error("é" * 200_000)
    assert 0 < len(entry(journal)["MESSAGE"]) <= process_log.MOST // 2


def failed() -> None:
    try:
        int(NAME)
    except ValueError as first:
        raise ExceptionGroup(NAME, [KeyError(NAME), OSError(28, NAME, NAME)]) from first


def test_of_an_error_types_and_places_are_logged_and_no_message(
    log: logging.Logger, journal: socket.socket
) -> None:
    try:
        failed()
    except ExceptionGroup:
        log.exception("it failed")
    fields = entry(journal)
    assert fields["AMANA_EXCEPTION"] == "ExceptionGroup"
    assert NAME not in str(fields)
    lines = [line.strip() for line in fields["MESSAGE"].splitlines()]
    assert lines[0] == "it failed"
    types = ["ValueError", "KeyError", "OSError: No space left on device", "ExceptionGroup"]
    assert [line for line in lines if line.startswith("builtins.")] == [f"builtins.{name}" for name in types]
    assert any(line.startswith(f'File "{__file__}"') and line.endswith("in failed") for line in lines)


def test_an_error_that_led_to_itself_is_logged_once(log: logging.Logger, journal: socket.socket) -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    log.error("it failed", exc_info=first)
    assert entry(journal)["MESSAGE"] == "it failed\nbuiltins.KeyError\nbuiltins.ValueError"


def test_nothing_waits_for_a_journal_that_takes_no_entries(
    log: logging.Logger, journal: socket.socket, left: list[logging.LogRecord]
) -> None:
    for number in range(10_000):  # more than a socket holds
        log.info("%d", number)
    assert left == []
    assert entry(journal)["MESSAGE"] == "0"
    log.info("again")
    journal.setblocking(False)
    later = []
    with pytest.raises(BlockingIOError):
        while True:
            later.append(entry(journal)["MESSAGE"])
    assert later[-1] == "again"


def test_where_the_journal_has_gone_the_other_handler_takes_its_records(
    log: logging.Logger, journal: socket.socket, left: list[logging.LogRecord]
) -> None:
    journal.close()
    log.info("it happened")
    assert [record.getMessage() for record in left] == ["it happened"]


def test_a_wrong_call_of_the_log_does_not_end_its_caller(
    log: logging.Logger, journal: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info("%d", "no number")
    assert "Logging error" in capsys.readouterr().err


def test_outside_of_systemd_a_line_has_time_level_and_module() -> None:
    record = logging.LogRecord("amana.test", logging.INFO, "", 1, "it happened", (), None)
    assert ErrorsWithoutMessages(process_log._LINE).format(record).endswith(" INFO amana.test: it happened")


# --- a process of its own -----------------------------------------------------------------------------------

BEGUN = """
import asyncio, logging, os, sys, threading
from pathlib import Path
from casework.sandbox import process_log, processes
error = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{error.st_dev}:{error.st_ino}"
process_log.begin("recorder", "info", Path(sys.argv[1]), AMANA_INTERVIEW="07")
log, name = logging.getLogger("recorder.test"), sys.argv[2]
"""


def ran(path: Path, code: str) -> tuple[int, str]:
    """Exit code of a new process with this code, and what is on its standard error."""
    command = [sys.executable, "-c", BEGUN + code, str(path), NAME]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.starts
def test_a_confined_process_logs_into_the_journal(path: Path, journal: socket.socket) -> None:
    assert processes.hindrance() is None
    code = """
processes.confine(processes.RECORDER)
try:
    log.warning("%s", os.listdir("/root"))
except PermissionError:
    log.warning("confined")
"""
    assert ran(path, code) == (0, "")
    fields = entry(journal)
    assert (fields["MESSAGE"], fields["SYSLOG_IDENTIFIER"]) == ("confined", "amana-recorder")
    assert fields["AMANA_INTERVIEW"] == "07"


@pytest.mark.starts
def test_errors_that_nothing_caught_and_what_libraries_tell_hold_no_personal_data(
    path: Path, journal: socket.socket
) -> None:
    code = """
logging.getLogger("aioice.ice").info(name)
async def fail():
    raise ValueError(name)
async def leave():
    asyncio.ensure_future(fail())
    asyncio.get_running_loop().call_soon(int, name)
    await asyncio.sleep(0)
asyncio.run(leave())
thread = threading.Thread(target=int, args=[name])
thread.start()
thread.join()
int(name)
"""
    assert ran(path, code) == (1, "")
    found = [entry(journal) for _ in range(4)]
    assert sorted(one["MESSAGE"].splitlines()[0] for one in found) == [
        "Exception in callback int",
        "Task exception was never retrieved",
        *["an error that nothing caught"] * 2,
    ]
    assert {one["AMANA_EXCEPTION"] for one in found} == {"ValueError"}
    assert NAME not in str(found)


@pytest.mark.starts
def test_where_there_is_no_journal_each_line_has_its_priority(tmp_path: Path) -> None:
    code = 'log.error("it happened\\nto us")\nlog.info("later")\nlog.debug("never")'
    assert ran(tmp_path / "none", code) == (0, "<3>it happened\n<3>to us\n<6>later\n")
