"""A running service with a prosecutor signed in, made once for a whole file of faults."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.rehearsal import Film, load_film
from amana.visitor import Visitor
from tests.support.centers.service import Service


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often each fault is tried; `make faults` says how often."""
    return int(os.environ.get("FAULT_ROUNDS", "4"))


@pytest.fixture(scope="session")
def film() -> Film:
    return load_film(None)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    service = Service(tmp_path / "amana")
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def prosecutor(service: Service) -> AsyncIterator[Visitor]:
    async with await Visitor.arrive(service.link) as administrator:
        prosecutor = await administrator.invite("Prosecutor of the test", "prosecutor")
    async with prosecutor:
        yield prosecutor
