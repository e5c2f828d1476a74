"""Open a center over a data folder, with the running keyholder:

1. the keyholder answers, and its public keys are known;
2. the database schema is upgraded;
3. the ledger is opened, which verifies its newest checkpoint;
4. this machine's recorder key is enrolled, once.

The web process serves the center. Commands at the terminal open it without the web application, whose import
takes longer than most of their work.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from amana.install import installation
from amana.keyholder.client import KeyholderClient, KeyholderSigner
from amana.keyholder.signing_guard import TreeHead
from amana.settings import KEY_COPIES, Settings
from amana.supervisor.recorder_client import RecorderRooms
from amana.supervisor.supervisor_client import keyholder_for_command
from amana.workers.witnessing import HttpTransport
from casework.center import Center
from casework.damage_queue import DamageQueue
from casework.database import migrations
from casework.database.engine import Sessions, close, connect
from casework.interviews.recorder_statements import may_leave_spool
from casework.ledger import custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.witnesses.cosignature_collector import CosignatureCollector
from chain_of_custody.tlog.checkpoint import LogKeys, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger
from vault.copies.copies import Copies
from vault.keyholders.local_keyholder import LocalKeyholder

RECORDER = "recorder-"
"""Prefix of the code under which this machine's recorder is enrolled; the machine's name follows."""


@contextmanager
def opened_center(settings: Settings, rooms: RecorderRooms, keyholder: KeyholderClient) -> Iterator[Center]:
    """Open a center over the data folder and the running keyholder; close its client at the end.

    Raises `amana.install.installation.NotInstalled`, `amana.keyholder.client.KeyholderUnreachable`,
    `casework.errors.DatabaseAway`, `DatabaseUnfit`, and what opening the ledger raises.
    """
    installed = installation.read_public(settings)
    installation.check_database(settings)
    public = keyholder.public_keys()  # 1
    log_keys = LogKeys(installed.origin, public.ledger_ed25519, public.ledger_mldsa44)
    engine = connect(settings.database_url, settings.primary)
    try:
        migrations.upgrade(engine)  # 2
        database = Sessions(engine)
        keyholder.continues = storage = SqlStorage(database)
        ledger = Ledger(storage, KeyholderSigner(keyholder, storage), log_keys)  # 3
        stores = installation.stores(settings)
        noticed = DamageQueue()
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
            session_idle=timedelta(minutes=settings.session_idle),
            protocols=settings.protocols,
            forms=settings.forms,
            noticed=noticed,
            witnesses=CosignatureCollector(
                database, ledger, log_keys, settings.trust, HttpTransport(), settings.alarms
            ),
        )
        rooms.bind(center)
        custody_log.enrol_recorder(center, installed.recorder_public, RECORDER + settings.node)  # 4
        yield center
    finally:
        keyholder.close()
        close(engine)


@contextmanager
def attached_center(settings: Settings) -> Iterator[Center]:
    """Open the center of a running service for one terminal command; start no room and no replication."""
    keyholder = keyholder_for_command(settings.supervisor_socket)
    with opened_center(settings, RecorderRooms(settings), keyholder) as center:
        yield center


def stored_head(settings: Settings, installed: installation.Installation, url: str = "") -> TreeHead:
    """Return the tree head in the ledger's database, after verifying its signatures.

    For a service that is stopped. `url`: of another database than the center's own.
    Raises `amana.install.installation.NotInstalled` where there is no ledger,
    `chain_of_custody.errors.NotProved`, and what opening key files raises.
    """
    installation.check_database(settings)
    public = LocalKeyholder.open(settings.keys).public_keys()
    log_keys = LogKeys(installed.origin, public.ledger_ed25519, public.ledger_mldsa44)
    engine = connect(url or settings.database_url, settings.primary)
    try:
        note = SqlStorage(Sessions(engine)).checkpoint()
    finally:
        engine.dispose()
    if note is None:
        raise installation.NotInstalled(f"no ledger in {settings.data.absolute()}")
    checkpoint = open_checkpoint(note, log_keys)
    return TreeHead(checkpoint.size, checkpoint.root)
