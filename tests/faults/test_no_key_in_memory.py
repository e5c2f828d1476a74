"""No private key and no data key is where it must not be: looked for in memory, open files and folders.

A whole service records a part, shows it and its case, and seals it. Then every process but the keyholder is
read through `/proc`, page by page. That the looking finds something is shown first, on processes that do hold
keys.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from amana.install import installation
from casework.ledger.sealed_details import case_info
from tests.faults.memory import (
    descendants,
    in_folder,
    in_memory,
    in_open_files,
    needles,
    of_ed25519,
    of_wrapping_key,
    size_of_memory,
)
from tests.faults.proving import recorded
from tests.support.centers.service import Interviewing, Service, patiently
from tests.support.people.clerk import hold_ceremony
from vault.key_protection.access import NO_ACCESS
from vault.keyholders import vault_key
from vault.sealing import key_wrapping, slip39
from vault.spool.reader import SpoolReader
from vault.wrapped_keys.store import wrap_key

pytestmark = pytest.mark.faults


@pytest.fixture
async def interviewing(prosecutor: Visitor, film: Film) -> AsyncIterator[Interviewing]:
    if os.geteuid() != 0:
        pytest.skip("only root may read the memory of a process that keeps it private")
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    yield interviewing
    await interviewing.leave()


def vault_seed(service: Service) -> bytes:
    file = vault_key.read(service.settings.keys)
    return vault_key.open_seed(file, NO_ACCESS.by(installation.trial_passphrase(service.settings) or ""))


def data_key(service: Service, evidence: str, seed: bytes) -> bytes:
    deployment = bytes.fromhex(installation.read(service.settings).deployment)
    wrapped = SpoolReader(service.settings.spool, evidence).file("wrap")
    return key_wrapping.unwrap(wrapped, seed, key_wrapping.wrap_info(deployment, bytes.fromhex(evidence)))


def case_seed(service: Service, case: str, seed: bytes) -> bytes:
    deployment = installation.read(service.settings).deployment
    store = installation.key_stores(service.settings)["first-keys"]
    wrapped = store.get(wrap_key(case, key_wrapping.recipient_id(key_wrapping.WrappingKey(seed).public)))
    return key_wrapping.unwrap(wrapped, seed, case_info(deployment, case))


def boot_secrets(service: Service) -> dict[str, bytes]:
    folder = service.settings.keys
    seeds = {
        name: base64.b64decode(text)
        for name, text in json.loads((folder / "signing-keys.json").read_bytes())["seeds"].items()
    }
    found = {
        "document key": base64.b64decode(json.loads((folder / "document-keys.json").read_bytes())["key"])
    }
    for name, seed in seeds.items():
        found |= {name: seed} if name in ("catalogue", "ledger-mldsa44") else of_ed25519(name, seed)
    return found


async def test_no_private_or_data_key_is_in_the_web_process_nor_in_any_but_the_keyholder_after_the_stop(
    service: Service, interviewing: Interviewing
) -> None:
    seed = vault_seed(service)
    shares = await asyncio.to_thread(hold_ceremony, str(service.data))
    escrow = {**needles(of_wrapping_key("escrow key", slip39.combine(*map(slip39.parse, shares[:2]))))}
    for number, words in enumerate(shares, 1):
        runs = (words[at : at + 3] for at in range(4, 31))  # the first four words are alike in all shares
        escrow[f"share {number}"] = frozenset(" ".join(run).encode() for run in runs)
    await interviewing.begin()
    pids = await service.pids()
    data = needles({"data key": data_key(service, interviewing.evidence, seed)})
    await interviewing.recorded(2.0)
    assert in_memory(pids["recorder"], data) == {"data key"}, "the looking does not find what is there"

    # It is watched live, sealed, opened, its keys are given out, and the case's details are read.
    person, live = interviewing.prosecutor, f"/interviews/{interviewing.interview}/live"
    assert (await person.look(f"{live}/records?evidence={interviewing.evidence}"))["records"]
    assert (await person.post_json(f"{live}/keys", evidence=interviewing.evidence, indices=[0, 1, 2]))["keys"]
    await interviewing.stop()
    await recorded(person, interviewing.evidence)
    opened = await person.post_json(f"/evidence/{interviewing.evidence}/viewings", purpose="review")
    given = await person.post_json(f"/viewings/{opened['viewing']}/keys", indices=[0, 1, 2])
    assert len(given["keys"]) == 3
    assert await person.fetch(f"/cases/{interviewing.case}")
    await interviewing.leave()

    vault = of_wrapping_key("vault key", seed)
    case = of_wrapping_key("case key", case_seed(service, interviewing.case, seed))
    boot = needles(boot_secrets(service))
    held = in_memory(pids["keyholder"], {**needles(vault), **boot})
    print("the keyholder holds", held)
    assert {"vault key, X25519", "center", "ledger-ed25519", "catalogue"} <= held, "the looking finds nothing"

    async def gone() -> bool:
        return pids["recorder"] not in descendants(pids["supervisor"])

    await patiently(gone)
    # What was in the ceremony's process is nowhere: not with the keyholder either, nor in any file.
    assert in_memory(pids["keyholder"], escrow) == set()
    assert in_folder(service.settings.data, escrow, without=service.settings.data / "none") == set()
    others = ({pids["supervisor"]} | descendants(pids["supervisor"])) - {pids["keyholder"]}
    assert pids["web"] in others
    sought = {**data, **needles({**vault, **case}), **boot, **escrow}
    for pid in others:
        assert size_of_memory(pid) > 1_000_000
        assert in_memory(pid, sought) == set(), f"in process {pid} of {pids}"
        assert in_open_files(pid, sought) == set(), f"in open files of process {pid} of {pids}"
    assert in_folder(service.settings.data, sought, without=service.settings.keys) == set()
    assert in_folder(service.settings.keys, boot, without=service.settings.data / "none") != set()
