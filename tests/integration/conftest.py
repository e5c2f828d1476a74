"""What several of these tests begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from recorder.clock import Timeline
from tests.support.waiting_time import waiting_time


@pytest.fixture
async def timeline() -> AsyncIterator[Timeline]:
    """For a pretended room: what is given up depends on its network alone, and not on this machine."""
    with waiting_time() as timeline:
        yield timeline
