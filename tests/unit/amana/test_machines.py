"""The work of all: what could not be taken up once is taken up at the next look."""

from __future__ import annotations

import pytest

from amana.settings import Settings
from amana.workers.membership import Machines
from casework import nodes
from casework.center import Center
from casework.errors import Refused
from casework.people import recorder_keys
from tests.support.patience import wait_until


class Work:
    def __init__(self) -> None:
        self.began = False

    def start(self) -> None:
        self.began = True

    def stop(self) -> None:
        pass


def test_a_lease_whose_work_could_not_be_begun_is_not_kept_idle(
    center: Center, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock would be renewed, and nobody else would do it."""
    work, tries = Work(), [OSError("too many open files")]

    def begin(_: Center) -> Work:
        if tries:
            raise tries.pop()
        return work

    machines = Machines(center, settings, begin)
    machines._several = True
    machines._beat = nodes.register(center, "")
    monkeypatch.setattr(nodes, "take_lease", lambda *_: 7)
    with pytest.raises(OSError, match="too many"):
        machines.look()
    machines.look()
    machines.look()
    wait_until(lambda: work.began)
    assert not tries
    machines.stop()


def test_a_machine_whose_recorder_was_revoked_is_none_of_the_center(
    center: Center, settings: Settings
) -> None:
    """It was replaced, and somebody starts it all the same."""
    assert center.recorder is not None
    recorder_keys.revoke(center, None, center.recorder, "replaced")
    machines = Machines(center, settings, lambda _: Work())
    machines._several = True
    with pytest.raises(Refused, match="was revoked"):
        machines.start()
    assert not nodes.listed(center)
