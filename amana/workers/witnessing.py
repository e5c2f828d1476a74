"""Requests to witnesses: over HTTP, bounded in time and size, in the background of the web process.

A witness receives the ledger's name, its size and its root; never its content. Its response is verified in
`casework.witnesses.witness_client`; `amana.bounded_http` bounds its cost.
"""

from __future__ import annotations

import logging
import time

from amana.background_loop import BackgroundLoop
from amana.bounded_http import NoAnswer, Outbound, TooLong, TooSlow
from amana.workers import EXPECTED
from casework.center import Center
from casework.witnesses import trust_file
from casework.witnesses.cosignature_collector import CosignatureCollector
from casework.witnesses.witness_client import Reply, WitnessUnreachable
from chain_of_custody.trust.witness import MAX_ANSWER

ANSWER = 10.0
"""Seconds for a witness's whole response."""
POLL = 1.0
"""Seconds between two checks for growth of the ledger."""
LOOK_AT_POLICY = 10.0
"""Seconds between two checks for a change of the policy."""

log = logging.getLogger("amana.workers.witnessing")


class HttpTransport:
    """`casework.witnesses.witness_client.Ask` over HTTP; for all threads."""

    def __call__(self, url: str, body: bytes | None) -> Reply:
        """Send the request and return the reply. Raises `WitnessUnreachable`."""
        try:
            with Outbound(ANSWER) as outbound:
                answer = outbound.ask(url, body, limit=MAX_ANSWER)
        except NoAnswer as error:
            codes: dict[type[NoAnswer], str] = {TooLong: "too-long", TooSlow: "too-slow"}
            raise WitnessUnreachable(codes.get(type(error), "unreachable")) from None
        return Reply(answer.status, answer.body)


class WitnessWorker:
    """The thread that queries the witnesses, and records a change of the policy in the registry."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._loop = BackgroundLoop("asking the witnesses", self._tend, POLL, expected=EXPECTED)
        self._look = 0.0

    def start(self) -> None:
        """Start; the registry then names the present policy, unless the ledger cannot continue."""
        try:
            self._look_at_policy()
        except Exception:
            # Any error: other leader work starts after this, and the next check tries again.
            log.exception("the policy cannot be stated")
        self._loop.start()

    def stop(self) -> None:
        """Stop the background thread, and wait for a running call."""
        self._loop.stop(None)

    def _tend(self) -> None:
        if time.monotonic() >= self._look:
            self._look_at_policy()
        if isinstance(self._center.witnesses, CosignatureCollector):
            self._center.witnesses.tend()

    def _look_at_policy(self) -> None:
        self._look = time.monotonic() + LOOK_AT_POLICY
        trust_file.state_policy(self._center)
