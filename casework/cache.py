"""A bounded cache of values, for all threads of this process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass
class _Place(Generic[Value]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    values: list[Value] = field(default_factory=list)


class Cache(Generic[Key, Value]):
    """The last `room` values used. While a value is made, only threads that need that value wait."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._places: OrderedDict[Key, _Place[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self, key: Key) -> None:
        """Remove the value of `key` from the cache; callers may still hold it."""
        with self._lock:
            self._places.pop(key, None)

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value of `key`; if `make` raises, the error passes through and nothing is cached."""
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._room:
                self._places.popitem(last=False)
        with place.lock:
            if not place.values:
                place.values.append(make())
            return place.values[0]
