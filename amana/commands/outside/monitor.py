"""`amana monitor`: read a whole ledger from outside, repeatedly, and sign what was found clean."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.monitor.monitor import HttpLedger, Monitor, MonitorPass, Unreachable
from amana.monitor.store import MonitorMemory, open_cosigner
from amana.settings import Settings
from chain_of_custody.errors import Malformed
from chain_of_custody.trust.monitor import Finding
from chain_of_custody.trust.policy import MAX_POLICY, TrustPolicy
from vault.errors import VaultError

CLEAN, FOUND, NOT_READ = 0, 1, 3


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _monitor, data=False)
    parser.add_argument("--ledger", required=True, metavar="URL", help="such as https://amana.example/ledger")
    parser.add_argument(
        "--token", type=Path, required=True, metavar="FILE", help="a reader's token with the right to entries"
    )
    parser.add_argument(
        "--policy", type=Path, required=True, metavar="FILE", help="the policy that the court registered"
    )
    parser.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="what the monitor remembers; never shared"
    )
    parser.add_argument(
        "--name", metavar="NAME", help="of a new monitor, such as court.example/monitor; stays for ever"
    )
    often = parser.add_mutually_exclusive_group(required=True)
    often.add_argument("--once", action="store_true", help="read what is new and end")
    often.add_argument("--every", type=float, metavar="SECONDS", help="repeat until stopped")


def _monitor(parsed: argparse.Namespace, _: Settings) -> int:
    if parsed.every is not None and not 1 <= parsed.every <= 86_400 * 7:
        raise Unusable("--every: from one second to a week")
    policy, token = _policy(parsed.policy), _token(parsed.token)
    try:
        cosigner = open_cosigner(parsed.state, parsed.name)
        memory = MonitorMemory(parsed.state, policy)
    except (OSError, VaultError) as error:
        raise Unusable(f"{parsed.state} cannot be used: {error}") from None
    ledger = HttpLedger(parsed.ledger, token)
    monitor = Monitor(ledger, policy, memory, cosigner, _print_finding)
    try:
        return _look(monitor) if parsed.once else _watch(monitor, parsed.every)
    finally:
        ledger.close()
        memory.close()


def _look(monitor: Monitor) -> int:
    """Run one pass; return its exit code."""
    try:
        look = monitor.look()
    except Unreachable as unreachable:
        print(f"not read  {unreachable}", file=sys.stderr, flush=True)
        return NOT_READ
    except (sqlite3.Error, OSError, VaultError) as error:  # an error of its own disk, not of the ledger
        print(f"not kept  {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return NOT_READ
    _say(look)
    return CLEAN if look.clean else FOUND


def _watch(monitor: Monitor, seconds: float) -> int:
    """Repeat passes until SIGTERM or SIGINT; return the most serious exit code."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    codes = set()
    while not stopped.is_set():
        codes.add(_look(monitor))
        stopped.wait(seconds)
    # A temporary failure to reach the ledger is no finding; but a ledger never reached is not verified.
    return FOUND if FOUND in codes else CLEAN if CLEAN in codes else NOT_READ


def _print_finding(finding: Finding) -> None:
    where = "" if finding.position is None else f"entry {finding.position}: "
    about = "" if finding.chain is None else f" (chain {finding.chain})"
    print(f"FOUND     {finding.kind}: {where}{finding.reason}{about}", flush=True)


def _say(look: MonitorPass) -> None:
    if look.alarm is not None:
        print(f"ALARM     both heads are kept in {look.alarm}", flush=True)
    if look.checkpoint is None:
        return
    head = f"{look.checkpoint.size} entries, root {look.checkpoint.root.hex()}"
    witnessed = _WITNESSED[look.quorum]
    if look.clean:
        print(f"clean     {head}; {witnessed}; signed in {look.signed}", flush=True)
    else:
        print(f"NOT CLEAN {head}; not signed", flush=True)


_WITNESSED = {
    None: "the policy asks for no witness",
    True: "witnesses' quorum met",
    False: "not cosigned by the witnesses the policy asks for",
}


def _policy(path: Path) -> TrustPolicy:
    try:
        with path.open("rb") as file:
            return TrustPolicy.parse(file.read(MAX_POLICY + 1))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except Malformed as malformed:
        raise Unusable(f"{path}: {malformed}") from None


def _token(path: Path) -> str:
    try:
        token = path.read_text("ascii").strip()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if not token or len(token.split()) != 1:
        raise Unusable(f"{path} holds no token: one word, as `amana readers add` printed it")
    return token
