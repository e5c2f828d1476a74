"""The work of the whole center, which one machine does for all (`amana.nodes`).

Witnesses and the policy, timestamps, passes over the copies, the renewal of locks, publishing, exchanges of
keys. Each part would do no harm beside the same on another machine; done once it costs once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from amana.keyholder_client import KeyholderClient
from amana.lock_renewal import LockRenewal
from amana.publishing import Publishing
from amana.rotating import Rotating, exchange
from amana.scrubbing import Scrubbing
from amana.settings import Settings
from amana.timestamping import Timestamping
from amana.witnessing import Gathering, HttpAsk
from casework.center import Center
from casework.witnesses import Gatherer


class CenterWide:
    """`start` it once; it works until `stop`. The registry names the present policy when `start` returns."""

    def __init__(self, center: Center, settings: Settings) -> None:
        gatherer = Gatherer(
            center.database, center.ledger, center.log_keys, settings.trust, HttpAsk(), settings.alarms
        )
        center = replace(center, witnesses=gatherer)
        self._workers = (
            Gathering(center),
            Timestamping(center, timedelta(days=settings.renew_within)),
            Scrubbing(center, settings.scrub_every, settings.scrub_rate),
            LockRenewal(center, settings.renewal),
            Publishing(center),
            Rotating(center, KeyholderClient(settings.keyholder_socket), exchange),
        )

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        for worker in reversed(self._workers):
            worker.stop()
