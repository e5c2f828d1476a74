"""The escrow: all keys of a center, sealed for a key that exists only in shares.

    <folder>/escrow.json                        on the keyholder's disk: the newest one
    escrow/<recipient>/<number>-<digest>        the same in each copy of the key store, and all before it

The private half of the escrow key is a seed of 32 bytes. It existed for some minutes in a ceremony, and since
then only as three shares of words (`slip39`). Its public half is in this file: every new secret is wrapped
for it and for the vault key. So two shares and the stores are enough to restore on an empty machine, and one
share alone is useless.

    {"center":…,"deployment":…,"holders":[…],"kind":"escrow","number":1,"public":…,"sealed":…,
     "signature":…,"splitting":…,"v":1}

One line of canonical JSON (RFC 8785). `sealed` is HPKE (`vault.sealing.key_wrapping`) for `public`, bound to
every member but `signature`, which is by the center's key over all the others. The keyholder wraps only for
escrow keys that its own center signed.

Trusts: the folder of the key files, for what is signed there. Stores are not trusted: what comes from one is
accepted only if it opens under the seed and was signed by the center key that is sealed in it.

Specification: docs/spec/key-files.md, section 5.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import rfc8785

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.errors import CustodyError
from vault.errors import Altered, ObjectExists, ObjectMissing, VaultError
from vault.key_protection.canonical_file import parse_canonical, to_bytes, to_text
from vault.keyholders.boot_keys import read_private
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.signing_keys import SigningKeys
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE, SEED_SIZE, WrappingKey, recipient_id, wrap
from vault.sealing.slip39 import SHARES
from vault.stores.base import Store

ESCROW = "escrow.json"
ROOT = "escrow"
MAX_SIZE = 64 * 1024
"""Maximum bytes of the file; a longer one is not read."""
_LABEL = b"amana/escrow/v1\x00"
_HOLDER = re.compile(r"[a-z][a-z0-9-]{0,31}")
_KEY = re.compile(rf"{ROOT}/([0-9a-f]{{16}})/([0-9]{{6}})-[0-9a-f]{{16}}")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AllKeys:
    """The sealed contents: all keys that a center needs."""

    vaults: Sequence[bytes] = field(repr=False)
    """Seeds of the vault keys (32 bytes each), the one in use first; others while wraps are only for them."""
    signing: SigningKeys
    documents: DocumentKeys

    def serialise(self) -> bytes:
        """Return the plaintext that `Escrow` seals: canonical JSON (RFC 8785) with all private keys."""
        return rfc8785.dumps(
            {
                "documents": to_text(self.documents.serialise()),
                "kind": "all-keys",
                "signing": to_text(self.signing.serialise()),
                "v": 1,
                "vaults": [to_text(seed) for seed in self.vaults],
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> AllKeys:
        """Parse the plaintext. Raises `Altered` for anything that `serialise` would not have written."""

        def build(fields: Any) -> AllKeys:
            if not fields["vaults"]:
                raise ValueError("no vault key")
            return cls(
                tuple(to_bytes(seed, SEED_SIZE) for seed in fields["vaults"]),
                SigningKeys.parse(to_bytes(fields["signing"])),
                DocumentKeys.parse(to_bytes(fields["documents"])),
            )

        return parse_canonical(data, "escrowed keys", build)


@dataclass(frozen=True)
class Escrow:
    """A parsed file. Made by `make` or `parse`."""

    deployment: str
    """32 hex digits."""
    number: int
    """Increases with each escrow of a center."""
    public: bytes
    """The escrow key, MLKEM768-X25519, 1216 bytes."""
    splitting: int
    """Id of the splitting of its shares: 0 to 32767."""
    holders: Sequence[str]
    """Codes of the authorities that hold shares 1, 2 and 3."""
    center: bytes
    """Ed25519, 32 bytes: the key that signed this."""
    sealed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def make(
        cls,
        keys: AllKeys,
        *,
        deployment: str,
        number: int,
        public: bytes,
        splitting: int,
        holders: Sequence[str],
    ) -> Escrow:
        """Raises `ValueError` for an invalid member."""
        center = keys.signing.center.public_key().public_bytes_raw()
        bare = cls(deployment, number, public, splitting, tuple(holders), center, b"", b"")
        _check(bare)
        sealed = replace(bare, sealed=wrap(keys.serialise(), public, bare._info()))
        return replace(sealed, signature=keys.signing.center.sign(sealed._signed()))

    @property
    def recipient(self) -> str:
        """The name of the escrow key in the key store."""
        return recipient_id(self.public)

    @property
    def key(self) -> str:
        """Its object key in a copy of the key store."""
        digest = hashlib.sha256(self.serialise()).hexdigest()[:16]
        return f"{ROOT}/{self.recipient}/{self.number:06d}-{digest}"

    def open(self, seed: bytes) -> AllKeys:
        """Open all keys with the seed of the escrow key.

        Raises `Altered` for another seed, and if the sealed keys are not of the center that signed.
        """
        keys = AllKeys.parse(WrappingKey(seed).unwrap(self.sealed, self._info()))
        if keys.signing.public()["center"] != self.center:
            raise Altered("what is sealed in the escrow is not of the center that signed it")
        return keys

    def serialise(self) -> bytes:
        """Return the file's bytes: canonical JSON (RFC 8785)."""
        return rfc8785.dumps(
            {**self._unsealed_fields(), "sealed": to_text(self.sealed), "signature": to_text(self.signature)}
        )

    @classmethod
    def parse(cls, data: bytes) -> Escrow:
        """Parse a file. Raises `Altered` for any that `make` would not make, and for a wrong signature."""

        def build(fields: Any) -> Escrow:
            escrow = cls(
                fields["deployment"],
                fields["number"],
                to_bytes(fields["public"], PUBLIC_KEY_SIZE),
                fields["splitting"],
                tuple(fields["holders"]),
                to_bytes(fields["center"], 32),
                to_bytes(fields["sealed"]),
                to_bytes(fields["signature"], 64),
            )
            _check(escrow)
            return escrow

        if len(data) > MAX_SIZE:
            raise Altered(f"escrow: longer than {MAX_SIZE} bytes")
        parsed = parse_canonical(data, "escrow", build)
        try:
            Ed25519Key(parsed.center).verify(parsed.signature, parsed._signed())
        except CustodyError:
            raise Altered("the escrow is not as its center signed it") from None
        return parsed

    def _unsealed_fields(self) -> dict[str, Any]:
        return {
            "center": to_text(self.center),
            "deployment": self.deployment,
            "holders": list(self.holders),
            "kind": "escrow",
            "number": self.number,
            "public": to_text(self.public),
            "splitting": self.splitting,
            "v": 1,
        }

    def _info(self) -> bytes:
        return _LABEL + hashlib.sha256(rfc8785.dumps(self._unsealed_fields())).digest()

    def _signed(self) -> bytes:
        return _LABEL + rfc8785.dumps({**self._unsealed_fields(), "sealed": to_text(self.sealed)})


def _check(escrow: Escrow) -> None:
    if not re.fullmatch(r"[0-9a-f]{32}", escrow.deployment):
        raise ValueError("a deployment is 32 hex digits")
    if type(escrow.number) is not int or not 1 <= escrow.number < 1_000_000:
        raise ValueError("a number is 1 to 999999")
    if type(escrow.splitting) is not int or not 0 <= escrow.splitting < 1 << 15:
        raise ValueError("a splitting is 0 to 32767")
    if len(escrow.holders) != SHARES or not all(map(is_holder, escrow.holders)):
        raise ValueError("holders are three codes")
    if len(set(escrow.holders)) != SHARES:
        raise ValueError("holders are three different authorities")


def is_holder(code: str) -> bool:
    """Whether this can be the code of an authority: small letters, digits and hyphens, at most 32."""
    return bool(_HOLDER.fullmatch(code))


# --- storage ----------------------------------------------------------------------------------------------


def read(folder: Path) -> Escrow | None:
    """Read the escrow beside the key files; None without a ceremony. Raises `KeyFileExposed`, `Altered`."""
    try:
        return Escrow.parse(read_private(folder / ESCROW))
    except ObjectMissing:
        return None


class EscrowReplication:
    """Replicates one escrow to every copy of the key store, on each call of `carry`; in one thread."""

    def __init__(self, stores: Mapping[str, Store], escrow: Escrow | None) -> None:
        self._stores, self._escrow = stores, escrow
        self._held: set[str] = set()

    @property
    def held(self) -> bool:
        """Whether every copy has it."""
        return self._escrow is None or self._held >= self._stores.keys()

    def carry(self) -> int:
        """Return how many copies do not hold it yet. Raises nothing that a copy can cause."""
        if self._escrow is None:
            return 0
        for name, store in self._stores.items():
            if name in self._held:
                continue
            try:
                self._put(store, self._escrow)
                self._held.add(name)
            except VaultError as error:
                log.warning("key store %s: escrow: %s: %s", name, type(error).__name__, error)
        return len(self._stores) - len(self._held)

    @staticmethod
    def _put(store: Store, escrow: Escrow) -> None:
        data = escrow.serialise()
        try:
            store.put(escrow.key, data)
        except (Altered, ObjectExists):
            # Its name contains its digest, so other bytes there are damage; ours are signed, and were just
            # read.
            store.replace_damaged(escrow.key, data)


def found(
    stores: Mapping[str, Store], recipient: str, away: Callable[[str, VaultError], object]
) -> Iterator[Escrow]:
    """Yield the escrows for one key that any copy holds, the newest first; damaged ones are skipped.

    `away` is called for each copy that does not answer.
    """
    keys: set[str] = set()
    for name, store in stores.items():
        try:
            keys |= set(store.list(f"{ROOT}/{recipient}/"))
        except VaultError as error:
            away(name, error)
    for key in sorted(filter(_KEY.fullmatch, keys), reverse=True):
        for store in stores.values():
            try:
                escrow = Escrow.parse(store.get(key))
            except VaultError:
                continue
            if escrow.key == key:
                yield escrow
                break


def recipients(stores: Mapping[str, Store]) -> set[str]:
    """Return the recipient ids of the escrow keys for which the copies that answer hold any escrow."""
    recipients: set[str] = set()
    for store in stores.values():
        try:
            recipients |= {match[1] for match in map(_KEY.fullmatch, store.list(f"{ROOT}/")) if match}
        except VaultError:
            continue
    return recipients
