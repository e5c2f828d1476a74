"""Packages ordered on a page: made one after the other in the background, fetched, and removed again.

An hour of testimony takes a minute or so to decrypt, write and seal; a page cannot wait for that, and a
running interview must not. So an order is placed, told how far it is, and fetched within a day by the person
who placed it. The eight words are told once and then forgotten here as well.

The order itself stands in the ledger, signed by whoever placed it (`casework.evidence.export_orders`). What
is made for it lives in the memory of the web process: one that is restarted forgets it, and removes what it
finds in their folder. What was stated in the ledger stays stated: a package may have been made that nobody
fetched.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from casework.clock import now
from casework.errors import CaseworkError, Missing, Refused
from casework.evidence.gateway import Wanted
from chain_of_custody.errors import CustodyError
from player.package.court_package import SEALED, SHEET, VERIFIER, deliver

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Person
    from casework.evidence.export_orders import Placed

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
MOST = 8
"""Orders of one person at a time."""
FILES = (SEALED, VERIFIER, SHEET)

State: TypeAlias = Literal["waiting", "making", "ready", "failed"]


@dataclass
class Order:
    """One package ordered by one person."""

    id: str
    person: Person
    items: Sequence[Wanted]
    purpose: str
    placed_at: datetime
    viewing_copies: bool
    excluded: bool
    """Whether what a court has excluded is to be in it."""
    state: State = "waiting"
    done: int = 0
    """Bytes of sealed testimony opened so far, of `total`."""
    total: int = 0
    failure: Exception | None = None
    confirmed: bool = True
    """False if witnesses or timestamps that the policy asks for are missing in it."""
    uncredited: int = 0
    """Films and pictures in it whose content credential could not be made."""
    _passphrase: str | None = field(default=None, repr=False)

    def tell_words(self) -> str | None:
        """The eight words, the first time they are asked for; None afterwards."""
        words, self._passphrase = self._passphrase, None
        return words


class Orders:
    """The orders of this process, in `folder`, which is its own."""

    def __init__(self, center: Center, folder: Path) -> None:
        self._center = center
        self._folder = folder
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._lock = threading.Lock()
        # One at a time: what is left of the machine belongs to the interviews.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="package")

    def clear(self) -> None:
        """Remove what an earlier process left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def require_room(self, person: Person) -> None:
        """Raises `Refused` while this person has too many."""
        self._expire()
        with self._lock:
            self._require_room(person)

    def begin(self, person: Person, placed: Placed) -> Order:
        """Make what was ordered, or go on with it. Raises `Refused` while this person has too many."""
        self._expire()
        order = Order(placed.id, person, placed.items, placed.purpose, now(), placed.viewing, placed.excluded)
        with self._lock:
            if (known := self._orders.get(placed.id)) is not None and known.state != "failed":
                return known
            self._require_room(person)
            self._orders[order.id] = order
        self._maker.submit(self._make, order)
        return order

    def _require_room(self, person: Person) -> None:
        if sum(one.person.id == person.id for one in self._orders.values()) >= MOST:
            raise Refused("too many packages are waiting to be fetched")

    def has(self, person: Person, order_id: str) -> bool:
        """Whether this person's order is being made here, or is made and can be fetched."""
        try:
            return self.get(person, order_id).state != "failed"
        except Missing:
            return False

    def get(self, person: Person, order_id: str) -> Order:
        """An order of this person's. Raises `Missing`."""
        self._expire()
        with self._lock:
            order = self._orders.get(order_id)
        if order is None or order.person.id != person.id:
            raise Missing(f"no package {order_id[:32]}")
        return order

    def file(self, person: Person, order_id: str, name: str) -> Path:
        """A file of a package that is ready. Raises `Missing`."""
        order = self.get(person, order_id)
        if order.state != "ready" or name not in FILES:
            raise Missing(f"package {order.id} has no {name[:32]}")
        return self._folder / order.id / name

    def close(self) -> None:
        """Begin nothing more, and wait for nobody: what is being made is removed by the next start."""
        self._maker.shutdown(wait=False, cancel_futures=True)

    def _make(self, order: Order) -> None:
        def tell(done: int, total: int) -> None:
            order.done, order.total = done, total

        order.state = "making"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = deliver(
                self._center,
                order.person,
                order.items,
                order.purpose,
                self._folder / order.id,
                self._folder,
                viewing_copies=order.viewing_copies,
                order=order.id,
                excluded=order.excluded,
                progress=tell,
            )
        except (CaseworkError, CustodyError, OSError) as failure:
            log.warning("package %s: %s", order.id, type(failure).__name__)
            order.failure, order.state = failure, "failed"
        except Exception as failure:
            log.exception("package %s", order.id)
            order.failure, order.state = failure, "failed"
        else:
            order._passphrase = made.passphrase
            order.confirmed = made.confirmed
            order.uncredited = len(made.uncredited)
            order.state = "ready"

    def _expire(self) -> None:
        with self._lock:
            over = [
                one.id
                for one in self._orders.values()
                if one.placed_at + KEPT < now() and one.state in ("ready", "failed")
            ]
            for order_id in over:
                del self._orders[order_id]
        for order_id in over:
            shutil.rmtree(self._folder / order_id, ignore_errors=True)
