"""A version is exchanged between interviews: `amana upgrade --check` says when."""

from __future__ import annotations

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from tests.faults.lost import amana
from tests.support.centers.service import Interviewing, Service, patiently

pytestmark = [pytest.mark.faults, pytest.mark.rooms]


async def test_while_an_interview_is_recorded_and_a_copy_lacks_statements_it_is_no_good_moment(
    service: Service, prosecutor: Visitor, film: Film
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    code, said = await amana(service, "upgrade", "--check")
    assert code == 1
    assert f"an interview is being recorded or sealed: {interviewing.interview}" in said
    await interviewing.stop()
    await interviewing.leave()

    async def good() -> bool:
        code, said = await amana(service, "upgrade", "--check")
        assert "an interview is being recorded" not in said
        return code == 0

    await patiently(good)
    (service.data / "second-copy").rename(service.data / "elsewhere")
    await prosecutor.open_case()

    async def behind() -> bool:
        code, said = await amana(service, "upgrade", "--check")
        return code == 1 and "the second copy lacks the last" in said

    await patiently(behind)
    assert (await amana(service, "upgrade"))[0] == 2
    await service.stop()
    assert await amana(service, "upgrade", "--check") == (0, "Amana is not running here.\n")
