"""The web process: `python -m amana.web PARENT SOCKET`, started by the supervisor.

Has the database, the stores and the sessions; has no private key and no media in clear. Builds the `Center`
that everything works with:

1. the keyholder answers, and its public keys are known;
2. the database is brought up to date;
3. the ledger is opened, which verifies its newest checkpoint;
4. this machine's recorder key is vouched for, once;
5. this machine is entered among those of the center; the one of them that does the work of all (`nodes`)
   sees that the registry says which policy holds, asks witnesses and authorities, reads the copies again,
   renews the locks of everything that lives in them, sets and lifts legal holds there, and carries ledger,
   details and catalogue there;
6. wrapped keys are handed to the keyholder; copies go on where they stopped (one that is away is looked for,
   never made anew); living recorders are found, unfinished parts are sealed.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from amana import installation, local_authority, rotating
from amana.app import create_app
from amana.center_wide import CenterWide
from amana.forwarding import reaching
from amana.handing_over import HandingOver
from amana.keyholder_client import KeyholderClient, KeyholderSigner
from amana.nodes import Machines
from amana.processes import RecorderRooms, ask_supervisor
from amana.retaining import Retaining
from amana.rotating import Rotating
from amana.routes import link_address
from amana.scrubbing import Scrubbing
from amana.settings import KEY_COPIES, Settings, read_settings
from amana.signing_guard import TreeHead
from amana.witnessing import HttpAsk
from casework import (
    custody_log,
    desk_file,
    interviews,
    migrations,
    people,
    readiness,
    safety,
    uploads,
    workshops,
)
from casework.center import Center
from casework.database import Sessions, close, connect
from casework.errors import DatabaseAway, DatabaseUnfit
from casework.hardening import end_with_parent, keep_memory_private
from casework.ledger_storage import SqlStorage
from casework.nodes import EVERY
from casework.noticed import Noticed
from casework.parts import clear_void, may_leave_spool
from casework.recovery import clear_practice
from casework.witnesses import Gatherer
from chain_of_custody.checkpoints import LogKeys, open_checkpoint
from chain_of_custody.ledger import Ledger
from vault.copies import Copies
from vault.keyholders.passphrase import PassphraseKeyholder

RECORDER = "recorder-"
"""The code under which this machine's recorder is enrolled: this, and the machine's name."""
KEEP_ALIVE = 30  # seconds an idle connection is kept
ANSWER_WITHIN = 5.0  # seconds that a copy has at the start until it is said to be away
GRACE = 2  # seconds for open streams when the process is ended

log = logging.getLogger("amana.web")


@contextmanager
def opened_center(settings: Settings, rooms: RecorderRooms) -> Iterator[Center]:
    """A center over the data folder and the keyholder that is running.

    Raises `amana.installation.NotInstalled`, `amana.keyholder_client.KeyholderUnreachable`,
    `casework.errors.DatabaseAway`, `DatabaseUnfit`, and what opening the ledger raises.
    """
    installed = installation.read(settings)
    installation.check_database(settings)
    keyholder = KeyholderClient(settings.keyholder_socket)
    public = keyholder.public_keys()  # 1
    log_keys = LogKeys(installed.origin, public.ledger_ed25519, public.ledger_mldsa44)
    engine = connect(settings.database_url)
    try:
        migrations.upgrade(engine, keyholder)  # 2
        database = Sessions(engine)
        storage = SqlStorage(database)
        ledger = Ledger(storage, KeyholderSigner(keyholder, storage), log_keys)  # 3
        installation.note_database(settings)
        stores = installation.stores(settings)
        noticed = Noticed()
        copies = Copies(
            stores,
            settings.spool,
            may_remove=functools.partial(may_leave_spool, database, settings.spool, keyholder),
            noticed=noticed.note,
        )
        center = Center(
            deployment=installed.deployment,
            organisation=settings.organisation,
            spool=settings.spool,
            database=database,
            ledger=ledger,
            log_keys=log_keys,
            keyholder=keyholder,
            stores=stores,
            copies=copies,
            rooms=rooms,
            direct=installation.direct_reads(settings, stores),
            node=settings.node,
            recorder=installed.recorder_id,
            trust=settings.trust,
            key_copies=KEY_COPIES,
            retention=settings.retention,
            unsigned_acts=settings.unsigned_acts,
            protocols=settings.protocols,
            noticed=noticed,
            witnesses=Gatherer(database, ledger, log_keys, settings.trust, HttpAsk(), settings.alarms),
        )
        rooms.bind(center)
        custody_log.enrol_recorder(center, installed.recorder_public, RECORDER + settings.node)  # 4
        yield center
    finally:
        keyholder.close()
        close(engine)


@contextmanager
def attached_center(settings: Settings) -> Iterator[Center]:
    """The center of a running service, for one command at the terminal; it starts no room and no copying."""
    with opened_center(settings, RecorderRooms(settings)) as center:
        yield center


def stored_head(settings: Settings, installed: installation.Installation) -> TreeHead:
    """What the ledger's database holds, once its signatures are verified; for a service that is stopped.

    Raises `amana.installation.NotInstalled` where there is no ledger, `chain_of_custody.errors.NotProved`,
    and what opening key files raises.
    """
    installation.check_database(settings)
    public = PassphraseKeyholder.open(settings.keys).public_keys()
    log_keys = LogKeys(installed.origin, public.ledger_ed25519, public.ledger_mldsa44)
    engine = connect(settings.database_url)
    try:
        note = SqlStorage(Sessions(engine)).checkpoint()
    finally:
        engine.dispose()
    if note is None:
        raise installation.NotInstalled(f"no ledger in {settings.data.absolute()}")
    checkpoint = open_checkpoint(note, log_keys)
    return TreeHead(checkpoint.size, checkpoint.root)


def main(arguments: list[str]) -> int:
    """Serves until it is told to end (SIGTERM)."""
    parent, descriptor = (int(argument) for argument in arguments)
    keep_memory_private()
    end_with_parent(parent)
    settings = read_settings()
    begin_log(settings.log_level)
    try:
        return _serve(settings, descriptor)
    except (DatabaseAway, DatabaseUnfit) as error:  # the supervisor starts us again
        log.error("%s: %s", settings.database_place, error)
        return 1


def begin_log(level: str) -> None:
    """On standard error. Clients of HTTP tell only what failed, whatever the level: else they write the
    whole address, with the id of the interview, and when it was asked for."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("alembic", "httpx", "httpcore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _serve(settings: Settings, descriptor: int) -> int:
    rooms = RecorderRooms(settings)
    with opened_center(settings, rooms) as center:
        noticed = Scrubbing(center, 0, settings.scrub_rate, only_noticed=True)
        handing_over = HandingOver(center)
        retaining = Retaining(center)
        machines = Machines(center, settings, functools.partial(CenterWide, settings=settings))
        dropping = Rotating(center, KeyholderClient(settings.keyholder_socket), rotating.drop)

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            await asyncio.to_thread(clear_practice, settings.spool)
            going_on = await asyncio.to_thread(interviews.going_on, center)
            await asyncio.to_thread(desk_file.clear, settings.spool, going_on)
            await asyncio.to_thread(clear_void, center)
            await asyncio.to_thread(safety.clear_removed, center)
            await asyncio.to_thread(uploads.clear, center)
            await asyncio.to_thread(app.state.orders.clear)
            await asyncio.to_thread(workshops.clear, settings.workshop)
            await asyncio.to_thread(machines.start)  # 5
            app.state.machines = machines
            handing_over.start()
            dropping.start()
            retaining.start()
            center.copies.start()  # 6
            await asyncio.to_thread(app.state.derivatives.start)
            await rooms.open()
            noticed.start()
            leaving = asyncio.create_task(_leave_adopted(rooms)) if settings.server else None
            await ask_supervisor(
                settings.supervisor_socket,
                "ready",
                address=settings.public_address,
                link=await asyncio.to_thread(_first_link, center, settings),
                trial_keys=center.keyholder.status().trial,
                away=await _copies_away(center),
            )
            async with reaching() as client:
                machines.use(client)
                yield
            if leaving is not None:
                leaving.cancel()
            app.state.orders.close()
            await asyncio.to_thread(app.state.faces.close)
            await asyncio.to_thread(app.state.derivatives.close)
            await rooms.close()
            await asyncio.to_thread(noticed.stop)
            await asyncio.to_thread(retaining.stop)
            await asyncio.to_thread(dropping.stop)
            await asyncio.to_thread(machines.stop)
            await asyncio.to_thread(handing_over.stop)
            await asyncio.to_thread(center.copies.stop)

        config = uvicorn.Config(
            create_app(center, settings, lifespan),
            access_log=False,  # addresses with ids of cases, and when who looked: that is the ledger's matter
            log_config=None,
            loop="uvloop",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            ssl_certfile=settings.certificates / local_authority.SERVER if settings.tls else None,
        )
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])
    return 0


async def _leave_adopted(rooms: RecorderRooms) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await rooms.leave_adopted()
        except DatabaseAway as away:
            log.warning("which interviews others have gone on with is not known now: %s", away)
        except Exception:
            # Whatever it was: two machines that record one interview are worse than a look too many.
            log.exception("looking which interviews others have gone on with")


async def _copies_away(center: Center) -> list[str]:
    """The copies that do not answer at the start. Recording does without: the spool holds what they lack."""

    async def answers(name: str) -> bool:
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(readiness.answers, center.stores[name]), ANSWER_WITHIN
            )
        except TimeoutError:
            return False

    names = list(center.stores)
    found = await asyncio.gather(*(answers(name) for name in names))
    return [name for name, works in zip(names, found, strict=True) if not works]


def _first_link(center: Center, settings: Settings) -> str | None:
    """A link for the first administrator, as long as nobody has ever signed in."""
    first = people.first_to_sign_in(center)
    return None if first is None else link_address(settings, people.new_link(center, None, first.id))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
