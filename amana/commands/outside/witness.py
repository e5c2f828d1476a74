"""`amana witness …`: a witness of ledgers, run on a machine of its own by a court, a bar or a ministry."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from amana.commands.parser import FAILED, Commands, Run, as_unusable, command, group, new_folder
from amana.errors import Unusable
from amana.settings import Settings
from amana.witness.store import WitnessMemory, create, open_keys
from casework.sandbox import process_log
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.origin import parse_origin
from chain_of_custody.trust.witness import KnownLog

DATA = Path("var/witness")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    witness = group(parser)
    init = _command(witness, "init", _init, "make a witness: new keys in a new folder")
    init.add_argument(
        "--name", required=True, metavar="NAME", help="such as court.example/witness; stays for ever"
    )
    add_log = _command(witness, "add-log", _add_log, "sign for a ledger from now on")
    add_log.add_argument("vkeys", nargs="+", metavar="VKEY", help="its two keys, the log lines of its policy")
    add_log.add_argument(
        "--one-key", action="store_true", help="a ledger of Amana's is known by one of its two keys only"
    )
    serve = _command(witness, "serve", _serve, "answer ledgers until it is stopped")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="IP address to listen on")
    serve.add_argument("--port", type=int, default=8421, metavar="N", help="TCP port; 0 for any free one")
    _command(witness, "keys", _keys, "print this witness's two public keys, for a center's policy")
    _command(witness, "status", _status, "what was cosigned last, and whether a ledger contradicted itself")
    evidence = _command(
        witness, "evidence", _evidence, "write the checkpoints of ledgers that contradicted themselves"
    )
    evidence.add_argument("--to", type=Path, required=True, metavar="DIR", help="must not exist yet")


def _command(witness: Commands, name: str, run: Run, says: str) -> argparse.ArgumentParser:
    made = command(witness, name, run, says, data=False)
    made.add_argument("--data", type=Path, metavar="DIR", help=f"the witness's folder (default: {DATA})")
    return made


def _init(parsed: argparse.Namespace, _: Settings) -> None:
    with as_unusable(Malformed):
        cosigner = create(_folder(parsed), parsed.name)
    print(
        f"A witness called {cosigner.name} is in {_folder(parsed)}. Its public keys, for a center's policy:"
    )
    for key in cosigner.keys:
        print(key.vkey())


def _of_a_center(origin: str) -> bool:
    try:
        parse_origin(origin)
    except Malformed:
        return False
    return True


def _add_log(parsed: argparse.Namespace, _: Settings) -> None:
    with as_unusable(Malformed):
        # As `amana policy show` and a policy write them, or the keys alone.
        log = KnownLog.parse([vkey.removeprefix("log ") for vkey in parsed.vkeys])
        if len(log.keys) == 1 and _of_a_center(log.origin) and not parsed.one_key:
            raise Unusable(
                f"{log.origin} signs with two keys, and only one was given. Give both log lines of its "
                "policy, one behind the other. To sign for it whenever that one key has signed: --one-key"
            )
        new = _memory(parsed).add_log(log)
    print(f"{log.origin}: {'added' if new else 'was known already'}; it must sign with {_algorithms(log)}.")


def _serve(parsed: argparse.Namespace, settings: Settings) -> None:
    from amana.witness.server import serve  # the others need no web server

    process_log.begin("witness", settings.log_level)
    if not 0 <= parsed.port <= 65535:
        raise Unusable(f"--port: {parsed.port} is no TCP port (0 to 65535)")
    serve(
        _folder(parsed),
        parsed.host,
        parsed.port,
        lambda address: print(f"The witness answers at  {address}/", flush=True),
    )
    print("The witness has stopped.")


def _keys(parsed: argparse.Namespace, _: Settings) -> None:
    for key in open_keys(_folder(parsed)).keys:
        print(key.vkey())


def _status(parsed: argparse.Namespace, _: Settings) -> int:
    conflict = False
    for log in _memory(parsed).watched():
        latest = "nothing cosigned yet"
        if log.latest is not None:
            latest = f"{log.latest.size} entries cosigned, root {log.latest.root.hex()}"
        print(f"{'CHECK' if log.contradictions else 'OK   '} {log.log.origin}  {latest}")
        if log.contradictions:
            conflict = True
            print(f"      it contradicted itself {log.contradictions} times: amana witness evidence --to DIR")
    return FAILED if conflict else 0


def _evidence(parsed: argparse.Namespace, _: Settings) -> None:
    stored = _memory(parsed).contradictions()
    new_folder(parsed.to)
    for conflict in stored:
        at = datetime.fromtimestamp(conflict.at, UTC).isoformat(timespec="seconds")
        print(f"{conflict.id:4}  {at}  {conflict.kind:13}  {conflict.origin}")
        (parsed.to / f"{conflict.id}-cosigned.txt").write_bytes(conflict.cosigned)
        (parsed.to / f"{conflict.id}-offered.txt").write_bytes(conflict.offered)
    print(f"{len(stored)} pairs of checkpoints are in {parsed.to}. Each is signed by the ledger itself.")


def _memory(parsed: argparse.Namespace) -> WitnessMemory:
    return WitnessMemory(_folder(parsed), open_keys(_folder(parsed)))


def _folder(parsed: argparse.Namespace) -> Path:
    return DATA if parsed.data is None else parsed.data


def _algorithms(log: KnownLog) -> str:
    return " and ".join(key.algorithm for key in log.keys)
