"""The monitor: reads a whole ledger over HTTP, follows its growth, and signs the heads that it found clean.

One pass (`Monitor.look`), in this order:

1. Fetch the checkpoint. Verify both of the ledger's signatures, and those of witnesses that the policy names.
2. Verify that it continues the last one seen, by hash tiles that lead to its root; else raise an alarm, and
   store both.
3. Record it durably as the last one seen.
4. Fetch every new entry, verify it against the signed tree, and replay it (`chain_of_custody.trust.monitor`).
5. Verify that the entries give the signed root.
6. Sign the head with the monitor's keys, but only if there is no finding that the ledger's own signatures
   prove.

A monitor trusts its policy file and its own folder. It needs a reader's token with the right to entries; of
the entries it stores only the end of every chain, and the registry.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from amana.bounded_http import NoAnswer, Outbound, TooLong
from amana.monitor.store import MonitorMemory
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.encoding.signed_note import MAX_NOTE_SIZE, Note
from chain_of_custody.errors import CustodyError, NotProved
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.tiles import HEIGHT, MAX_BUNDLE_SIZE, Tile, VerifiedTiles
from chain_of_custody.trust.cosignatures import Cosigner, witnessed
from chain_of_custody.trust.monitor import Finding, Replay, check_continues
from chain_of_custody.trust.named_parties import NO_QUORUM
from chain_of_custody.trust.policy import TrustPolicy

BUNDLES_TOGETHER = 16
"""Bundles of entries in one transaction: after a crash these 4,096 entries are read again."""
ATTEMPTS = 3
PAUSE = 1.0
"""Seconds before a request that failed in transit is sent again; doubled each time."""
WITHIN = 30.0
"""Seconds for a whole response: at most 17 MB, with entries of the largest size."""
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class Unreachable(Exception):  # the message is shown to the person as is
    """The ledger could not be read. This says nothing about the ledger."""


class HttpLedger:
    """The ledger at `address` (`…/ledger`), read with a reader's token.

    Its responses are bounded, and not trusted.
    """

    def __init__(
        self,
        address: str,
        token: str,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: float = PAUSE,
    ) -> None:
        self._address = address.rstrip("/")
        self._pause = pause
        headers = {"authorization": f"Bearer {token}", "accept-encoding": "gzip, identity"}
        self._outbound = Outbound(WITHIN, headers, transport)

    def close(self) -> None:
        """Close the connections to the ledger."""
        self._outbound.close()

    def checkpoint(self) -> bytes:
        """Fetch the newest checkpoint, unverified. Raises `Unreachable`."""
        return self._get("checkpoint", MAX_NOTE_SIZE)

    def tile(self, tile: Tile) -> bytes:
        """Fetch a tile of hashes or a bundle of entries, unverified. Raises `Unreachable`."""
        return self._get(tile.path(), MAX_BUNDLE_SIZE)

    def _get(self, path: str, limit: int) -> bytes:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause * 2 ** (attempt - 1))
            last = attempt == ATTEMPTS - 1
            try:
                answer = self._outbound.ask(f"{self._address}/{path}", limit=limit)
            except TooLong as error:
                return error.begun  # a response arrived; its reader refuses it
            except NoAnswer as error:
                if last:
                    raise Unreachable(f"{path}: {error}") from None
                continue
            if answer.status == 200:
                return answer.body
            if answer.status not in _AGAIN or last:
                raise Unreachable(f"{path}: {_says(answer.status)}")
        raise AssertionError("unreachable")


@dataclass(frozen=True)
class MonitorPass:
    """The result of one pass.

    `clean`: everything up to `checkpoint` was read, and nothing was ever found. `findings`: the new ones.
    `signed`: the file of the head, if it is clean. `alarm`: the folder of two heads that cannot both be of
    one ledger. `quorum`: whether the policy's required witnesses had cosigned this head when it was fetched;
    None if the policy requires none."""

    clean: bool
    findings: tuple[Finding, ...] = ()
    checkpoint: Checkpoint | None = None
    quorum: bool | None = False
    alarm: Path | None = None
    signed: Path | None = None


class Monitor:
    """Monitors one ledger. `report` is called with each finding as it is made."""

    def __init__(
        self,
        ledger: HttpLedger,
        policy: TrustPolicy,
        memory: MonitorMemory,
        cosigner: Cosigner,
        report: Callable[[Finding], None] = lambda finding: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._memory = memory
        self._cosigner = cosigner
        self._report = report
        self._now = now

    def look(self) -> MonitorPass:
        """Read everything that is new. Raises `Unreachable` if that was not possible."""
        served = self._ledger.checkpoint()
        try:  # 1
            checkpoint = open_checkpoint(served, self._policy.log_keys)
            note = Note.parse(served)
            met = witnessed(note, checkpoint, self._policy).quorum_met
            quorum = None if self._policy.quorum == NO_QUORUM else met  # none required: met is meaningless
        except CustodyError as error:
            return MonitorPass(False, self._find([Finding("checkpoint", _reason(error))]))
        tiles = functools.cache(lambda: VerifiedTiles(checkpoint.size, checkpoint.root, self._ledger.tile))
        contradiction = self._compare(served, checkpoint, tiles)  # 2
        if contradiction is not None:
            alarm, findings = contradiction
            return MonitorPass(False, findings, checkpoint, quorum, alarm)
        self._memory.see(checkpoint.size, served)  # 3
        try:
            findings = self._replay(checkpoint, tiles())  # 4, 5
        except CustodyError as error:
            findings = self._find([Finding("tiles", _reason(error))], f"{checkpoint.size}")
            return MonitorPass(False, findings, checkpoint, quorum)
        if self._memory.lasting():
            return MonitorPass(False, findings, checkpoint, quorum)
        signed = self._memory.sign(checkpoint, self._own(note), self._cosigner, int(self._now()))  # 6
        return MonitorPass(True, findings, checkpoint, quorum, None, signed)

    def _compare(
        self, served: bytes, checkpoint: Checkpoint, tiles: Callable[[], VerifiedTiles]
    ) -> tuple[Path, tuple[Finding, ...]] | None:
        last = self._memory.last_seen()
        if last is None:
            return None
        earlier = Checkpoint.parse(Note.parse(last).text)  # it was verified before it was stored
        contradiction = check_continues(earlier, checkpoint, tiles)
        if contradiction is None:
            return None
        folder = self._memory.alarm(contradiction.kind, last, served)
        return folder, self._find([contradiction], f"{checkpoint.size} {checkpoint.root.hex()}")

    def _own(self, note: Note) -> Note:
        """Return the note with only the ledger's two signature lines, which were verified."""
        keys = (self._policy.log_keys.ed25519_key, self._policy.log_keys.mldsa44_key)
        own = {(key.name, key.key_id) for key in keys}
        return Note(note.text, tuple(line for line in note.signatures if (line.name, line.key_id) in own))

    def _replay(self, checkpoint: Checkpoint, tiles: VerifiedTiles) -> tuple[Finding, ...]:
        replay = Replay(self._policy, self._memory, self._memory.tree())
        found: tuple[Finding, ...] = ()
        while replay.tree.size < checkpoint.size:
            first = replay.tree.size >> HEIGHT
            end = min(first + BUNDLES_TOGETHER, -(-checkpoint.size >> HEIGHT))
            with self._memory.together():
                fresh: list[Finding] = []
                for bundle in range(first, end):
                    for leaf in tiles.entries(bundle)[replay.tree.size - (bundle << HEIGHT) :]:
                        fresh += replay.take(leaf)
                new = self._memory.find(fresh, self._time())
                self._memory.keep_tree(replay.tree)
            found += self._say(new)
        return found + self._find(replay.finish(checkpoint), f"{checkpoint.size}")

    def _find(self, findings: Sequence[Finding], about: str = "") -> tuple[Finding, ...]:
        with self._memory.together():
            new = self._memory.find(findings, self._time(), about)
        return self._say(new)

    def _say(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        if findings:
            self._memory.write_findings()
        for finding in findings:
            self._report(finding)
        return tuple(findings)

    def _time(self) -> str:
        return instant_text(datetime.fromtimestamp(self._now(), UTC))


def _says(status: int) -> str:
    if status == 401:
        return "the token is not valid, or not any more (401)"
    if status == 403:
        return "this token does not open entries, which a monitor reads (403)"
    return f"the ledger answered {status}"


def _reason(error: CustodyError) -> str:
    return error.reason if isinstance(error, NotProved) else str(error)
