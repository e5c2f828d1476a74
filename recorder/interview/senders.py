"""Which device may send which camera of an interview, and the outcome of each attempt.

1. The room page requests a nonce, then signs the certificate of its connection with its device's key
   (`chain_of_custody.items.sender`). An offer without that proof is refused at any time.
2. Until a part begins, the device that connected last has a camera.
3. From then on a camera belongs to its device and holder. They may come back at any time. Another device, or
   another person at the same device, is refused, until the console confirms exactly that one.
4. A refusal is an event of the part, and is shown on the console.

Trusts: the web process for the holder, for the network and for who is at the console. The key itself is
proved here. A compromised web process can name another holder, and confirm in a person's name; it cannot sign
for a device.

Specification: docs/spec/room.md.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.items.sender import CAMERA, Confirmer, Proof, Sender, SenderEvent
from recorder.errors import InterviewRefused

log = logging.getLogger(__name__)

NONCE_LIVES: Final = 60.0
"""Seconds in which a signed nonce has to be returned."""
MAX_NONCES: Final = 10_000
"""Maximum number of unused nonces; more than pages request while one of them signs."""
SHOWN_FOR: Final = 60.0
"""Seconds for which the console shows a refused device after its last attempt; a page repeats every three."""
DISMISSED_FOR: Final = 300.0
"""Seconds for which a dismissed device is refused without being shown again."""
CONFIRMED_FOR: Final = 120.0
"""Seconds in which a confirmed device has to connect."""
LETS_GO: Final = 10.0
"""Seconds in which a page whose camera was taken over may retry, before it is shown as a new attempt."""
MAX_ATTEMPTS: Final = 3
"""Devices of one holder that the console shows at once for one camera, so that none hides the others."""
MAX_REFUSALS: Final = 20
"""Refusals of one holder that a part records. Further ones are in the log of the process."""

Say = Callable[..., object]
"""Records an event of this moment, if a part is open."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A device and its holder: a camera stays bound only while both are the same.

    The holder's name is not part of it: it can change, and cannot always be decrypted.
    """

    device: str | None
    """The id of its key; None if it proved none."""
    kind: str
    holder: str
    """Kind and id, as in `chain_of_custody.items.sender.Holder`."""


@dataclass
class Attempt:
    """A device that was refused, as the console shows it."""

    number: int
    sender: Sender
    reason: str
    since: datetime
    last: float
    confirmed: Confirmer | None = None
    confirmed_at: float = float("-inf")
    dismissed_at: float = float("-inf")


def identity(sender: Sender) -> Identity:
    """Return who the sender is."""
    return Identity(sender.device, sender.holder.kind, sender.holder.id)


class Senders:
    """The devices of one interview."""

    def __init__(self, interview: str, say: Say, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interview = interview
        self._say = say
        self._monotonic = monotonic
        self._nonces: OrderedDict[str, tuple[Mapping[str, Any], float]] = OrderedDict()
        self._bound: dict[str, Identity] | None = None
        """Camera → its device and holder, from the first part on; None before it."""
        self._begun_by = ""
        self._attempts: dict[tuple[str, Identity, str], Attempt] = {}
        self._handed_over: dict[tuple[str, Identity], float] = {}
        self._numbers = 0
        self._refusals: Counter[str] = Counter()

    # --- proofs -------------------------------------------------------------------------------------------

    def challenge(self, evidence: str | None) -> dict[str, Any]:
        """Return what a device has to sign: `at`, `evidence` (the newest part) and a new `nonce`."""
        challenge = {
            "at": instant_text(datetime.now(UTC)),
            "evidence": evidence,
            "nonce": secrets.token_hex(16),
        }
        self._nonces[challenge["nonce"] or ""] = (challenge, self._monotonic())
        while len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)
        return challenge

    def proved(self, claim: Mapping[str, object], certificates: Collection[str], use: str = CAMERA) -> Sender:
        """Return the sender that a request names, once its device has proved that it has this connection.

        `claim`: `camera`, `holder`, `network`, `proof`, as in a header; `certificates`: digests of which the
        device must have signed one. Each nonce is good once. Raises `InterviewRefused`, after recording the
        refusal.
        """
        try:
            unproved = Sender.from_json({**claim, "proof": None})
        except Malformed as malformed:
            raise InterviewRefused("body.malformed", str(malformed)) from malformed
        try:
            sender = Sender.from_json(claim)
            if sender.proof is None or sender.proof.fingerprint not in certificates:
                raise Malformed("it proved nothing of this connection")
            self._use_nonce(sender.proof)
            sender.verify(self._interview, use)
        except CustodyError as failed:
            log.warning("camera %s: %s", unproved.camera, failed)
            self._refuse(unproved, "unproved")
            raise InterviewRefused("sender.unproved") from failed
        return sender

    def _use_nonce(self, proof: Proof) -> None:
        challenge, since = self._nonces.pop(proof.nonce, ({}, float("-inf")))
        if self._monotonic() - since > NONCE_LIVES:
            raise Malformed("its nonce was not given, is used, or is too old")
        if (proof.at, proof.evidence) != (challenge["at"], challenge["evidence"]):
            raise Malformed("it signed another time or part than was given")

    # --- who may ------------------------------------------------------------------------------------------

    def bind(self, connected: Mapping[str, Sender], by: str) -> Callable[[], None]:
        """Bind each camera to the device that sends it, before a part begins for which the person `by` asked.

        Returns a function that undoes it if the part does not begin.
        """
        before = self._bound, self._begun_by
        self._bound, self._begun_by = {name: identity(one) for name, one in connected.items()}, by
        self._attempts.clear()
        self._refusals.clear()

        def undo() -> None:
            self._bound, self._begun_by = before

        return undo

    def begun(self, connected: Mapping[str, Sender], named: Collection[Sender]) -> None:
        """Record the changes since the part's header was made, which names the senders `named`."""
        cameras = {sender.camera for sender in named}
        for sender in connected.values():
            if sender not in named:
                self._note_event("returned" if sender.camera in cameras else "joined", sender)
        for attempt in self._attempts.values():
            self._note_event("refused", attempt.sender, reason=attempt.reason)

    def admit(self, sender: Sender) -> None:
        """Raise `InterviewRefused`, after recording it, unless this device may send this camera now."""
        if not self._may(sender):
            self._refuse(sender, "another-device")
            raise InterviewRefused("sender.other")

    def admit_beside(self, sender: Sender) -> None:
        """Raise `InterviewRefused`, likewise, unless this device sends a camera of the part: only it may make
        a safety recording beside it."""
        if identity(sender) not in (self._bound or {}).values():
            self._refuse(sender, "another-device", shown=False)
            raise InterviewRefused("sender.other")

    def may_take(self, sender: Sender) -> bool:
        """Return whether a device that has just connected may send its camera; a refusal is recorded.

        The part may have begun since its offer was answered.
        """
        if self._may(sender):
            return True
        self._refuse(sender, "another-device")
        return False

    def took(self, sender: Sender, before: Sender | None) -> None:
        """Record that this device now sends its camera, and replaces `before`."""
        if self._bound is None:
            return
        who = identity(sender)
        known = self._bound.get(sender.camera)
        attempt = self._attempts.pop((sender.camera, who, "another-device"), None)
        self._bound[sender.camera] = who
        confirmed = None if attempt is None else attempt.confirmed
        if known is not None and known != who:
            self._handed_over[sender.camera, known] = self._monotonic()
            self._note_event("replaced", sender, confirmed=confirmed)
        elif before is None:
            self._note_event("joined", sender, confirmed=confirmed)
        else:
            self._note_event("returned", sender)

    def _may(self, sender: Sender) -> bool:
        if self._bound is None:
            return True
        who = identity(sender)
        bound = self._bound.get(sender.camera)
        if who == bound or (bound is None and who in self._bound.values()):
            return True
        attempt = self._attempts.get((sender.camera, who, "another-device"))
        return attempt is not None and self._monotonic() - attempt.confirmed_at < CONFIRMED_FOR

    # --- the console --------------------------------------------------------------------------------------

    @property
    def attempts(self) -> list[Attempt]:
        """The refused devices that the console has to show, the oldest first."""
        now = self._monotonic()
        return [
            one
            for one in self._attempts.values()
            if now - one.last < SHOWN_FOR
            and now - one.dismissed_at > DISMISSED_FOR
            and now - one.confirmed_at > CONFIRMED_FOR
        ]

    def settle(self, number: int, decision: str, by: Confirmer) -> dict[str, Any]:
        """Confirm a refused device, or dismiss it. Raises `InterviewRefused`.

        A person cannot confirm a device of their own, unless that person began the part.
        """
        attempt = next((one for one in self.attempts if one.number == number), None)
        if attempt is None:
            raise InterviewRefused("sender.unknown")
        if decision == "dismiss":
            attempt.dismissed_at = self._monotonic()
            return {}
        if decision != "confirm":
            raise InterviewRefused("body.malformed", "decision: neither confirm nor dismiss")
        if attempt.sender.proof is None:
            raise InterviewRefused("sender.unproved")
        if attempt.sender.holder.kind == "person" and attempt.sender.holder.id == by.id != self._begun_by:
            raise InterviewRefused("sender.own")
        attempt.confirmed, attempt.confirmed_at = by, self._monotonic()
        return {}

    # --- inside ---------------------------------------------------------------------------------------------

    def _refuse(self, sender: Sender, reason: str, *, shown: bool = True) -> None:
        log.warning("camera %s: refused, %s", sender.camera, reason)
        if self._bound is None:
            return
        who, now = identity(sender), self._monotonic()
        shown = shown and now - self._handed_over.get((sender.camera, who), float("-inf")) > LETS_GO
        key = (sender.camera, who, reason if shown else "not-shown")
        attempt = self._attempts.get(key)
        if attempt is not None:
            attempt.sender, attempt.last = sender, now
            return
        self._refusals[who.holder] += 1
        if self._refusals[who.holder] <= MAX_REFUSALS:
            self._note_event("refused", sender, reason=reason)
        others = [one for one in self._attempts if one[0] == sender.camera and one[1].holder == who.holder]
        for old in others[: len(others) + 1 - MAX_ATTEMPTS]:
            del self._attempts[old]
        self._numbers += 1
        self._attempts[key] = Attempt(self._numbers, sender, reason, datetime.now(UTC), now)
        if not shown:
            self._attempts[key].dismissed_at = float("inf")

    def _note_event(
        self, event: str, sender: Sender, confirmed: Confirmer | None = None, reason: str | None = None
    ) -> None:
        fields = SenderEvent.from_json(
            {
                "confirmed": None if confirmed is None else confirmed.to_json(),
                "event": event,
                "reason": reason,
                "sender": sender.to_json(),
            }
        )
        self._say(SenderEvent.TYPE, **fields.to_json())
