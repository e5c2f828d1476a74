"""Backups of a running service, on machines that have nothing else of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from amana.settings import COPIES, KEY_COPIES, variable_of
from casework.database.models import Case
from tests.faults.lost import amana, in_the_copies
from tests.support.centers.service import Service, invited_prosecutor, patiently


async def backed_up(service: Service, folder: Path) -> tuple[str, int]:
    """Open a case, and make both backups while the service runs; the case, and the ledger's size."""
    async with invited_prosecutor(service) as prosecutor:
        case = await prosecutor.open_case()
    await in_the_copies(service)
    code, said = await amana(service, "backup", str(folder / "nightly"), "--keys", str(folder / "stick"))
    assert code == 0, said
    with attached_center(service.settings) as center:
        return case, center.ledger.size


def made(folder: Path) -> str:
    [file] = folder.iterdir()
    return str(file)


async def has(service: Service, case: str, size: int) -> None:
    """The service has the case, and goes on with its ledger."""
    code, link = await amana(service, "link", "Administrator")
    assert code == 0, link
    async with await Visitor.arrive(next(one for one in link.split() if "/sign-in#" in one)) as administrator:
        await administrator.invite("Another", "prosecutor")
    with attached_center(service.settings) as center:
        assert center.ledger.size == size + 1
        assert center.database.get(Case, case) is not None


async def test_keys_and_a_copy_bring_everything_back(tmp_path: Path) -> None:
    old = Service(tmp_path / "old")
    async with old:
        case, size = await backed_up(old, tmp_path)
    places = {variable_of(name): str(tmp_path / name) for name in (*COPIES, *KEY_COPIES)}
    for name in (*COPIES, *KEY_COPIES):
        shutil.move(old.data / name, tmp_path / name)
    shutil.rmtree(old.data)
    new = Service(tmp_path / "new", places)
    code, said = await amana(new, "restore", made(tmp_path / "stick"))
    assert (code, "amana rebuild" in said) == (0, True), said
    code, said = await amana(new, "rebuild")
    assert f"{size} statements, each proved by two signatures" in said, said
    async with new:
        await has(new, case, size)


async def test_keys_and_database_bring_everything_back_without_any_copy(tmp_path: Path) -> None:
    old = Service(tmp_path / "old")
    async with old:
        case, size = await backed_up(old, tmp_path)
        new = Service(tmp_path / "new")
        code, said = await amana(old, "restore", made(tmp_path / "stick"))
        assert (code, "stop Amana first" in said) == (2, True), said
    shutil.rmtree(old.data)
    code, said = await amana(new, "restore", made(tmp_path / "nightly"), made(tmp_path / "stick"))
    assert f"up to {size} statements" in said, said
    for name in (*COPIES, *KEY_COPIES):
        code, said = await amana(new, "make-copy", name)
        assert code == 0, said
    async with new:
        await has(new, case, size)

        async def filled() -> bool:
            _, said = await amana(new, "status")
            return f"has the ledger up to {size + 1} statements, and catalogue" in said

        await patiently(filled)
