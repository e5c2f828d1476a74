"""`amana serve` and `make-copy`: start the service; make an empty copy in place of a lost one."""

from __future__ import annotations

import argparse
import asyncio

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.install import installation
from amana.settings import COPIES, KEY_COPIES, Settings
from amana.supervisor.supervisor import Supervisor
from casework.errors import DatabaseAway, DatabaseUnfit
from casework.recording.channel import Message
from casework.sandbox import process_log

_NEW_TRIAL_KEYS = """
This is the first start. New keys were made; they are TRIAL KEYS: their passphrase lies beside them.
    passphrase   {passphrase}   (shown once; kept in {folder}, readable by this user alone)
Good for trying Amana out, not for real testimony. To end that: amana keys protect
"""


def add(serve: argparse.ArgumentParser) -> None:
    """Add the options of `amana serve`."""
    runs(serve, _serve)
    serve.add_argument("--host", metavar="ADDRESS", help="IP address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, metavar="N", help="TCP port; 0 for any free one (default: 8420)")
    serve.add_argument("--address", metavar="URL", help="what people type, such as https://amana.example")


def add_make_copy(again: argparse.ArgumentParser) -> None:
    """Add the options of `amana make-copy`."""
    runs(again, _make_copy)
    again.add_argument("name", choices=(*COPIES, *KEY_COPIES))


def _serve(_: argparse.Namespace, settings: Settings) -> None:
    process_log.begin("supervisor", settings.log_level)
    passphrase = installation.prepare(settings)
    if passphrase is not None:
        print(_NEW_TRIAL_KEYS.format(passphrase=passphrase, folder=settings.keys), flush=True)
    installation.check_database(settings)
    if settings.node_address and not settings.server:
        raise Unusable("AMANA_NODE_ADDRESS is set: several machines need one database, AMANA_DATABASE")
    if settings.server:
        _try_database(settings)
    asyncio.run(Supervisor(settings, _announce).run())
    print("Amana has stopped.")


def _try_database(settings: Settings) -> None:
    from casework.database.engine import connect  # the supervisor itself needs no database

    engine = connect(settings.database_url, settings.primary)
    try:
        with engine.connect():
            pass
    except DatabaseUnfit as unfit:
        raise Unusable(f"{settings.database_place} must not be used as it is: {unfit}") from None
    except DatabaseAway as away:
        # The service may be starting at the same time.
        print(
            f"{settings.database_place} does not answer yet. Amana answers once it does. ({away})", flush=True
        )
    finally:
        engine.dispose()


def _announce(ready: Message) -> None:
    print(f"\nAmana answers at  {ready['address']}\n")
    if ready.get("link"):
        print(f"First administrator, sign in here (works once, within 15 minutes):\n    {ready['link']}\n")
    else:
        print("A person cannot sign in?  amana link NAME\n")
    if ready.get("trial_keys"):
        print("TRIAL KEYS are in use: nothing recorded now is protected from anyone with this machine.\n")
    for name in ready.get("away") or ():
        print(f"The {name} does not answer; recordings wait for it in the spool. Why:  amana status\n")
    print("Ctrl-C stops it.", flush=True)


def _make_copy(parsed: argparse.Namespace, settings: Settings) -> None:
    place = installation.make_copy(settings, parsed.name)
    print(f"{place} is a copy. It is filled from the other one in the background, within hours;")
    print(f"to do that now, and see it done: amana scrub --copy {parsed.name}")
