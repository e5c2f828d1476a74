"""Reaching the witnesses: over HTTP, bounded in time and size, in the background of the web process.

A witness sees the ledger's name, its size and its root; never what is in it. What it answers is verified in
`casework.asking`; here it is only kept from costing anything.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from functools import cached_property

import httpx
from sqlalchemy.exc import SQLAlchemyError

from casework import trust
from casework.asking import Reply, Unreached
from casework.center import Center
from casework.errors import CaseworkError
from casework.witnesses import Gatherer
from chain_of_custody.errors import CustodyError
from chain_of_custody.witnessing import MAX_ANSWER
from vault.errors import VaultError

CONNECT, ANSWER = 3.0, 10.0
"""Seconds to reach a witness, and until its whole answer has come."""
POLL = 1.0
"""Seconds between two looks at whether the ledger has grown."""
LOOK_AT_POLICY = 10.0
"""Seconds between two looks at whether the policy has changed."""

log = logging.getLogger("amana.witnessing")


class HttpAsk:
    """`casework.asking.Ask` over HTTP. Follows no redirection, uses no proxy."""

    @cached_property
    def _client(self) -> httpx.Client:
        """Made when somebody is asked: most commands at the terminal ask nobody."""
        # The system's own certificates, where a court's network has an authority of its own.
        return httpx.Client(
            verify=ssl.create_default_context(),
            timeout=httpx.Timeout(ANSWER / 2, connect=CONNECT),
            trust_env=False,
            headers={"user-agent": "amana"},
        )

    def __call__(self, url: str, body: bytes | None) -> Reply:
        ends = time.monotonic() + ANSWER
        received = bytearray()
        try:
            request = self._client.build_request("GET" if body is None else "POST", url, content=body)
            response = self._client.send(request, stream=True)
            try:
                for piece in response.iter_raw():
                    received += piece
                    if len(received) > MAX_ANSWER:
                        raise Unreached("too-long")
                    if time.monotonic() > ends:
                        raise Unreached("too-slow")
            finally:
                response.close()
        except httpx.TimeoutException:
            raise Unreached("too-slow") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Unreached("unreachable") from None
        return Reply(response.status_code, bytes(received))


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
        trust.state_policy(self._center)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (CustodyError, CaseworkError, VaultError, SQLAlchemyError, OSError) as error:
            # Said once, not every second; health says it as long as it lasts.
            if self._said != (said := f"{type(error).__name__}: {error}"):
                log.warning("the witnesses cannot be asked: %s", said)
            self._said = said
        else:
            self._said = ""
