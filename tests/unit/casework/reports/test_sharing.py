"""What of a case went to whom: each grant with its openings, each package with its receipts."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.access.grants_in_force import VIEW
from casework.errors import Forbidden
from casework.evidence import court_receipts, export_orders, gateway
from casework.evidence.gateway import ItemExtent
from casework.reports import sharing
from casework.reports.sharing import SharedGrant, SharedPackage
from tests.support.centers.copied_world import Copied
from tests.support.people.granting import granted
from tests.unit.casework.evidence.test_court_receipts import export, receipt


def test_grants_and_packages_are_listed_newest_first_with_what_became_of_them(
    copied: Copied, tmp_path: Path
) -> None:
    world, center = copied.world, copied.center
    prosecutor, case = world.prosecutor, world.case.id
    grant = granted(center, prosecutor, case, world.court)
    assert _grant(sharing.of_case(center, prosecutor, case)[0]).openings == 0
    gateway.view(center, world.court, copied.item, grant.purpose)
    order = export_orders.place(
        center,
        prosecutor,
        [ItemExtent(copied.item)],
        "hearing",
        viewing=False,
        receiver="Court of  Ramallah ",
    )

    package, shared = sharing.of_case(center, prosecutor, case)
    assert (_grant(shared).listed.grant.id, _grant(shared).openings, grant.kind) == (grant.id, 1, VIEW)
    assert _grant(shared).last_opened is not None
    assert (_package(package).order, _package(package).items) == (order, 1)
    assert (_package(package).receiver, _package(package).downloaded) == ("Court of Ramallah", None)
    assert (_package(package).digests, _package(package).receipts) == ((), ())

    placed = export_orders.get(center, prosecutor, order)
    gateway.export_package(
        center, prosecutor, placed.items, "hearing", tmp_path / "out", viewing_copies=False, order=order
    )
    [digest] = _package(sharing.of_case(center, prosecutor, case)[0]).digests
    export_orders.note_download(center, order)
    first = _package(sharing.of_case(center, prosecutor, case)[0]).downloaded
    export_orders.note_download(center, order)
    assert first is not None and _package(sharing.of_case(center, prosecutor, case)[0]).downloaded == first
    court_receipts.record(center, prosecutor, receipt(digest))
    acknowledged = _package(sharing.of_case(center, prosecutor, case)[0])
    assert [one.organisation for one in acknowledged.receipts] == ["court.ramallah"]
    assert acknowledged.by == prosecutor.id

    export(world, copied.item, "ab" * 32)  # by command: there is no order
    assert _package(sharing.of_case(center, prosecutor, case)[0]).order is None
    with pytest.raises(Forbidden):
        sharing.of_case(center, world.court, case)


def _grant(one: SharedGrant | SharedPackage) -> SharedGrant:
    assert isinstance(one, SharedGrant)
    return one


def _package(one: SharedGrant | SharedPackage) -> SharedPackage:
    assert isinstance(one, SharedPackage)
    return one
