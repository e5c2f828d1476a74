"""The web process: `python -m amana.web_process PARENT SOCKET CONTROL`, started by the supervisor.

`SOCKET` is the number of the public listening socket, `CONTROL` that of its end of the control channel.

It has the database, the stores and the sessions, but no private key and no media in clear. It opens the
`Center` that all other code uses (`centers`). Then:

1. This machine is registered among those of the center. The one that holds the lease (`membership`) records
   the policy in the registry, queries witnesses and authorities, scrubs the copies, renews the locks of
   everything that must be retained in them, and copies ledger, details and catalogue there.
2. Wrapped keys are sent to the keyholder. Legal holds are set and lifted in the copies. Replication resumes
   (an unavailable copy is retried, never recreated), running recorders are found, and unfinished parts are
   sealed.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from amana.app import create_app
from amana.background_loop import BackgroundLoop
from amana.centers import opened_center
from amana.control_channel import inherited
from amana.health import status
from amana.health.days import HealthDays
from amana.http.forwarding import reaching
from amana.install import local_authority
from amana.keyholder.client import KeyholderClient
from amana.pages.staff import link_address
from amana.process_places import confine_web
from amana.server_config import config_for
from amana.settings import Settings, read_settings
from amana.supervisor.recorder_client import RecorderRooms
from amana.supervisor.supervisor_client import InheritedChannel, SupervisorClient
from amana.workers import key_rotation
from amana.workers.holds_and_destruction import RetentionWorker
from amana.workers.key_rotation import KeyRotationWorker
from amana.workers.leader_work import LeaderWork
from amana.workers.membership import Machines
from amana.workers.scrubbing import ScrubWorker
from amana.workers.wrapped_keys import WrappedKeyWorker
from casework.center import Center
from casework.errors import DatabaseAway, DatabaseUnfit, SandboxMissing
from casework.interviews import interviews, readiness, safety_recordings
from casework.interviews.recorder_statements import clear_void
from casework.nodes import EVERY
from casework.people import people
from casework.photographs import uploads
from casework.recording import pending_notes_file
from casework.recording.recovery import clear_practice
from casework.sandbox import child_process, process_log, processes, scratch_folders, self_check
from casework.sandbox.confinement import end_with_parent, keep_memory_private

ANSWER_WITHIN = 5.0  # seconds after which a silent copy counts as away at the start
CLEAR_EVERY = 3600.0  # seconds between looks for abandoned uploads
LOOK_EVERY = 2.0  # seconds between checks whether a place was replaced
GRACE = 2  # seconds for open streams when the process ends

log = logging.getLogger("amana.web_process.server")


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM."""
    parent, descriptor, control = (int(argument) for argument in arguments)
    listener, supervisor = inherited(descriptor), InheritedChannel(inherited(control))
    keep_memory_private()
    end_with_parent(parent)
    settings = read_settings()
    with contextlib.suppress(SandboxMissing):  # the check of the sandbox reports it; recordings need none
        child_process.begin(settings.sandbox)  # while this process may still start it
    process_log.begin("web", settings.log_level)
    tempfile.tempdir = str(settings.scratch.absolute())  # the only folder that may be written to
    places = confine_web(settings)
    try:
        return _serve(settings, listener, supervisor, places)
    except (DatabaseAway, DatabaseUnfit) as error:  # the supervisor restarts this process
        log.error("%s: %s", settings.database_place, error)
        return 1


def _serve(
    settings: Settings, listener: socket.socket, supervisor: SupervisorClient, places: Collection[Path]
) -> int:
    rooms = RecorderRooms(settings, supervisor)
    keyholder = KeyholderClient(supervisor.keyholder)
    with opened_center(settings, rooms, keyholder) as center:
        noticed = ScrubWorker(center, 0, settings.scrub_rate, only_noticed=True)
        handing_over = WrappedKeyWorker(center)
        retaining = RetentionWorker(center)
        center_wide = functools.partial(LeaderWork, settings=settings, keyholder=keyholder)
        machines = Machines(center, settings, center_wide)
        dropping = KeyRotationWorker(center, keyholder, key_rotation.drop)
        clearing = BackgroundLoop("unfinished uploads", functools.partial(uploads.clear, center), CLEAR_EVERY)
        days = HealthDays(center, functools.partial(status.look, center, settings))

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            await asyncio.to_thread(clear_practice, settings.spool)
            going_on = await asyncio.to_thread(interviews.in_progress, center)
            await asyncio.to_thread(pending_notes_file.clear, settings.spool, going_on)
            await asyncio.to_thread(clear_void, center)
            await asyncio.to_thread(safety_recordings.clear_removed, center)
            await asyncio.to_thread(uploads.clear, center)
            await asyncio.to_thread(app.state.orders.clear)
            await asyncio.to_thread(scratch_folders.clear, settings.scratch)
            await asyncio.to_thread(machines.start)  # 1
            app.state.machines = machines
            handing_over.start()
            dropping.start()
            retaining.start()
            center.copies.start()  # 2
            self_check.begin()
            await asyncio.to_thread(app.state.derivatives.start)
            await rooms.open()
            noticed.start()
            days.start()
            clearing.start()
            leaving = asyncio.create_task(_leave_adopted(rooms)) if settings.server else None
            giving_way = asyncio.create_task(_end_when_replaced(machines))
            watching = asyncio.create_task(_end_when_out_of_reach(places))
            await asyncio.to_thread(
                supervisor.ask,
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
            watching.cancel()
            giving_way.cancel()
            app.state.orders.close()
            await asyncio.to_thread(app.state.faces.close)
            await asyncio.to_thread(app.state.derivatives.close)
            await rooms.close()
            await asyncio.to_thread(clearing.stop)
            await asyncio.to_thread(days.stop)
            await asyncio.to_thread(noticed.stop)
            await asyncio.to_thread(retaining.stop)
            await asyncio.to_thread(dropping.stop)
            await asyncio.to_thread(machines.stop)
            await asyncio.to_thread(handing_over.stop)
            await asyncio.to_thread(center.copies.stop)

        # No log of requests: it would contain case ids, and times of access, which the ledger records.
        config = config_for(
            create_app(center, settings, lifespan, supervisor),
            loop="uvloop",
            timeout_graceful_shutdown=GRACE,
            ssl_certfile=settings.certificates / local_authority.SERVER if settings.tls else None,
        )
        uvicorn.Server(config).run(sockets=[listener])
    return 0


async def _end_when_out_of_reach(places: Collection[Path]) -> None:
    """End this process once it may no longer open one of its places: a copy that was mounted since, or a
    replaced file of credentials. Also once the process that starts its sandboxes has ended. After the restart
    by the supervisor it may open them. No recorder depends on it. `places`: none if this process is not
    confined; then it starts another starter itself."""
    decodes = not child_process.starter_ended()  # if it ended at once, it would do so again
    while places:
        await asyncio.sleep(LOOK_EVERY)
        if decodes and child_process.starter_ended():
            log.error("the process that starts sandboxes has ended: the web process starts anew")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        for path in places:
            if await asyncio.to_thread(processes.out_of_reach, path):
                log.warning("%s is not what it was at the start: the web process starts anew", path)
                os.kill(os.getpid(), signal.SIGTERM)
                return


async def _end_when_replaced(machines: Machines) -> None:
    """End this process once another machine works under this one's name: after the restart it is refused."""
    while True:
        await asyncio.sleep(EVERY)
        if machines.replaced:
            log.error("another machine has this one's name: this process ends")
            os.kill(os.getpid(), signal.SIGTERM)
            return


async def _leave_adopted(rooms: RecorderRooms) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await rooms.leave_adopted()
        except DatabaseAway as away:
            log.warning("which interviews others have gone on with is not known now: %s", away)
        except Exception:
            # Retry after any error: two machines that record one interview are worse than an unnecessary
            # check.
            log.exception("looking which interviews others have gone on with")


async def _copies_away(center: Center) -> list[str]:
    """Return the copies that do not answer at the start. Recording needs none: the spool holds the data."""

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
    """Return a link for the first administrator, as long as no person has ever signed in."""
    first = people.first_to_sign_in(center)
    return None if first is None else link_address(settings, people.new_link(center, None, first.id))
