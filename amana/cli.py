"""`amana …`: the command line. Texts here are for the person at the terminal; programs use `--json`.

Commands that talk to a running service find it by the data folder (`--data`, `AMANA_DATA`).
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import select
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from amana.commands import (
    dispose,
    export,
    hold,
    nodes,
    protocols,
    rebuild,
    receipts,
    recorders,
    remake,
    scrub,
    status,
    tls,
)
from amana.commands.keys import escrow, protect
from amana.commands.outside import alarms, monitor, policy, readers, timestamps, witness
from amana.commands.parser import Unusable, command, find_person, group, with_data
from amana.install import installation
from amana.keyholder import signing_guard
from amana.keyholder.client import KeyholderUnreachable
from amana.settings import KEY_COPIES, SettingInvalid, Settings, read_settings
from casework.errors import CaseworkError, DatabaseAway, DatabaseUnfit, VaultLocked
from casework.recording.channel import ChannelError, Message
from chain_of_custody.errors import CustodyError, LedgerDiverged
from vault.errors import VaultError

FAILED, USAGE = 1, 2

SUBJECTS: tuple[Any, ...] = (
    status,
    scrub,
    rebuild,
    export,
    remake,
    hold,
    dispose,
    protocols,
    receipts,
    recorders,
    nodes,
    tls,
    readers,
    witness,
    monitor,
    timestamps,
    policy,
    alarms,
)
"""Modules of `amana.commands`, in the order in which the help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        _parser().print_help(sys.stderr)
        return USAGE
    if given[:1] == ["verify"]:
        # The court's verifier reads its own options and returns its own exit codes.
        from chain_of_custody.__main__ import main as verify

        return verify(given, "amana")
    parsed = _parser().parse_args(given)
    try:
        settings = _settings(parsed)
        code = int(parsed.run(parsed, settings))
        sys.stdout.flush()  # a failure here gives a sentence; later it would give a traceback
        return code
    except BrokenPipeError as failed:
        if not _nobody_listens():
            print(f"amana: {_told(failed)}", file=sys.stderr)
        return FAILED
    except (Unusable, SettingInvalid, installation.NotInstalled) as said:
        print(f"amana: {said}", file=sys.stderr)
        return USAGE
    except (CaseworkError, CustodyError, VaultError, ChannelError, OSError) as failed:
        print(f"amana: {_told(failed)}", file=sys.stderr)
        return FAILED
    except EOFError:
        print("amana: nobody answered; run this at a terminal", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return FAILED


def _nobody_listens() -> bool:
    """Whether our own output was closed, as by `| head`: then the user needs no message."""
    listening = select.poll()
    listening.register(sys.stdout, 0)  # requests no event, so reports errors only
    if not listening.poll(0):
        return False
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # takes the remaining output, at exit too
    return True


def _told(failed: Exception) -> str:
    if isinstance(failed, OSError) and failed.strerror:
        return f"{failed.filename}: {failed.strerror}" if failed.filename else failed.strerror
    todo = _TODO.get(type(failed))
    said = str(failed) or type(failed).__name__
    return said if todo is None else f"{said}. {todo}"


_TODO: dict[type[Exception], str] = {
    KeyholderUnreachable: "Is Amana running? To start it: amana serve",
    LedgerDiverged: "An older database is in the place of the one that was signed. Stop Amana, and put the "
    "newest back: docs/operations.md, Backups",
    DatabaseAway: "Which database this is: amana status",
    VaultLocked: "To unlock it: amana keys unlock",
}
"""What to do about failures at the terminal."""


def _settings(parsed: argparse.Namespace) -> Settings:
    given = {
        name: getattr(parsed, name)
        for name in ("data", "host", "port", "address")
        if getattr(parsed, name, None) is not None
    }
    return replace(read_settings(), **given)


# --- commands ---------------------------------------------------------------------------------------------


def _serve(_: argparse.Namespace, settings: Settings) -> int:
    from amana.supervisor.supervisor import CannotStart, Supervisor

    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(message)s")
    passphrase = installation.prepare(settings)
    if passphrase is not None:
        print(_NEW_TRIAL_KEYS.format(passphrase=passphrase, folder=settings.keys), flush=True)
    installation.check_database(settings)
    if settings.node_address and not settings.server:
        raise Unusable("AMANA_NODE_ADDRESS is set: several machines need one database, AMANA_DATABASE")
    if settings.server:
        _try_database(settings)
    try:
        asyncio.run(Supervisor(settings, _announce).run())
    except CannotStart as said:
        raise Unusable(str(said)) from None
    print("Amana has stopped.")
    return 0


def _try_database(settings: Settings) -> None:
    from casework.database.engine import connect

    engine = connect(settings.database_url)
    try:
        with engine.connect():
            pass
    except DatabaseUnfit as unfit:
        raise Unusable(f"{settings.database_place} must not be used as it is: {unfit}") from None
    except DatabaseAway as away:
        # It may be starting at the same time.
        print(
            f"{settings.database_place} does not answer yet. Amana answers once it does. ({away})", flush=True
        )
    finally:
        engine.dispose()


_NEW_TRIAL_KEYS = """
This is the first start. New keys were made; they are TRIAL KEYS: their passphrase lies beside them.
    passphrase   {passphrase}   (shown once; kept in {folder}, readable by this user alone)
Good for trying Amana out, not for real testimony. To end that: amana keys protect
"""


def _announce(ready: Message) -> None:
    print(f"\nAmana answers at  {ready['address']}\n")
    if ready.get("link"):
        print(f"First administrator, sign in here (works once, within 15 minutes):\n    {ready['link']}\n")
    else:
        print("Somebody has lost the way in?  amana link NAME\n")
    if ready.get("trial_keys"):
        print("TRIAL KEYS are in use: nothing recorded now is protected from whoever has this machine.\n")
    for name in ready.get("away") or ():
        print(f"The {name} does not answer; recordings wait for it in the spool. Why:  amana status\n")
    print("Ctrl-C stops it.", flush=True)


def _demo(parsed: argparse.Namespace, _: Settings) -> int:
    from amana.demo.run import run

    return int(run(parsed))


def _make_copy(parsed: argparse.Namespace, settings: Settings) -> int:
    place = installation.make_copy(settings, parsed.name)
    print(f"{place} is a copy. It is filled from the other one in the background, within hours;")
    print(f"to do that now, and see it done: amana scrub --copy {parsed.name}")
    return 0


def _link(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import attached_center
    from amana.pages.cases import link_address
    from casework.people import people

    with attached_center(settings) as center:
        person = find_person(center, parsed.person)
        token = people.new_link(center, None, person.id)
    print(f"For {person.name} ({person.role}); works once, within 15 minutes:")
    print(f"    {link_address(_as_served(settings), token)}")
    return 0


def _keys_status(_: argparse.Namespace, settings: Settings) -> int:
    keyholder = _keyholder(settings)
    print(protect.protection_text(keyholder.status()))
    print(escrow.escrow_text(keyholder))
    return 0


def _keys_unlock(_: argparse.Namespace, settings: Settings) -> int:
    keyholder = _keyholder(settings)
    typed = protect.TYPED[keyholder.status().protection]
    keyholder.unlock(getpass.getpass(f"{typed}, to unlock the vault: "))
    print("The vault is unlocked.")
    return 0


def _keys_lock(_: argparse.Namespace, settings: Settings) -> int:
    _keyholder(settings).lock()
    print("The vault is locked. Recording goes on; opening recordings does not.")
    return 0


def _keys_accept(_: argparse.Namespace, settings: Settings) -> int:
    from amana.centers import stored_head
    from amana.supervisor.supervisor import CannotStart, only_one

    installed = installation.read(settings)
    try:
        with only_one(settings):
            head = stored_head(settings, installed)
            print(f"The ledger in this data folder has {head.size} statements and a valid signature.")
            print("Accept it only if it is the newest that exists: statements signed after it are lost,")
            print("and whoever keeps a proof of them can show that. Recordings are not touched.")
            if input("To accept it, type its number of statements: ").strip() != str(head.size):
                raise Unusable("nothing was changed")
            aside = signing_guard.accept(settings.signed_checkpoints, installed.origin, head)
    except CannotStart:
        raise Unusable("stop Amana first") from None
    print("Accepted. Start Amana, and write down when and why this was done.")
    if aside is not None:
        print(f"What was signed before is kept in {aside}")
    return 0


def _keyholder(settings: Settings) -> Any:
    from amana.keyholder.client import KeyholderClient

    installation.read(settings)
    return KeyholderClient(settings.keyholder_socket)


def _as_served(settings: Settings) -> Settings:
    """Return the settings with the port at which the service really answers."""
    return replace(settings, port=int(settings.served_port.read_text()))


# --- the parser -------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="amana",
        description="Records testimony so that it can be proved. `amana serve` starts everything.",
        epilog="Settings may also come from the environment (AMANA_DATA, …): docs/operations.md.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = with_data(command(commands, "serve", _serve, "start Amana and keep it running"))
    serve.add_argument("--host", metavar="ADDRESS", help="IP address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, metavar="N", help="TCP port; 0 for any free one (default: 8420)")
    serve.add_argument("--address", metavar="URL", help="what people type, such as https://amana.example")

    demo = command(commands, "demo", _demo, "with no camera: record, seal, play, verify, catch a flipped bit")
    demo.add_argument("--film", type=Path, metavar="FILE", help="a film to send (default: a test picture)")
    demo.add_argument("--seconds", type=float, default=20.0, metavar="N", help="length of the recording")
    demo.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in DIR, to look at")

    verify = commands.add_parser(
        "verify", help="check a court package, offline; exit code 0 only if everything is proved"
    )
    verify.add_argument("package")

    link = with_data(command(commands, "link", _link, "a new one-time sign-in link for somebody"))
    link.add_argument("person", metavar="PERSON", help="name or id")

    again = with_data(
        command(commands, "make-copy", _make_copy, "make an empty copy in the place of one lost for good")
    )
    again.add_argument("name", choices=("first-copy", "second-copy", *KEY_COPIES))

    keys = group(commands, "keys", "the vault's lock, what protects the keys, and their escrow")
    for name, run, says in (
        ("status", _keys_status, "whether the vault is unlocked, and what protects the keys"),
        ("unlock", _keys_unlock, "unlock the vault, so that recordings can be opened"),
        ("lock", _keys_lock, "lock the vault; recording goes on"),
        ("accept-ledger", _keys_accept, "after restoring a backup: go on from the ledger that was restored"),
    ):
        with_data(command(keys, name, run, says))
    protect.add(keys)
    escrow.add(keys)
    for room in SUBJECTS:
        room.add(commands)
    return parser
