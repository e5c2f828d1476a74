"""Queue of packages ordered on a page: made one after the other in the background, downloaded, deleted.

An hour of testimony takes about a minute to decrypt, write and seal: too long for a request, and it must not
disturb a running interview. So a person places an order, follows its progress, and downloads the package
within a day. The passphrase is shown once and then deleted here as well.

The order itself is in the ledger, signed by the person who placed it (`casework.evidence.export_orders`). The
queue is in the memory of the web process: after a restart it is empty, and the process deletes the files left
in its folder. The ledger keeps its statement, also of a package that was never downloaded.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from casework.clock import now
from casework.errors import CaseworkError, Missing, Refused
from chain_of_custody.errors import CustodyError
from chain_of_custody.package.sealed_file import ITERATIONS
from player.package.delivery import SEALED, SHEET, VERIFIER, deliver

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Person
    from casework.evidence.export_orders import PlacedOrder

log = logging.getLogger(__name__)

LIFETIME = timedelta(days=1)
MOST = 8
"""Orders of one person at a time."""
FILES = (SEALED, VERIFIER, SHEET)

State: TypeAlias = Literal["waiting", "making", "ready", "failed"]


@dataclass
class Order:
    """One package ordered by one person."""

    placed: PlacedOrder
    person: Person
    placed_at: datetime
    state: State = "waiting"
    done: int = 0
    """Bytes of sealed testimony opened so far, of `total`."""
    total: int = 0
    failure: Exception | None = None
    confirmed: bool = True
    """False if it lacks witnesses or timestamps that the policy requires."""
    uncredited: int = 0
    """Films and pictures in it whose content credential could not be made."""
    _passphrase: str | None = field(default=None, repr=False)

    def take_passphrase(self) -> str | None:
        """Return the passphrase's numbers on the first call; None afterwards."""
        numbers, self._passphrase = self._passphrase, None
        return numbers


class Orders:
    """The orders of this process, in its own `folder`. `iterations`: as in `SealHeader`."""

    def __init__(self, center: Center, folder: Path, iterations: int = ITERATIONS) -> None:
        self._center = center
        self._folder = folder
        self._iterations = iterations
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._lock = threading.Lock()
        # One at a time: the rest of the machine's capacity is reserved for interviews.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="package")

    def clear(self) -> None:
        """Delete the files of an earlier process."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def require_room(self, person: Person) -> None:
        """Raise `Refused` while this person has too many orders."""
        self._expire()
        with self._lock:
            self._require_room(person)

    def begin(self, person: Person, placed: PlacedOrder) -> Order:
        """Begin an order, again if it failed; return it if it is waiting, being made or ready.

        Raises `Refused` while this person has too many.
        """
        self._expire()
        order = Order(placed, person, now())
        with self._lock:
            if (known := self._orders.get(placed.id)) is not None and known.state != "failed":
                return known
            self._require_room(person)
            self._orders[placed.id] = order
        self._maker.submit(self._make, order)
        return order

    def _require_room(self, person: Person) -> None:
        if sum(one.person.id == person.id for one in self._orders.values()) >= MOST:
            raise Refused("too many packages are waiting to be fetched")

    def has(self, person: Person, order_id: str) -> bool:
        """Whether this person's order is waiting or being made here, or is ready for download."""
        try:
            return self.get(person, order_id).state != "failed"
        except Missing:
            return False

    def get(self, person: Person, order_id: str) -> Order:
        """Return an order of this person. Raises `Missing`."""
        self._expire()
        with self._lock:
            order = self._orders.get(order_id)
        if order is None or order.person.id != person.id:
            raise Missing(f"no package {order_id[:32]}")
        return order

    def states(self, person: Person) -> dict[str, str]:
        """Return the state of each order that this person can still follow here, by its id."""
        self._expire()
        with self._lock:
            return {one.placed.id: one.state for one in self._orders.values() if one.person.id == person.id}

    def file(self, person: Person, order_id: str, name: str) -> Path:
        """Return the path of a file of a finished package. Raises `Missing`."""
        order = self.get(person, order_id)
        if order.state != "ready" or name not in FILES:
            raise Missing(f"package {order.placed.id} has no {name[:32]}")
        return self._folder / order.placed.id / name

    def close(self) -> None:
        """Begin no further order, without waiting: the next start deletes an unfinished package."""
        self._maker.shutdown(wait=False, cancel_futures=True)

    def _make(self, order: Order) -> None:
        placed = order.placed

        def report_progress(done: int, total: int) -> None:
            order.done, order.total = done, total

        order.state = "making"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = deliver(
                self._center,
                order.person,
                placed.items,
                placed.purpose,
                self._folder / placed.id,
                self._folder,
                viewing_copies=placed.viewing,
                order=placed.id,
                excluded=placed.excluded,
                progress=report_progress,
                iterations=self._iterations,
            )
        except (CaseworkError, CustodyError, OSError) as failure:
            log.warning("package %s: %s", placed.id, type(failure).__name__)
            order.failure, order.state = failure, "failed"
        except Exception as failure:
            log.exception("package %s", placed.id)
            order.failure, order.state = failure, "failed"
        else:
            order._passphrase = made.passphrase
            order.confirmed = made.confirmed
            order.uncredited = len(made.uncredited)
            order.state = "ready"

    def _expire(self) -> None:
        with self._lock:
            over = [
                one.placed.id
                for one in self._orders.values()
                if one.placed_at + LIFETIME < now() and one.state in ("ready", "failed")
            ]
            for order_id in over:
                del self._orders[order_id]
        for order_id in over:
            shutil.rmtree(self._folder / order_id, ignore_errors=True)
