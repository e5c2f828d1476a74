"""A center of real parts in a temporary folder: key files, keyholder socket, database, ledger, stores."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from amana import installation
from amana.keyholder import Desk, KeyholderServer, guarded_signer
from amana.keyholder_client import KeyholderClient
from amana.settings import Settings
from vault.keyholders.key_file import Cost
from vault.keyholders.passphrase import PassphraseKeyholder

PASSPHRASE = "seven words that nobody else would think of"


@pytest.fixture(scope="session")
def protected_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files under `PASSPHRASE`, with a guess made cheap so that tests are quick."""
    folder = tmp_path_factory.mktemp("keys")
    PassphraseKeyholder.create(folder, PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    return folder


@pytest.fixture
def settings(tmp_path: Path, protected_keys: Path) -> Settings:
    """A prepared data folder."""
    settings = Settings(data=tmp_path / "amana")
    shutil.copytree(protected_keys, settings.keys)
    assert installation.prepare(settings) is None
    return settings


@pytest.fixture
def keyholder(settings: Settings) -> Iterator[KeyholderClient]:
    """A client of a keyholder that listens at its socket; the vault is locked."""
    installed = installation.read(settings)
    keys = PassphraseKeyholder.open(settings.keys)
    signer = guarded_signer(keys, installed.origin, settings.keys / "signed-checkpoints")
    server = KeyholderServer(settings.keyholder_socket, Desk(keys, signer, installed.origin))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = KeyholderClient(settings.keyholder_socket)
    yield client
    client.close()
    server.shutdown()
    server.server_close()
    thread.join()
