"""Of two PostgreSQL servers that take writes, the one that was promoted last is used."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from sqlalchemy import Connection

from casework.database import failover, postgresql
from casework.database.engine import address_in_use, connect
from casework.errors import DatabaseAway
from tests.support.patience import wait_until
from tests.support.servers.databases import server

pytestmark = pytest.mark.starts


def where(connection: Connection) -> str:
    """The folder of the server that this connection goes to."""
    return str(connection.connection.driver_connection.info.host)  # type: ignore[union-attr]


def test_a_primary_that_was_replaced_is_not_used_although_it_takes_writes_and_is_named_first(
    tmp_path: Path,
) -> None:
    file = tmp_path / "primary.json"
    with server() as first, first.standby() as second, contextlib.ExitStack() as held:
        name = first.made().name
        both = f"postgresql://amana@/{name}?host={first.folder},{second.folder}"
        engine = connect(both, file)
        before = held.enter_context(engine.connect())
        assert where(before) == str(first.folder)
        known = failover.stored_primary(file)
        assert known is not None
        assert (known.timeline, known.since) == (1, None)

        second.promote()
        with connect(f"postgresql://amana@/{name}?host={second.folder}", file).connect() as one:
            assert where(one) == str(second.folder)
        known = failover.stored_primary(file)
        assert known is not None
        assert known.timeline == 2
        assert known.since is not None
        with engine.connect() as after:  # of the two, by the file alone
            assert where(after) == str(second.folder)
        held.close()
        two = [held.enter_context(engine.connect()) for _ in range(2)]
        assert [where(one) for one in two] == [str(second.folder)] * 2, "connections from before, too"
        held.close()
        engine.dispose()
        in_use = postgresql.options_in(address_in_use(both, file))
        assert in_use["host"] == str(second.folder), "for pg_dump"

        second.kill()
        with pytest.raises(DatabaseAway, match="this server was replaced: its timeline is 1, and 2 was seen"):
            engine.connect()


def test_whether_a_failover_would_lose_something_is_known() -> None:
    with server() as first, first.standby() as second:
        name = first.made().name
        alone, both = (
            f"postgresql://amana@/{name}?host={first.folder}{more}" for more in ("", ",/elsewhere")
        )

        def trouble(url: str) -> str | None:
            engine = connect(alone)
            with engine.connect() as connection:
                found = postgresql.standbys(connection, url)
            engine.dispose()
            return found and (found.trouble or "none")

        assert trouble(alone) is None, "no standby is expected"
        assert trouble(both) == "not-confirming"
        first.confirm("standby")
        wait_until(lambda: trouble(alone) == "none")
        second.end()
        wait_until(lambda: trouble(both) == "not-connected")


def test_another_cluster_has_timelines_of_its_own(tmp_path: Path) -> None:
    newest = failover.Newest(tmp_path / "primary.json")
    newest.admit(failover.Primary(cluster=1, timeline=7))
    newest.admit(failover.Primary(cluster=2, timeline=1))
    with pytest.raises(DatabaseAway):
        failover.Newest(tmp_path / "primary.json").admit(failover.Primary(cluster=2, timeline=0))


def test_each_server_of_an_address_is_tried_by_itself() -> None:
    def tried(**options: str) -> list[tuple[str | None, str | None]]:
        return [(one.get("host"), one.get("port")) for one in failover.one_by_one({"dbname": "d", **options})]

    assert tried() == [(None, None)]
    assert tried(host="a", port="5433") == [("a", "5433")]
    assert tried(host="a,b", port="5433,") == [("a", "5433"), ("b", "")]
    assert tried(host="a,b", port="5433") == [("a", "5433"), ("b", "5433")]
    assert tried(host="a,b", port="1,2,3") == [("a,b", "1,2,3")], "which libpq refuses"
