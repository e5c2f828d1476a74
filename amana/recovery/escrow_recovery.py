"""Proof that two shares open the stored keys, and the search for all keys with them: `amana keys recover`.

1. The escrows for that key are read from both copies of the key store, the newest first; one that does not
   open under the seed is skipped.
2. The owner named in an escrow is not trusted: its keys must have signed the ledger in the copies of the
   media, or be those on this machine.
3. Of the items wrapped for the escrow key some are opened. They must hold the same secret as with the vault
   key.

Nothing is written, and only numbers are shown. No statement is needed, since nothing leaves this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from amana.install import installation
from amana.settings import Settings
from casework.rebuild import rebuild
from casework.rebuild.rebuild import CannotRebuild
from casework.rebuild.verified_ledger import Copies, ProvenLedger
from casework.translations import Counted, counted
from casework.translations import marked as _
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.tlog.origin import origin_of
from vault.errors import Altered, ObjectMissing, VaultError
from vault.keyholders import boot_keys, vault_key
from vault.keyholders import escrow as escrows
from vault.keyholders.boot_keys import SIGNING_KEYS
from vault.keyholders.escrow import AllKeys, Escrow
from vault.keyholders.local_keyholder import WAITING
from vault.sealing.key_wrapping import WrappingKey, recipient_id, wrap_info
from vault.stores.base import Store
from vault.wrapped_keys.store import KeyStore

OPENED = 50
"""Maximum number of items that are opened, spread over all."""


@dataclass
class Proof:
    """The result. It contains all keys of a center: it ends with the process, and is never shown."""

    escrow: Escrow
    keys: AllKeys = field(repr=False)
    here: bool = False
    """Whether the keys on this machine are the escrowed ones."""
    ledger: str = ""
    """The origin of the ledger that these keys signed; empty if none was found."""
    size: int = 0
    """Statements under the verified checkpoint."""
    items: int = 0
    """Items in the key store."""
    wrapped: int = 0
    """How many of them are wrapped for the escrow key."""
    opened: int = 0
    trouble: list[tuple[str | Counted, Mapping[str, object]]] = field(default_factory=list)
    """Problems: sentences of the catalogue with their values; empty if the shares are proved to work."""

    def report(self, sentence: str | Counted, **values: object) -> None:
        """Add a problem."""
        self.trouble.append((sentence, values))


class NotEscrowed(VaultError):
    """Nothing stored here is sealed for the key of these shares."""


def prove(settings: Settings, seed: bytes) -> Proof:
    """Find what the escrow key of this seed opens. Raises `NotEscrowed`."""
    stores = installation.key_stores(settings)
    away: dict[str, VaultError] = {}
    recipient = recipient_id(WrappingKey(seed).public)
    escrows_found = list(escrows.found(stores, recipient, away.__setitem__))
    if (
        (local := _local(settings)) is not None
        and local.recipient == recipient
        and local not in escrows_found
    ):
        escrows_found.append(local)
    candidates = _opened(escrows_found, seed)
    if not candidates:
        raise NotEscrowed(_why_nothing(recipient, stores, away))
    proof = _known(settings, candidates)
    for name, error in sorted(away.items()):
        proof.report(_("{name} does not answer: {why}"), name=name, why=error)
    _open_items(KeyStore(stores, settings.keys / WAITING), WrappingKey(seed), proof)
    return proof


def _local(settings: Settings) -> Escrow | None:
    try:
        return escrows.read(settings.keys)
    except VaultError:
        return None  # the stores have it, too


def _opened(candidates: Sequence[Escrow], seed: bytes) -> list[Proof]:
    opened = []
    for escrow in sorted(candidates, key=lambda one: one.number, reverse=True):
        try:
            opened.append(Proof(escrow, escrow.open(seed)))
        except Altered:
            continue  # sealed by another party for the same public key
    return opened


def _why_nothing(recipient: str, stores: Mapping[str, Store], away: dict[str, VaultError]) -> str:
    others = sorted(escrows.recipients(stores) - {recipient})
    message = (
        f"these shares are whole, and their key is {recipient}, but no keys are stored here that it opens"
    )
    if others:
        message += (
            f". Keys are stored for: {', '.join(others)}. These may be the shares of an earlier ceremony"
        )
    for name, error in sorted(away.items()):
        message += f". {name} does not answer: {error}"
    return message


def _known(settings: Settings, candidates: Sequence[Proof]) -> Proof:
    """Return the newest whose keys are those of this machine, or signed the ledger in the copies."""
    for proof in candidates:
        proof.here = _is_here(settings, proof)
        _find_ledger(settings, proof)
        if proof.ledger and (proof.here or not (settings.keys / SIGNING_KEYS).exists()):
            return proof
    proof = candidates[0]
    if not proof.ledger:
        proof.report(_("No copy of the media has a ledger that these keys signed."))
    if not proof.here and (settings.keys / SIGNING_KEYS).exists():
        proof.report(_("The keys on this machine are others than the escrowed ones."))
    return proof


def _is_here(settings: Settings, proof: Proof) -> bool:
    try:
        signing, vault = boot_keys.signing_file(settings.keys), vault_key.read(settings.keys)
    except (ObjectMissing, VaultError):
        return False
    vaults = {WrappingKey(seed).public for seed in proof.keys.vaults}
    return (
        signing.public_fields == proof.keys.signing.public_fields() and vault_key.public_key(vault) in vaults
    )


def _find_ledger(settings: Settings, proof: Proof) -> None:
    stores, public = installation.stores(settings), proof.keys.signing.public()
    try:
        deployment, number = rebuild.deployment_in(stores)
    except CannotRebuild:
        return
    if deployment != proof.escrow.deployment:
        return
    keys = LogKeys(origin_of(deployment, number), public["ledger-ed25519"], public["ledger-mldsa44"])
    for checkpoint, _note in ProvenLedger(Copies(stores), keys).checkpoints():
        proof.ledger, proof.size = checkpoint.origin, checkpoint.size
        return


def _open_items(store: KeyStore, key: WrappingKey, proof: Proof) -> None:
    recipient, deployment = recipient_id(key.public), bytes.fromhex(proof.escrow.deployment)
    vaults = {recipient_id(vault.public): vault for vault in map(WrappingKey, proof.keys.vaults)}
    try:
        everything = store.everything()
    except VaultError as error:
        proof.report(_("No copy of the wrapped keys answers: {why}"), why=error)
        return
    wrapped = sorted(item for item, had in everything.items() if recipient in had)
    proof.items, proof.wrapped = len(everything), len(wrapped)
    if len(wrapped) < len(everything):
        left = len(everything) - len(wrapped)
        proof.report(
            counted(
                "{n} item is not wrapped for this key yet: amana keys status",
                "{n} items are not wrapped for this key yet: amana keys status",
            ),
            n=left,
        )
    for item in wrapped[:: -(-len(wrapped) // OPENED) or 1]:
        info = wrap_info(deployment, bytes.fromhex(item))
        try:
            secret = store.open(item, recipient, lambda wrap, info=info: key.unwrap(wrap, info))  # type: ignore[misc]
            for name in everything[item] & vaults.keys():
                vault = vaults[name]
                if store.open(item, name, lambda wrap, v=vault, i=info: v.unwrap(wrap, i)) != secret:  # type: ignore[misc]
                    raise Altered("it holds another secret for the escrow than for the vault")
        except VaultError as error:
            proof.report(_("Item {item} does not open: {why}"), item=item, why=error)
        else:
            proof.opened += 1
