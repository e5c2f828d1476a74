"""A machine is gone, and its keys with it. What is left: four buckets, and two sheets of paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from amana.install import installation
from amana.keyholder.client import KeyholderClient, KeyholderUnreachable
from amana.supervisor.supervisor_client import CommandChannel
from casework.ledger import custody_log
from tests.faults.lost import amana, in_the_copies, lose
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, patiently
from tests.support.people.clerk import Clerk, give_shares, hold_ceremony
from tests.support.servers.object_server import ObjectServer
from vault.keyholders import escrow as escrows
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.escrow import AllKeys, Escrow
from vault.keyholders.signing_keys import SigningKeys
from vault.sealing.key_wrapping import generate_seed, recipient_id

pytestmark = [pytest.mark.faults, pytest.mark.slow]

PASSPHRASE = "seven words that nobody has written anywhere"


@pytest.fixture
async def service(tmp_path: Path, server: ObjectServer) -> AsyncIterator[Service]:
    async with Service(tmp_path / "amana", server.environ()) as service:
        yield service


async def record(prosecutor: Visitor, film: Film, seconds: float, consent: bool = True) -> str:
    interviewing = await Interviewing.open(prosecutor, film, consent)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(seconds)
    await interviewing.stop()
    await interviewing.leave()
    return interviewing.evidence


async def carried(service: Service, evidence: str) -> None:
    """Until both copies have a recording whole, and both stores of wrapped keys its key."""

    async def there() -> bool:
        with attached_center(service.settings) as center:
            media = all(
                f"recordings/{evidence}/manifest" in store.list(f"recordings/{evidence}/")
                for store in center.stores.values()
            )
        progress = client.rewrapped()
        return media and progress is not None and progress.complete

    client = KeyholderClient(CommandChannel(service.settings.supervisor_socket).keyholder)
    try:
        await patiently(there)
    finally:
        client.close()


async def exchanged(service: Service, kind: str) -> str:
    """Until the registry says that everything is wrapped for the key of now; that key."""
    client = KeyholderClient(CommandChannel(service.settings.supervisor_socket).keyholder)
    try:

        async def complete() -> bool:
            try:
                public = client.public_keys()
                with attached_center(service.settings) as center:
                    known = custody_log.registry(center).wrapped_for(kind)
            except KeyholderUnreachable:  # it was killed, and is being started again
                return False
            now = recipient_id((public.escrow or b"") if kind == "escrow" else public.vault)
            return known is not None and known.complete and known.key == now

        await patiently(complete)
        public = client.public_keys()
        return recipient_id((public.escrow or b"") if kind == "escrow" else public.vault)
    finally:
        client.close()


def recovered(service: Service, shares: list[list[str]], *options: str) -> tuple[int, str]:
    clerk = Clerk("keys", "recover", *options, "--data", str(service.data), environ=service.environ)
    give_shares(clerk, *shares)
    if options:
        clerk.sees("New passphrase: ")
        clerk.type(PASSPHRASE)
        clerk.sees("again: ")
        clerk.type(PASSPHRASE)
    return clerk.ends(), clerk.said


def plant(service: Service) -> Escrow:
    """What somebody with the credentials of a key store can do: keys of their own, sealed for the same public
    key, with a number that looks newer."""
    mine = AllKeys((generate_seed(),), SigningKeys.generate(), DocumentKeys.generate())
    real = escrows.read(service.settings.keys)
    assert real is not None
    said = {"deployment": real.deployment, "splitting": real.splitting, "holders": real.holders}
    planted = Escrow.make(mine, number=real.number + 1, public=real.public, **said)  # type: ignore[arg-type]
    for store in installation.key_stores(service.settings).values():
        store.put(planted.key, planted.serialise())
    return planted


async def test_from_an_empty_machine_the_stores_and_two_shares_bring_everything_back(
    service: Service, prosecutor: Visitor, film: Film, tmp_path: Path
) -> None:
    before = await record(prosecutor, film, 2.0)
    shares = await asyncio.to_thread(hold_ceremony, str(service.data), environ=service.environ)
    escrow = await exchanged(service, "escrow")
    code, said = await amana(service, "keys", "rotate")
    assert code == 0, said
    await service.kill("keyholder")  # in the middle of wrapping everything anew, or near it
    vault = await exchanged(service, "vault")
    since = await record(prosecutor, film, 2.0)
    reached = {evidence: await recorded(prosecutor, evidence) for evidence in (before, since)}
    for evidence in reached:
        await carried(service, evidence)
    await in_the_copies(service)
    code, said = await asyncio.to_thread(recovered, service, [shares[2], shares[0]])
    assert code == 0, said
    assert "they are the keys of this machine" in said
    with attached_center(service.settings) as center:
        size, root = center.ledger.size, center.ledger.root(center.ledger.size)

    planted = plant(service)
    await lose(service)
    code, said = await amana(service, "rebuild")
    assert (code, "put the keys there first" in said) == (2, True)
    code, said = await asyncio.to_thread(
        recovered, service, [shares[0], shares[1]], "--into", str(service.settings.keys)
    )
    assert code == 0, said
    assert "signed by these keys" in said and "CHECK" not in said
    assert escrows.read(service.settings.keys) != planted
    code, said = await amana(service, "rebuild")
    assert code == 0, said
    assert f"{size} statements, each proved by two signatures" in said and "LOST" not in said
    code, said = await amana(service, "rebuild")
    assert (code, "not empty" in said) == (2, True)

    await service.start()
    client = KeyholderClient(CommandChannel(service.settings.supervisor_socket).keyholder)
    client.unlock(PASSPHRASE)
    public = client.public_keys()
    client.close()
    assert (recipient_id(public.escrow or b""), recipient_id(public.vault)) == (escrow, vault)
    _, link = await amana(service, "link", "Prosecutor of the test")
    async with await Visitor.arrive(link.split()[-1]) as again:
        for evidence in reached:
            assert await recorded(again, evidence) == reached[evidence]
            report = verified(service, [evidence], tmp_path, evidence)
            assert [part.state for part in report.parts] == ["complete"]
        # Consent takes a passkey now, which this person has not: to record without it is a decision.
        following = await record(again, film, 2.0, consent=False)
        assert (await recorded(again, following))[1] == "complete"
    await in_the_copies(service)
    with attached_center(service.settings) as center:
        assert center.ledger.size > size
        assert center.ledger.root(size) == root
