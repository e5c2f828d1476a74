"""Contents of the data folder from the first start on: folders, keys, and the center's own number.

    web/database.sqlite   web/renewal.json   rules/   keys/   spool/   first-copy/   second-copy/
    scratch/   alarms/   log/   run/
    first-keys/   second-keys/   (keyholder)
    keys/vault-key.json, signing-keys.json (keyholder)   keys/recorder.key   keys/deployment
    keys/database-is-on-a-server (then there is no web/database.sqlite)   keys/ledger (only where one
    was succeeded)

Only the service's user has access. Everything is made once and never replaced; the next start completes an
interrupted one. A copy that is missing later is not made anew: `make_copy` does that, at a person's request.
A bucket is never made here: the operator of the object store makes it, with object lock.
"""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.errors import Unusable
from amana.settings import Settings
from casework.sandbox.confinement import keep_memory_private
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import Count, Identifier, JsonObject, base64_bytes
from chain_of_custody.statements.keys import key_id
from chain_of_custody.tlog.origin import origin_of
from vault import disk
from vault.errors import ObjectExists, VaultError
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.vault_key import VAULT_KEY
from vault.stores.base import Store
from vault.stores.bucket_address import Bucket
from vault.stores.filesystem import FilesystemStore

if TYPE_CHECKING:
    from vault.stores.presigned import PresignedReads

ON_SERVER = "database-is-on-a-server"
"""Marker file among the keys: the database is on a server."""
KEY_STORES = "key-stores-were-made"
"""Marker file: a folder of wrapped keys that is missing later counts as not mounted."""
LEDGER = "ledger"
"""The file with the number of the ledger, if it is not the center's first (`ledger.succeeded`)."""


class NotInstalled(Unusable):  # named after the condition
    """The data folder has not been started with `amana serve`, or belongs to another user."""


@dataclass(frozen=True)
class PublicInstallation(JsonObject):
    """Data that is needed before the database is opened, and that every process may read."""

    what: ClassVar[str] = "description of this installation"

    deployment: Identifier
    """32 hex digits: the center's own number, in its ledger's name and in every sealed message."""
    recorder_public: Annotated[bytes, base64_bytes(32)]
    """Ed25519 public key of this machine's recorder, 32 bytes."""
    ledger: Count
    """Which of the center's ledgers this is."""

    @property
    def recorder_id(self) -> str:
        """Key id of this machine's recorder, 16 hex digits, by which its signatures name the key."""
        return key_id(self.recorder_public)

    @property
    def origin(self) -> str:
        """The ledger's name in checkpoints."""
        return origin_of(self.deployment, self.ledger)


@dataclass(frozen=True)
class Installation:
    """The same with the recorder's key: for the supervisor, the keyholder and commands."""

    deployment: str
    """See `PublicInstallation`."""
    recorder: bytes
    """Ed25519 private key of this machine's recorder, 32 bytes; only the supervisor hands it on."""
    ledger: int = 1
    """See `PublicInstallation`."""

    @property
    def public(self) -> PublicInstallation:
        """The part that every process may read."""
        public = Ed25519PrivateKey.from_private_bytes(self.recorder).public_key().public_bytes_raw()
        return PublicInstallation(self.deployment, public, self.ledger)

    @property
    def recorder_id(self) -> str:
        """See `PublicInstallation`."""
        return self.public.recorder_id

    @property
    def origin(self) -> str:
        """See `PublicInstallation`."""
        return origin_of(self.deployment, self.ledger)


def prepare(settings: Settings) -> str | None:
    """Make what is missing. Returns the passphrase of trial keys if they were made just now.

    Raises `NotInstalled` if a folder belongs to another user, `vault.errors.WriteFailed`, `OSError`.
    """
    make_folders(settings)
    # The folder of the sockets may be in a place where other users can make folders too.
    state = settings.run.stat()
    if state.st_uid != settings.data.stat().st_uid or state.st_mode & 0o077:
        raise NotInstalled(f"{settings.run} is open to others, or not ours")
    if not (settings.keys / KEY_STORES).exists():
        # Also if a center's wraps were stored elsewhere before; only once, as with the copies below.
        for place in settings.key_stores.values():
            if isinstance(place, Path):
                FilesystemStore.create(place)
        disk.replace(disk.DISK, settings.keys / KEY_STORES, b"made\n")
    if not (settings.keys / "deployment").exists():
        # Before the number is written, so that an interrupted first start repeats it; and never after:
        # a copy that is not mounted must not become a new, empty one on the disk below.
        for place in settings.copies.values():
            if isinstance(place, Path):
                FilesystemStore.create(place)
    for place in (*settings.copies.values(), *settings.key_stores.values()):
        if isinstance(place, Bucket):
            _check_bucket_files(place)
    for name, content in (
        ("deployment", secrets.token_hex(16).encode()),
        ("recorder.key", secrets.token_bytes(32)),
    ):
        if not (settings.keys / name).exists():
            disk.replace(disk.DISK, settings.keys / name, content)
    publish(settings)
    if (settings.keys / VAULT_KEY).exists():
        return None
    # In a separate process, which ends: it has the keys in memory, and this one becomes the supervisor.
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as apart:
        return apart.submit(_make_keys, settings.keys).result()


def make_folders(settings: Settings) -> None:
    """Make the folders in which Amana writes. Raises `NotInstalled` if this user may not."""
    for folder in (
        settings.data,
        settings.keys,
        settings.working,
        settings.rules,
        settings.spool,
        settings.scratch,
        settings.alarms,
        settings.log,
        settings.run,
    ):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotInstalled(
                f"cannot make the folder {folder.absolute()}: {error.strerror}. "
                "Choose one that this user may write to: --data or AMANA_DATA."
            ) from None


def publish(settings: Settings) -> None:
    """Write the data that the web process needs, which may not read `keys/`. Raises `WriteFailed`."""
    content = canonical_json.serialise(read(settings).public.to_json())
    if not settings.installed.exists() or settings.installed.read_bytes() != content:
        disk.replace(disk.DISK, settings.installed, content)


def read_public(settings: Settings) -> PublicInstallation:
    """Return what `publish` wrote. Raises `NotInstalled`."""
    try:
        return PublicInstallation.from_json(json.loads(settings.installed.read_bytes()))
    except FileNotFoundError:
        raise _not_installed(settings) from None


def _make_keys(folder: Path) -> str | None:
    keep_memory_private()
    try:
        return LocalKeyholder.create(folder)
    except ObjectExists:  # by another start at this very moment
        return None


def check_database(settings: Settings) -> None:
    """Check that a center keeps its kind of database: opening the other would begin an empty one.

    Raises `NotInstalled`.
    """
    if settings.server and settings.database.exists():
        raise NotInstalled(
            f"this center's database is {settings.database.absolute()}, and AMANA_DATABASE names another. "
            "Unset it, or move that file aside and make the database again on the server: amana rebuild"
        )
    if not settings.server and (settings.keys / ON_SERVER).exists():
        raise NotInstalled(
            "this center's database is on a PostgreSQL server: set AMANA_DATABASE to its address."
        )


def note_database(settings: Settings) -> None:
    """Record which kind it is, once the ledger has been opened in it. Raises `vault.errors.WriteFailed`."""
    mark = settings.keys / ON_SERVER
    if settings.server and not mark.exists():
        disk.replace(disk.DISK, mark, b"AMANA_DATABASE names it.\n")


def stores(settings: Settings) -> dict[str, Store]:
    """Return the copies by name. Contacts none: an unavailable copy is noticed when it is used."""
    return _stores(settings.copies)


def direct_reads(settings: Settings, stores: Mapping[str, Store]) -> PresignedReads | None:
    """Return the store that viewers may read ciphertext from directly, if that is set up."""
    if not isinstance(settings.copies.get(settings.presigned), Bucket):
        return None
    from vault.stores.presigned import PresignedReads
    from vault.stores.s3 import S3Store

    store = stores[settings.presigned]
    assert isinstance(store, S3Store)
    return PresignedReads(settings.presigned, store, settings.presigned_address)


def key_stores(settings: Settings) -> dict[str, Store]:
    """Return the copies of the wrapped keys by name, for the keyholder process; contacts none."""
    return _stores(settings.key_stores)


def _stores(places: Mapping[str, Path | Bucket]) -> dict[str, Store]:
    return {name: _store(place) for name, place in places.items()}


def _store(place: Path | Bucket) -> Store:
    if isinstance(place, Path):
        return FilesystemStore(place)
    from vault.stores.s3 import S3Store  # slow to import: only where there is a bucket, here and below

    return S3Store(place)


def make_copy(settings: Settings, name: str) -> str:
    """Make an empty store in place of a copy that is permanently lost; an existing one stays as it is.

    A bucket is tested instead. Returns what it is now, for a person. Raises `NotInstalled`, `KeyError` for
    an unknown name, `vault.errors.WriteFailed`, `StoreUnavailable`.
    """
    read(settings)
    place = {**settings.copies, **settings.key_stores}[name]
    if isinstance(place, Path):
        FilesystemStore.create(place)
        return str(place.absolute())
    from vault.stores.s3 import S3Store

    abilities = S3Store(place).abilities()
    if abilities.write_once:
        return f"{place.place}, write-once,"
    return f"{place.place}, NOT WRITE-ONCE ({', '.join(abilities.missing)}),"


def _check_bucket_files(bucket: Bucket) -> None:
    """Report what can be corrected at the terminal; does not contact the bucket."""
    from vault.stores.s3_credentials import FileCredentials

    try:
        FileCredentials(bucket.credentials).retrieve()
        if bucket.authority is not None:
            ssl.create_default_context(cafile=str(bucket.authority))
    except VaultError as error:
        raise NotInstalled(f"{bucket.place}: {error}") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NotInstalled(
            f"{bucket.place}: no authority's certificate in {bucket.authority}: {reason}"
        ) from None


def read(settings: Settings) -> Installation:
    """Return what `prepare` made. Raises `NotInstalled`."""
    try:
        return Installation(
            (settings.keys / "deployment").read_text("ascii").strip(),
            (settings.keys / "recorder.key").read_bytes(),
            int((settings.keys / LEDGER).read_text("ascii")) if (settings.keys / LEDGER).exists() else 1,
        )
    except FileNotFoundError:
        raise _not_installed(settings) from None


def _not_installed(settings: Settings) -> NotInstalled:
    return NotInstalled(
        f"there is no data of Amana in {Path(settings.data).absolute()}. "
        "Start it once (amana serve), or name its data folder with --data or AMANA_DATA."
    )


def trial_passphrase(settings: Settings) -> str | None:
    """Return the passphrase beside trial keys; None if the keys are protected. Raises `NotInstalled`."""
    read(settings)
    beside = settings.keys / "trial-passphrase.txt"
    return beside.read_text().strip() if beside.exists() else None
