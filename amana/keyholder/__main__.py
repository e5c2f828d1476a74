"""The keyholder process: `python -m amana.keyholder PARENT CONTROL`, started by the supervisor.

`CONTROL` is the number of its end of the control channel."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import logging
import signal
import sys
import threading

from amana.control_channel import inherited
from amana.install import installation
from amana.keyholder.isolation_check import crossings
from amana.keyholder.ledger_proofs import require_proofs
from amana.keyholder.server import KeyholderServer, RequestHandler, guarded_signer
from amana.keyholder.wrapped_key_replication import WrappedKeyReplication
from amana.process_places import confine_keyholder
from amana.settings import read_settings
from casework.sandbox import process_log
from casework.sandbox.confinement import end_with_parent, keep_memory_private
from vault.keyholders.escrow import EscrowReplication
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.keyholders.rewrapping import RewrappingWorker
from vault.wrapped_keys.store import KeyStore

log = logging.getLogger("amana.keyholder.server")


def main(arguments: list[str]) -> int:
    """Run the keyholder until SIGTERM."""
    parent, descriptor = (int(argument) for argument in arguments)
    keep_memory_private()
    end_with_parent(parent)
    channel = inherited(descriptor)
    settings = read_settings()
    process_log.begin("keyholder", settings.log_level)
    with (settings.run / "keyholder.lock").open("wb") as lock:
        confine_keyholder(settings)
        # The keyholder of a killed supervisor may still be ending; two must never share the guard's state
        # file.
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = installation.read(settings)
        key_store = KeyStore(installation.key_stores(settings), settings.keys / WAITING)
        keyholder = LocalKeyholder.open(settings.keys, settings.key_access, key_store)
        signer = guarded_signer(keyholder, installed.origin, settings.signed_checkpoints)
        require_proofs(keyholder, installed.origin, signer.settle)
        carrying = EscrowReplication(key_store.stores, keyholder.escrow)
        rewrapping = keyholder.rewrapping(bytes.fromhex(installed.deployment))
        crossed = functools.partial(crossings, keys=settings.key_stores, media=settings.copies)
        keeping = WrappedKeyReplication(key_store, settings.key_renewal, crossed, escrow=carrying)
        handler = RequestHandler(keyholder, signer, installed.origin, rewrapping, carrying, keeping)
        server = KeyholderServer(channel, handler)
        with contextlib.closing(server), keeping, RewrappingWorker(rewrapping):
            signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
            stopped = threading.Event()
            # In parallel with serving: the protection of the signing keys may be unavailable, and may return.
            threading.Thread(target=keyholder.keep_trying, args=(stopped,), daemon=True).start()
            log.info("keyholder ready, vault %s", "unlocked" if keyholder.status().unlocked else "locked")
            server.serve_forever()
            stopped.set()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
