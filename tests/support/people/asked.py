"""Witnesses that are asked without a network: the real ones, with their memory on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from amana.witness.store import WitnessMemory, create, open_keys
from casework.center import Center
from casework.witnesses import trust_file
from casework.witnesses.cosignature_collector import CosignatureCollector
from casework.witnesses.witness_client import Reply, WitnessUnreachable
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.witness import KnownLog, Witness
from tests.support.patience import PATIENCE


@dataclass
class RealWitness:
    """`change` sees each answer before it is given; `away` and `paused` are what they say."""

    name: str
    folder: Path
    cosigner: Cosigner
    witness: Witness
    memory: WitnessMemory
    away: bool = False
    shows: bool = True
    paused: threading.Event | None = None
    change: Callable[[Reply], Reply] = lambda reply: reply
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.name}.example"

    def answer(self, path: str, body: bytes | None) -> Reply:
        self.asked.append(path)
        if self.paused is not None:
            self.paused.wait(PATIENCE)
            raise WitnessUnreachable("too-slow")
        if self.away:
            raise WitnessUnreachable("unreachable")
        if body is None:
            answer = self.witness.latest(path.split("/")[1]) if self.shows else None
            return Reply(404, b"") if answer is None else Reply(answer.status, answer.body)
        answer = self.witness.add_checkpoint(body)
        return self.change(Reply(answer.status, answer.body))


def real_witness(folder: Path, name: str, keys: LogKeys) -> RealWitness:
    create(folder / name, f"{name}.example/witness")
    cosigner = open_keys(folder / name)
    memory = WitnessMemory(folder / name, cosigner)
    memory.add_log(KnownLog.parse(keys.vkeys()))
    return RealWitness(name, folder / name, cosigner, Witness(cosigner, memory), memory)


class Network:
    """All witnesses by address; `Ask`."""

    def __init__(self, witnesses: list[RealWitness]) -> None:
        self.witnesses = {one.url: one for one in witnesses}

    def __call__(self, url: str, body: bytes | None) -> Reply:
        host, _, path = url.removeprefix("http://").partition("/")
        return self.witnesses[f"http://{host}"].answer(f"/{path}", body)


def trusting(witnesses: list[RealWitness], rule: str = "all") -> ThirdParties:
    parties = ThirdParties()
    for one in witnesses:
        vkeys = [key.vkey() for key in one.cosigner.keys]
        parties = trust_file.with_witness(parties, one.name, one.url, vkeys)
    return trust_file.with_quorum(parties, rule, [one.name for one in witnesses] if rule != "none" else [])


def gathering(
    center: Center, witnesses: list[RealWitness], rule: str = "all", proofs: Path | None = None
) -> tuple[Center, CosignatureCollector]:
    """The center with a trust file that names these witnesses, and what asks them."""
    path = center.spool.parent / "trust.txt"
    trust_file.write(path, trusting(witnesses, rule))
    gatherer = CosignatureCollector(
        center.database, center.ledger, center.log_keys, path, Network(witnesses), proofs
    )
    return replace(center, trust=path, witnesses=gatherer), gatherer
