"""Notices by e-mail about waiting work, in the background of the web process: off without a mail server.

`casework.people.notices` decides who gets one, and when. A notice names only the service, in the language of
its receiver. A failed one is retried, is shown on *System state*, and has no other effect.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from amana import mail
from amana.background_loop import BackgroundLoop, Unfinished
from amana.languages import DEFAULT, say
from amana.mail import MailServer, NotSent
from amana.workers import EXPECTED
from casework.center import Center
from casework.clock import now
from casework.database.models import Person
from casework.people import notices
from casework.translations import marked as _
from casework.work_queue import queue
from vault.errors import VaultError

EVERY = 300.0
"""Seconds between two checks of the work queues."""
LONGEST_PAUSE = 3600.0
"""Longest pause, in seconds, until notices that could not be sent are tried again."""
log = logging.getLogger(__name__)


class NoticeWorker:
    """`start` it once; it works until `stop`. `address`: of the service, as notices name it."""

    def __init__(
        self, center: Center, server: MailServer, address: str, clock: Callable[[], datetime] = now
    ) -> None:
        self._center, self._server, self._address, self._clock = center, server, address, clock
        self._loop = BackgroundLoop("notices", self.look, EVERY, LONGEST_PAUSE, expected=EXPECTED)

    def start(self) -> None:
        """Start the thread; it ends with the process, or at `stop`."""
        self._loop.start()

    def stop(self) -> None:
        """Stop the thread, and wait some seconds at most for a message that is being sent."""
        self._loop.stop()

    def look(self) -> None:
        """Send each notice that is due. Raises `Unfinished` where one could not be sent."""
        failed = False
        for person in notices.receivers(self._center):
            waiting = len(queue.waiting_for(self._center, person))
            claimed = notices.claim(self._center, person.id, waiting, self._clock())
            if claimed is None:
                continue
            try:
                self._send(person)
            except NotSent as error:
                notices.not_sent(self._center, claimed, error.code)
                log.warning("a notice was not sent: %s", error)
                failed = True
        if failed:
            raise Unfinished

    def _send(self, person: Person) -> None:
        try:
            to, language = notices.address_of(self._center, person), person.language or DEFAULT
        except VaultError as error:
            raise NotSent("unreadable", f"the address of {person.id}: {type(error).__name__}") from error
        assert to is not None, "only receivers are asked for"
        subject, sentence = say(language, _("Amana")), say(language, _("Something waits for you in Amana."))
        mail.send(self._server, mail.message(self._server, to, subject, f"{sentence}\n\n{self._address}\n"))
