"""A running service with a prosecutor signed in, a film for its cameras, and how often a fault is tried."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film, load_film
from tests.support.centers.service import Service, invited_prosecutor

ROUNDS = (
    [int(os.environ["FAULT_ROUNDS"])]
    if "FAULT_ROUNDS" in os.environ
    else [1, pytest.param(4, marks=pytest.mark.repeats)]
)


@pytest.fixture(scope="session", params=ROUNDS)
def rounds(request: pytest.FixtureRequest) -> int:
    """How often each fault is tried: once in `make test`, more in `make test-all`, as often as FAULT_ROUNDS
    says in `make faults`."""
    return int(request.param)


@pytest.fixture(scope="session")
def film() -> Film:
    """Two seconds, played round and round. Its pictures are few, since each packet costs."""
    return load_film(None, seconds=2.0, rate=10)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with Service(tmp_path / "amana") as service:
        yield service


@pytest.fixture
async def prosecutor(service: Service) -> AsyncIterator[Visitor]:
    async with invited_prosecutor(service) as prosecutor:
        yield prosecutor
