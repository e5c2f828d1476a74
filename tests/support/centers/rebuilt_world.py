"""A center whose database is published into two copies, and an empty machine to rebuild it on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from amana.install import installation
from amana.keyholder.ledger_proofs import require_proofs
from amana.keyholder.server import guarded_signer
from amana.keyholder.signing_guard import GuardedSigner, TreeHead
from amana.recovery import rebuild
from amana.recovery.rebuild import Rebuilt
from amana.settings import Settings
from casework.center import Center
from casework.clock import new_id
from casework.database.engine import Sessions, connect
from casework.ledger import custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.rebuild.database_replication import Publisher
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.tlog.ledger import Ledger
from tests.support.centers.casework_world import World, engine_on
from tests.support.centers.copied_world import FIRST, SECOND, Copied
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile
from vault.copies.copies import Copies
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.wrapped_keys.store import KeyStore


def publish(center: Center, *copies: str) -> None:
    """Carry everything to these copies (all, if none is named)."""
    publisher = Publisher(center)
    for copy in copies or tuple(center.stores):
        while publisher.publish(copy):
            pass


def state(center: Center, world: World, count: int) -> None:
    """So many statements more, each in a chain of its own, in one commit."""
    asked = {"report": "year", "year": 2026}
    drafts = [
        custody_log.Draft("statistics.viewed", new_id(), world.prosecutor, "testimony", asked)
        for _ in range(count)
    ]
    custody_log.append_together(center, drafts, {})


@dataclass
class WithMemory:
    """The keyholder's guarded signer as the ledger has it, without a socket between them."""

    guard: GuardedSigner

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        head = None if previous is None else TreeHead(previous.size, previous.root)
        return self.guard.sign(checkpoint, head, consistency)

    def confirm(self, checkpoint: Checkpoint) -> None:
        self.guard.settle(TreeHead(checkpoint.size, checkpoint.root))


@dataclass
class Machine:
    """An empty one, with the keys in place and the copies within reach."""

    settings: Settings
    world: World
    centers: list[Center] = field(default_factory=list)

    def rebuild(self, **options: object) -> Rebuilt:
        return rebuild.run(self.settings, **options)  # type: ignore[arg-type]

    def center(self) -> Center:
        """The center as the service would open it, signing through the keyholder's memory."""
        if not (self.settings.keys / "recorder.key").exists():
            (self.settings.keys / "recorder.key").write_bytes(self.world.recorder_key.private_bytes_raw())
        installed = installation.read(self.settings)
        key_store = KeyStore(installation.key_stores(self.settings), self.settings.keys / WAITING)
        keyholder = LocalKeyholder.open(self.settings.keys, key_store=key_store)
        public = keyholder.public_keys()
        keys = LogKeys(installed.origin, public.ledger_ed25519, public.ledger_mldsa44)
        database = Sessions(engine_on(self.settings.database_url))
        guard = guarded_signer(keyholder, installed.origin, self.settings.signed_checkpoints)
        require_proofs(keyholder, installed.origin, guard.settle)
        stores = installation.stores(self.settings)
        center = replace(
            self.world.center,
            deployment=installed.deployment,
            spool=self.settings.spool,
            database=database,
            ledger=Ledger(SqlStorage(database), WithMemory(guard), keys),
            log_keys=keys,
            keyholder=keyholder,
            stores=stores,
            copies=Copies(stores, self.settings.spool),
            trust=self.settings.trust,
        )
        self.centers.append(center)
        return center

    def tables(self) -> Sessions:
        return Sessions(connect(self.settings.database_url))


@pytest.fixture
def another(request: pytest.FixtureRequest, database: MadeDatabase, tmp_path: Path) -> Iterator[MadeDatabase]:
    """A second database of the same kind, with tables in which nothing is."""
    if isinstance(database, SqliteFile):
        place = Settings(data=tmp_path / "machine").database
        place.parent.mkdir(parents=True)
        yield SqliteFile.migrated(place)
        return
    server: Server = request.getfixturevalue("database_server")
    made = server.made(server.migrated)
    yield made
    made.drop()


@pytest.fixture
def machine(world: World, another: MadeDatabase, tmp_path: Path) -> Iterator[Machine]:
    data = tmp_path / "machine"
    for folder in ("keys", "spool", "run"):
        (data / folder).mkdir(parents=True)
    for name in ("vault-key.json", "signing-keys.json", "trial-passphrase.txt"):
        shutil.copy(tmp_path / "keys" / name, data / "keys" / name)
    settings = Settings(
        data=data,
        server="" if isinstance(another, SqliteFile) else another.url,
        first_copy=str(world.folder / FIRST),
        second_copy=str(world.folder / SECOND),
        first_keys=str(world.folder / "first-keys"),
        second_keys=str(world.folder / "second-keys"),
    )
    made = Machine(settings, world)
    yield made
    for center in made.centers:
        center.database.engine.dispose()


@pytest.fixture
def published(copied: Copied) -> Copied:
    """The copied item's center, with everything in both copies."""
    publish(copied.center)
    copied.world.key_store.carry()
    return copied
