"""Asking timestamp authorities, in the background, until every seal has its tokens.

Every few seconds it is looked whether there is a seal that an authority's tokens do not cover yet; if so,
that authority is asked over the newest checkpoint (RFC 3161 over HTTP, section 3.4). An answer is kept only
once it is verified. An authority that does not answer, or lies, is asked again, with growing pauses, for as
long as it takes: recording and everything else go on meanwhile, and the health page says since when a seal
waits.

What an authority learns is one hash of a checkpoint's text, and that something was sealed about now.

Once a day it is looked whether tokens come near their end (`casework.witnesses.timestamp_renewal`).
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
from chain_of_custody.timestamping.rfc3161_token import MAX_RESPONSE, in_order

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between looks for seals without tokens."""
PAUSE, LONGEST_PAUSE = 5.0, 900.0
"""Seconds until an authority that gave none is asked again: at first, and at most; doubled each time."""
ANSWER_WITHIN = 20.0
"""Seconds until an authority's whole answer has come."""
RENEWAL_EVERY = 86_400.0
"""Seconds between looks for tokens that come near their end."""
FRESH = timedelta(days=1)
"""A token this young shows how long the authority's certificates last at present."""


class Unanswered(Exception):  # names what happened, as casework.errors do
    """An authority gave no token. `code`: `away`, `refused`, `not-a-timestamp`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Pause:
    length: float
    until: float = 0.0


class Timestamping:
    """Asks every authority of the trust file. `start` it once; it works until `stop`.

    `renew_within`: how near to its end a token is renewed. `every`: seconds between looks. `pause`: seconds
    until an authority that gave none is asked again for the first time.
    """

    def __init__(
        self, center: Center, renew_within: timedelta, every: float = EVERY, pause: float = PAUSE
    ) -> None:
        self._center, self._renew_within, self._pause = center, renew_within, pause
        self._pauses: dict[str, _Pause] = {}
        self._renewed_at = float("-inf")
        self._loop = BackgroundLoop("timestamping", self._work, every, expected=EXPECTED)

    def start(self) -> None:
        """Begin; the thread ends with the process, or at `stop`."""
        self._loop.start()

    def stop(self, timeout: float = 1.0) -> None:
        """End it. An authority that is just being asked is not waited for longer than `timeout` seconds: what
        it says is not lost, only asked for again."""
        self._loop.stop(timeout)

    def look(self) -> None:
        """Ask whoever has to be asked now, once."""
        for standing in timestamps.authority_statuses(self._center):
            authority = standing.authority
            pause = self._pauses.setdefault(authority.name, _Pause(self._pause))
            if standing.since is None or authority.url is None or time.monotonic() < pause.until:
                continue
            if self.ask(authority):
                del self._pauses[authority.name]
            else:
                pause.until = time.monotonic() + pause.length
                pause.length = min(2 * pause.length, LONGEST_PAUSE)

    def ask(self, authority: Authority) -> bool:
        """Ask for a token over the newest checkpoint, and keep it; whether it worked. Why not is noted."""
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
            # It answers, and what it says does not hold: somebody has to look at this.
            trouble = "not-proved"
            log.error("authority %s: %s", authority.name, unproved)
        timestamps.note_asked(self._center, authority.name, trouble)
        return trouble is None

    def renew(self, before: datetime) -> list[int]:
        """Renew every token that ends before then and whose successor lasts longer; where that is stated.

        The tokens over these statements are asked for by the next `look`.
        """
        due = timestamp_renewal.ending(self._center, before)
        if not due:
            return []
        for standing in timestamps.authority_statuses(self._center):
            newest = standing.newest
            # How long its certificates last now, only a token of now can tell.
            if standing.authority.url is not None and (newest is None or newest.at < now() - FRESH):
                self.ask(standing.authority)
        return timestamp_renewal.renew(self._center, due)

    def _work(self) -> None:
        self.look()
        if time.monotonic() >= self._renewed_at + RENEWAL_EVERY:
            self._renewed_at = time.monotonic()
            self.renew(now() + self._renew_within)


def request_token(url: str, text: bytes) -> tuple[bytes, int]:
    """(response, nonce): what the authority at `url` answers about `text`; nothing of it is believed yet.

    Raises `Unanswered`; `Malformed` where its certificates cannot even be put in order.
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
