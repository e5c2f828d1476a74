"""Reaching the witnesses: over HTTP, bounded in time and size, in the background of the web process.

A witness sees the ledger's name, its size and its root; never what is in it. What it answers is verified in
`casework.witnesses.witness_client`; `amana.bounded_http` keeps it from costing anything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from amana.bounded_http import NoAnswer, Outbound, TooLong, TooSlow
from casework.center import Center
from casework.errors import CaseworkError
from casework.witnesses import trust_file
from casework.witnesses.cosignature_collector import Gatherer
from casework.witnesses.witness_client import Reply, Unreached
from chain_of_custody.errors import CustodyError
from chain_of_custody.trust.witness import MAX_ANSWER
from vault.errors import VaultError

ANSWER = 10.0
"""Seconds until a witness's whole answer has come."""
POLL = 1.0
"""Seconds between two looks at whether the ledger has grown."""
LOOK_AT_POLICY = 10.0
"""Seconds between two looks at whether the policy has changed."""

log = logging.getLogger("amana.workers.witnessing")


class HttpAsk:
    """`casework.witnesses.witness_client.Ask` over HTTP; for all threads."""

    def __call__(self, url: str, body: bytes | None) -> Reply:
        try:
            with Outbound(ANSWER) as outbound:
                answer = outbound.ask(url, body, limit=MAX_ANSWER)
        except NoAnswer as error:
            codes: dict[type[NoAnswer], str] = {TooLong: "too-long", TooSlow: "too-slow"}
            raise Unreached(codes.get(type(error), "unreachable")) from None
        return Reply(answer.status, answer.body)


class Gathering:
    """The thread that asks the witnesses, and tells the registry when the policy has changed."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witnesses", daemon=True)
        self._look = 0.0
        self._said = ""

    def start(self) -> None:
        """Begin; the registry names the present policy when this returns, unless the ledger cannot go on."""
        self._do(self._look_at_policy)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(POLL):
            self._do(self._tend)

    def _tend(self) -> None:
        if time.monotonic() >= self._look:
            self._look_at_policy()
        if isinstance(self._center.witnesses, Gatherer):
            self._center.witnesses.tend()

    def _look_at_policy(self) -> None:
        self._look = time.monotonic() + LOOK_AT_POLICY
        trust_file.state_policy(self._center)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (CustodyError, CaseworkError, VaultError, SQLAlchemyError, OSError) as error:
            # Said once, not every second; health says it as long as it lasts.
            if self._said != (said := f"{type(error).__name__}: {error}"):
                log.warning("the witnesses cannot be asked: %s", said)
            self._said = said
        except Exception:
            # Whatever it was: others of the center's work begin after this, and the next look is another try.
            log.exception("the witnesses cannot be asked")
        else:
            self._said = ""
