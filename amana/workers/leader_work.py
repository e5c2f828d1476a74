"""The leader work of a center, which one machine does for all (`amana.workers.membership`).

Witnesses and the policy, timestamps, passes over the copies, the renewal of locks, publishing, exchanges of
keys. Each part would be harmless on several machines at once, but it is enough to do it once.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from amana.settings import Settings
from amana.workers.database_replication import DatabaseReplicationWorker
from amana.workers.key_rotation import KeyRotationWorker, exchange
from amana.workers.media_locks import LockRenewal
from amana.workers.membership import Work
from amana.workers.notices import NoticeWorker
from amana.workers.scrubbing import ScrubWorker
from amana.workers.timestamping import TimestampWorker
from amana.workers.witnessing import HttpTransport, WitnessWorker
from casework.center import Center
from casework.copies.key_rotation import Rewrapper
from casework.witnesses.cosignature_collector import CosignatureCollector


class LeaderWork:
    """`start` it once; it works until `stop`. The registry names the present policy when `start` returns.

    A lease can be lost while its work is starting: `stop` may be called during `start`. When both have
    returned, no worker runs.
    """

    def __init__(self, center: Center, settings: Settings, keyholder: Rewrapper) -> None:
        gatherer = CosignatureCollector(
            center.database, center.ledger, center.log_keys, settings.trust, HttpTransport(), settings.alarms
        )
        center = replace(center, witnesses=gatherer)
        self._turn = threading.Lock()
        self._stopped = False
        self._started: list[Work] = []
        server = settings.mail_server
        self._workers: tuple[Work, ...] = (
            WitnessWorker(center),
            TimestampWorker(center, timedelta(days=settings.renew_within)),
            ScrubWorker(center, settings.scrub_every, settings.scrub_rate),
            LockRenewal(center, settings.renewal),
            DatabaseReplicationWorker(center),
            KeyRotationWorker(center, keyholder, exchange),
            *([] if server is None else [NoticeWorker(center, server, settings.public_address)]),
        )

    def start(self) -> None:
        """Start the workers one after the other, until `stop` is called."""
        with self._turn:
            for worker in self._workers:
                if self._stopped:
                    return
                self._started.append(worker)
                worker.start()

    def stop(self) -> None:
        """Stop the started workers, the last one first; any thread may call this during `start`."""
        self._stopped = True
        with self._turn:
            while self._started:
                self._started.pop().stop()
