"""Requests to time-stamping authorities, in the background, until every seal has its tokens.

Every few seconds the worker checks for a seal that an authority's tokens do not cover yet. If there is one,
it requests a token from that authority for the newest checkpoint (RFC 3161 over HTTP, section 3.4). A
response is stored only after its verification. An authority that does not answer, or answers falsely, is
queried again with growing pauses, without a limit. Everything else continues meanwhile, and the health page
shows since when a seal waits.

An authority receives only one hash of a checkpoint's text, and the time of the request.

Once a day the worker checks for tokens near their end (`casework.witnesses.timestamp_renewal`).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from amana.background_loop import BackgroundLoop
from amana.bounded_http import NoAnswer, Outbound, TooLong
from amana.workers import EXPECTED
from casework.center import Center
from casework.clock import now
from casework.witnesses import timestamp_renewal, timestamps
from casework.witnesses.timestamps import Authority
from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.timestamping.rfc3161_token_form import MAX_RESPONSE, in_order

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between checks for seals without tokens."""
PAUSE, LONGEST_PAUSE = 5.0, 900.0
"""Seconds until the next request after a failed one: first, and at most; doubled each time."""
ANSWER_WITHIN = 20.0
"""Seconds for an authority's whole response."""
RENEWAL_EVERY = 86_400.0
"""Seconds between checks for tokens near their end."""
FRESH = timedelta(days=1)
"""A token of at most this age shows how long the authority's certificates last at present."""


class Unanswered(Exception):  # named after what happened, like casework.errors
    """An authority gave no token. `code`: `away`, `refused`, `not-a-timestamp`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Pause:
    length: float
    until: float = 0.0


class TimestampWorker:
    """Requests tokens from every authority of the trust file. `start` it once; it works until `stop`.

    `renew_within`: time before its end at which a token is renewed. `every`: seconds between checks. `pause`:
    seconds from a failed request to the first retry.
    """

    def __init__(
        self, center: Center, renew_within: timedelta, every: float = EVERY, pause: float = PAUSE
    ) -> None:
        self._center, self._renew_within, self._pause = center, renew_within, pause
        self._pauses: dict[str, _Pause] = {}
        self._renewed_at = float("-inf")
        self._loop = BackgroundLoop("timestamping", self._work, every, expected=EXPECTED)

    def start(self) -> None:
        """Start the thread; it ends with the process, or at `stop`."""
        self._loop.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Stop the thread.

        Wait at most `timeout` seconds for a running request: its response is not lost, only requested
        again."""
        self._loop.stop(timeout)

    def look(self) -> None:
        """Send each request that is due now, once."""
        for status in timestamps.authority_statuses(self._center):
            authority = status.authority
            pause = self._pauses.setdefault(authority.name, _Pause(self._pause))
            if status.since is None or authority.url is None or time.monotonic() < pause.until:
                continue
            if self.ask(authority):
                del self._pauses[authority.name]
            else:
                pause.until = time.monotonic() + pause.length
                pause.length = min(2 * pause.length, LONGEST_PAUSE)

    def ask(self, authority: Authority) -> bool:
        """Request a token for the newest checkpoint, and store it; return success. A failure is recorded."""
        assert authority.url is not None
        size = self._center.ledger.size
        trouble = None
        try:
            text = timestamps.checkpoint_text(self._center, size)
            response, nonce = request_token(authority.url, text)
            timestamps.keep(self._center, authority, size, response, nonce)
        except Unanswered as unanswered:
            trouble = unanswered.code
            log.warning("authority %s: %s", authority.name, unanswered)
        except Malformed as malformed:
            trouble = "not-a-timestamp"
            log.warning("authority %s: %s", authority.name, malformed)
        except NotProved as unproved:
            # It answers, but its response is invalid: a person must check this.
            trouble = "not-proved"
            log.error("authority %s: %s", authority.name, unproved)
        timestamps.note_request(self._center, authority.name, trouble)
        return trouble is None

    def renew(self, before: datetime) -> list[int]:
        """Renew each token that ends before then if its successor lasts longer; return where it is stated.

        The next `look` requests the tokens over these statements.
        """
        due = timestamp_renewal.ending(self._center, before)
        if not due:
            return []
        for status in timestamps.authority_statuses(self._center):
            newest = status.newest
            # Only a new token shows how long its certificates last now.
            if status.authority.url is not None and (newest is None or newest.at < now() - FRESH):
                self.ask(status.authority)
        return timestamp_renewal.renew(self._center, due)

    def _work(self) -> None:
        self.look()
        if time.monotonic() >= self._renewed_at + RENEWAL_EVERY:
            self._renewed_at = time.monotonic()
            self.renew(now() + self._renew_within)


def request_token(url: str, text: bytes) -> tuple[bytes, int]:
    """Return (response, nonce): the unverified response of the authority at `url` about `text`.

    Raises `Unanswered`; `Malformed` if its certificates cannot even be put in order.
    """
    request = (
        TimestampRequestBuilder()
        .data(text)
        .hash_algorithm(HashAlgorithm.SHA512)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    assert request.nonce is not None
    headers = {"content-type": "application/timestamp-query"}
    try:
        with Outbound(ANSWER_WITHIN, headers) as outbound:
            answer = outbound.ask(url, request.as_bytes(), limit=MAX_RESPONSE)
    except TooLong:
        raise Unanswered("not-a-timestamp", f"it answers with more than {MAX_RESPONSE} bytes") from None
    except NoAnswer as error:
        raise Unanswered("away", f"it does not answer ({error})") from error
    if answer.status != 200:
        raise Unanswered("refused", f"it answers with {answer.status}")
    return in_order(answer.body), request.nonce
