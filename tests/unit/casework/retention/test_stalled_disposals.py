"""A disposal that waits for a lock is as it should be; one that waits for nothing is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework.clock import now
from casework.database.models import DisposedVersion
from casework.retention import legal_holds, stalled_disposals
from casework.retention.stalled_disposals import StalledDisposal, StalledDisposals
from tests.support.centers.disposing_world import Disposing
from vault.errors import StoreRefused
from vault.stores.filesystem import FilesystemStore


@pytest.fixture
def kind() -> str:
    return "sqlite"


def standing(disposing: Disposing, monkeypatch: pytest.MonkeyPatch) -> StalledDisposals:
    """As it is told a day later."""
    with monkeypatch.context() as later:
        later.setattr(stalled_disposals, "LATE", timedelta(0))
        return stalled_disposals.stalled_disposals(disposing.center)


def test_what_is_requested_or_just_agreed_or_over_is_not_stuck(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    disposing.approved()
    assert stalled_disposals.stalled_disposals(disposing.center) == StalledDisposals(1, [])
    disposing.look()
    assert standing(disposing, monkeypatch) == StalledDisposals(0, [])


def test_a_copy_that_is_away_is_named(disposing: Disposing, monkeypatch: pytest.MonkeyPatch) -> None:
    (disposing.world.folder / "second-copy").rename(disposing.world.folder / "unmounted")
    disposal = disposing.approved()
    disposing.look()
    assert standing(disposing, monkeypatch) == StalledDisposals(
        1, [StalledDisposal(disposal.id, "away", ["second-copy"])]
    )


def test_credentials_that_may_not_delete_are_told_and_a_lock_is_waited_for(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(store: FilesystemStore, key: str, version: str) -> None:
        raise StoreRefused("AccessDenied")

    disposal = disposing.approved()
    with monkeypatch.context() as without:
        without.setattr(FilesystemStore, "destroy", refused)
        disposing.look()
    keys = ["first-keys", "second-keys"]
    assert standing(disposing, monkeypatch) == StalledDisposals(
        1, [StalledDisposal(disposal.id, "left", keys)]
    )
    with disposing.center.database.begin() as session:
        for row in session.query(DisposedVersion).filter_by(wrap=True):
            row.locked_until = now() + timedelta(days=80)
    assert standing(disposing, monkeypatch) == StalledDisposals(1, [])


def test_a_refusal_that_a_keyholder_was_not_told_of_is_told(
    disposing: Disposing, monkeypatch: pytest.MonkeyPatch
) -> None:
    disposal = disposing.approved()
    legal_holds.place(
        disposing.center, disposing.first, disposing.world.case.id, reason="appeal", reference="7"
    )
    assert standing(disposing, monkeypatch) == StalledDisposals(
        1, [StalledDisposal(disposal.id, "machine", ())]
    )
    disposing.look()
    assert standing(disposing, monkeypatch) == StalledDisposals(0, [])
