"""`amana …`: the command line. Its texts are for the person at the terminal; programs use `--json`.

Commands that talk to a running service find it by the data folder (`--data`, `AMANA_DATA`). The module of a
command is imported when the command is given: most need the database and some the web application, and
importing these takes longer than most commands run. `amana verify` is the verifier's own command
(`chain_of_custody.__main__`), with its own options and exit codes.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import select
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from amana.commands.parser import FAILED, USAGE
from amana.errors import Unusable
from amana.settings import Settings, read_settings
from casework.errors import CaseworkError, DatabaseAway, VaultLocked
from casework.recording.channel import ChannelError
from chain_of_custody.errors import CustodyError, LedgerDiverged
from vault.errors import VaultError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve:add", "start Amana and keep it running"),
    "demo": ("demo:add", "with no camera: record, seal, play, verify, catch a flipped bit"),
    "verify": ("", "check a court package, offline; exit code 0 only if everything is proved"),
    "link": ("link:add", "a new one-time sign-in link for a person"),
    "make-copy": ("serve:add_make_copy", "make an empty copy in the place of one lost for good"),
    "keys": ("keys.vault_lock:add", "the vault's lock, what protects the keys, and their escrow"),
    "status": ("status:add", "state of the running service; exit code 0 if everything is OK"),
    "doctor": ("machine.doctor:add", "is this machine fit for Amana? exit code 0 if nothing is wrong"),
    "scrub": (
        "scrub:add",
        "read copies again, and put right what is damaged; exit code 0 if all is right now",
    ),
    "rebuild": (
        "machine.rebuild:add",
        "make the database again from the stores and the keys; never signs a smaller ledger",
    ),
    "backup": ("machine.backup:add", "back up the database, and what identifies this machine"),
    "restore": ("machine.backup:add_restore", "restore backups into an empty data folder"),
    "upgrade": ("machine.upgrade:add", "is this a good moment for another version? exit code 0 if it is"),
    "export": ("export:add", "make a court package: testimony, proofs, and their verifier"),
    "remake": ("remake:add", "make the derivatives of a package once more; are they the same bytes?"),
    "hold": ("hold:add", "legal holds: while one is over a case, nothing of it is destroyed"),
    "retention": ("hold:add_retention", "how long cases are kept"),
    "dispose": ("dispose:add", "destroy what need not be kept any more: two people have to agree"),
    "protocols": ("protocols:add", "the checklists of interviews, or what is wrong with them"),
    "forms": ("forms:add", "the forms of examinations, or what is wrong with a file"),
    "receipt": ("receipts:add", "what courts acknowledge"),
    "intake": ("intake:add", "send requested files by the link of the request, with a receipt"),
    "recorders": ("recorders:add", "recorders that the center vouches for, and the end of that"),
    "nodes": ("nodes:add", "the machines of the center"),
    "tls": ("tls:add", "an authority of the center's own, for a local network without any other"),
    "readers": ("outside.readers:add", "witnesses and monitors who may read the ledger over HTTP"),
    "witness": (
        "outside.witness:add",
        "run a witness: it signs one history of a ledger, and no second one",
    ),
    "monitor": (
        "outside.monitor:add",
        "read a whole ledger from outside; exit code 0 only if all is clean",
    ),
    "timestamps": (
        "outside.timestamps:add",
        "independent authorities of time: state, and renewal of old proofs",
    ),
    "policy": (
        "outside.policy:add",
        "whom a court has to trust: the ledger's keys, witnesses, authorities of time",
    ),
    "alarms": ("outside.alarms:add", "who contradicts the ledger; exit code 0 if nothing is unseen"),
}
"""Name → the function in `amana.commands` that adds its arguments, and its help; as the help lists them."""
_VERIFY = "chain_of_custody.__main__:add_verify"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    arguments_given = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments_given:
        command_parser([]).print_help(sys.stderr)
        return USAGE
    if arguments_given[:1] == ["verify"]:
        # The court's verifier reads its own options and returns its own exit codes.
        from chain_of_custody.__main__ import main as verify

        return verify(arguments_given, "amana")
    try:
        parsed = command_parser(arguments_given[:1]).parse_args(arguments_given)  # imports the command
        code = parsed.run(parsed, _settings(parsed))
        sys.stdout.flush()  # a failure here prints a sentence; later it would print a traceback
        return 0 if code is None else int(code)
    except BrokenPipeError as failed:
        if not _output_is_closed():
            print(f"amana: {_message_of(failed)}", file=sys.stderr)
        return FAILED
    except Unusable as message:
        print(f"amana: {message}", file=sys.stderr)
        return USAGE
    except (CaseworkError, CustodyError, VaultError, ChannelError, OSError) as failed:
        print(f"amana: {_message_of(failed)}", file=sys.stderr)
        return FAILED
    except EOFError:
        print("amana: no answer; run this at a terminal", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return FAILED


def _output_is_closed() -> bool:
    """Return whether our own output was closed, as by `| head`: then the user needs no message."""
    listening = select.poll()
    listening.register(sys.stdout, 0)  # requests no event, so reports errors only
    if not listening.poll(0):
        return False
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # receives the remaining output, at exit too
    return True


def _message_of(failed: Exception) -> str:
    if isinstance(failed, OSError) and failed.strerror:
        return f"{failed.filename}: {failed.strerror}" if failed.filename else failed.strerror
    message = str(failed) or type(failed).__name__
    todo = _todo(failed)
    return message if todo is None else f"{message}. {todo}"


def _todo(failed: Exception) -> str | None:
    """Return what to do about a failure, at the terminal."""
    from amana.keyholder.client import KeyholderUnreachable  # a command that works need not import it

    todo: Mapping[type[Exception], str] = {
        KeyholderUnreachable: "Is Amana running? To start it: amana serve",
        LedgerDiverged: "An older database is in the place of the one that was signed. Stop Amana, and put "
        "the newest back: docs/operations.md, Restoring",
        DatabaseAway: "Which database this is: amana status",
        VaultLocked: "To unlock it: amana keys unlock",
    }
    return todo.get(type(failed))


def _settings(parsed: argparse.Namespace) -> Settings:
    options = {
        name: getattr(parsed, name)
        for name in ("data", "host", "port", "address")
        if getattr(parsed, name, None) is not None
    }
    return replace(read_settings(), **options)


def command_parser(names: Collection[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the command line; only the commands in `names` have their arguments."""
    parser = argparse.ArgumentParser(
        prog="amana",
        description="Records testimony so that it can be proved. `amana serve` starts everything.",
        epilog="Settings may also come from the environment (AMANA_DATA, …): docs/reference.md.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (place, says) in COMMANDS.items():
        made = commands.add_parser(name, help=says, description=says)
        if name in names:
            pkgutil.resolve_name(f"amana.commands.{place}" if place else _VERIFY)(made)
    return parser
