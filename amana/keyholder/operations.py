"""The operations of the keyholder process: one table, from which client and server dispatch.

A row takes its name, its types and its contract from a method: of `Keyholder`, which the process offers to
the web process, or of `KeyholderProcess`, for further operations. There is no row for `Keyholder.sign`: what
the ledger and the center sign is restricted (`amana.keyholder.server`). Nor is there one for
`Keyholder.unlock`: no passphrase comes in the clear.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, get_type_hints, overload

from amana.keyholder.protocol import MAX_REQUESTS, LineError
from amana.keyholder.signing_guard import TreeHead
from amana.keyholder.wire_values import Read, reader, written
from vault.keyholders.protocol import Keyholder
from vault.keyholders.rewrapping import Rewrapped

MAX_MEMBERS = 8
"""Largest number of wraps or digests of one item in one request."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class SigningMemory:
    """The keyholder's record of the checkpoints that it signed (`amana.keyholder.signing_guard`)."""

    kept: TreeHead | None
    """The newest one signed and built upon."""
    base: TreeHead | None
    """What a checkpoint that is taken over must continue; None: nothing was ever signed here."""
    abandoned: int
    """How many were signed and abandoned."""


class KeyholderProcess(Protocol):
    """Operations of the process beyond those of a `Keyholder`."""

    def key_store(self) -> Mapping[str, Any]:
        """Return the state of the copies of wrapped keys:
        `amana.keyholder.wrapped_key_replication.WrappedKeyReplication.status`."""

    def sign_statement(self, message: bytes) -> bytes:
        """Sign a statement with the center key, and nothing but a statement."""

    def sign_document(self, message: bytes) -> bytes:
        """Sign a document made for people with the documents key."""

    def sign_checkpoint(
        self, size: int, root: str, previous: TreeHead | None, consistency: Sequence[bytes]
    ) -> bytes:
        """Return the signed note over the checkpoint of `size` and `root` (hex).

        Raises `LedgerDiverged` if it does not continue what was signed before."""

    def confirm(self, head: TreeHead) -> None:
        """Note that the ledger stored the checkpoint of this tree, which was signed here.

        Raises `vault.errors.NotContinued` if this keyholder continues another one."""

    def take_over(self, note: bytes, consistency: Sequence[bytes]) -> None:
        """Continue from what another machine signed.

        Raises `LedgerDiverged` for a note that does not continue its own record."""

    def memory(self) -> SigningMemory:
        """Return its record of the checkpoints that it signed."""

    def rewrapped(self) -> Rewrapped | None:
        """Return the progress of wrapping everything for the current keys; None before the first check."""

    def rewrap(self) -> Rewrapped | None:
        """Rewrap for some seconds more (`vault.keyholders.rewrapping.ALLOWED_FOR`); return the progress.

        Only one machine of a center may do this at a time."""

    def drop_exchanged(self) -> list[str]:
        """Drop the exchanged vault keys and return their ids. Refused while something needs one."""


class Operation(Generic[P, T]):
    """One row of the table: on a client, the method that requests it.

    `answer`: the member of the answer that has the result; empty: the result is the whole answer, or nothing.
    `split`: divides the last argument, a list, among several requests; their results, lists too, are joined.
    """

    def __init__(
        self,
        method: Callable[Concatenate[Any, P], T],
        answer: str = "",
        split: Callable[[Sequence[Any]], Iterator[Sequence[Any]]] | None = None,
    ) -> None:
        self.name = method.__name__
        self._answer, self._split = answer, split
        self._signature = inspect.signature(method)
        kinds = get_type_hints(method)
        self._result = reader(kinds.pop("return"))
        self._arguments = {name: reader(kind) for name, kind in kinds.items()}

    @overload
    def __get__(self, client: None, owner: type) -> Operation[P, T]: ...
    @overload
    def __get__(self, client: RemoteKeyholder, owner: type) -> Callable[P, T]: ...
    def __get__(self, client: RemoteKeyholder | None, owner: type) -> Operation[P, T] | Callable[P, T]:
        if client is None:
            return self

        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            _, *arguments = self._signature.bind(None, *args, **kwargs).arguments.values()
            if self._split is None:
                return self._request(client, arguments)
            *others, values = arguments
            joined: list[Any] = []
            for part in self._split(values):
                joined += cast(list[Any], self._request(client, [*others, part]))
            return cast(T, joined)

        return call

    def _request(self, client: RemoteKeyholder, arguments: Sequence[Any]) -> T:
        fields = {name: written(one) for name, one in zip(self._arguments, arguments, strict=True)}
        answer = client.ask(self.name, fields)
        return cast(T, self._result(answer[self._answer] if self._answer else answer))

    def arguments(self, request: Mapping[str, Any]) -> list[Any]:
        """Return the arguments of a request, each of its type. Raises `LineError`."""
        return [_argument(name, read, request.get(name)) for name, read in self._arguments.items()]

    def answered(self, result: Any) -> Mapping[str, Any]:
        """Return the fields of the answer that has this result."""
        if self._answer:
            return {self._answer: written(result)}
        return {} if result is None else cast(Mapping[str, Any], written(result))


def _argument(name: str, read: Read, given: Any) -> Any:
    try:
        value = read(given)
    except LineError as error:
        raise LineError(f"{name} {error}") from None
    most = MAX_MEMBERS if isinstance(value, dict) else MAX_REQUESTS
    if isinstance(value, dict | list | tuple) and len(value) > most:
        raise LineError(f"{name} must have at most {most} members")
    return value


def _by_number(requests: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(requests), MAX_REQUESTS):
        yield requests[first : first + MAX_REQUESTS]


def _by_size(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield groups that fit into one line: at most 100, or 256 KiB, or a single larger one.

    A value is a content, or the pair of its place and a content."""
    batch: list[Any] = []
    size = 0
    for value in values:
        length = len(value if isinstance(value, bytes) else value[1])
        if batch and (len(batch) == 100 or size + length > 256 * 1024):
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += length
    if batch:
        yield batch


class RemoteKeyholder(ABC):
    """The table. A subclass connects to the process; it wraps the rows that begin with `_`."""

    status = Operation(Keyholder.status)
    _ask_public_keys = Operation(Keyholder.public_keys)
    unlock_key = Operation(Keyholder.unlock_key, "public")
    unlock_sealed = Operation(Keyholder.unlock_sealed)
    lock = Operation(Keyholder.lock)
    keep_wraps = Operation(Keyholder.keep_wraps, "held")
    wraps = Operation(Keyholder.wraps, "wraps")
    check_wraps = Operation(Keyholder.check_wraps)
    items_in = Operation(Keyholder.items_in, "items")
    noticed_wraps = Operation(Keyholder.noticed_wraps, "noticed")
    hold_wraps = Operation(Keyholder.hold_wraps, "copies")
    lift_wraps = Operation(Keyholder.lift_wraps, "copies")
    wraps_left = Operation(Keyholder.wraps_left)
    destroy_wraps = Operation(Keyholder.destroy_wraps)
    refuse_disposal = Operation(Keyholder.refuse_disposal)
    open_item = Operation(Keyholder.open_item, "opening")
    message_keys = Operation(Keyholder.message_keys, "keys", _by_number)
    open_sealed = Operation(Keyholder.open_sealed, "opened", _by_size)
    make_case_key = Operation(Keyholder.make_case_key, "public")
    seal_catalogue = Operation(Keyholder.seal_catalogue, "sealed", _by_size)
    open_catalogue = Operation(Keyholder.open_catalogue, "contents", _by_size)
    key_store = Operation(KeyholderProcess.key_store)
    _ask_sign_statement = Operation(KeyholderProcess.sign_statement, "signature")
    _ask_sign_document = Operation(KeyholderProcess.sign_document, "signature")
    _ask_sign_checkpoint = Operation(KeyholderProcess.sign_checkpoint, "note")
    confirm = Operation(KeyholderProcess.confirm)
    take_over = Operation(KeyholderProcess.take_over)
    _ask_memory = Operation(KeyholderProcess.memory)
    rewrapped = Operation(KeyholderProcess.rewrapped, "rewrapped")
    rewrap = Operation(KeyholderProcess.rewrap, "rewrapped")
    _ask_drop_exchanged = Operation(KeyholderProcess.drop_exchanged, "dropped")

    @abstractmethod
    def ask(self, op: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a request and return the fields of its answer. Raises the error that it is answered with."""


OPERATIONS: Mapping[str, Operation[..., Any]] = {
    row.name: row for row in vars(RemoteKeyholder).values() if isinstance(row, Operation)
}
"""The rows by name."""
