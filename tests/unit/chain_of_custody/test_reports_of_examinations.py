"""What a report says of records of examinations: of which form, what they correct, that they may be wrong."""

from __future__ import annotations

from chain_of_custody.package.opening import open_package
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verify import verify
from tests.vectors.packages.cases import policies
from tests.vectors.packages.corpus import CASES, built
from tests.vectors.packages.examinations import CORRECTION, RECORD, VALUES, stated


def proved(name: str) -> Report:
    [case] = (case for case in CASES if case.name == name)
    return verify(open_package(built(case)), TrustPolicy.parse(policies()[str(case.policy)]))


def lines(name: str) -> list[str]:
    return [line for file in proved(name).files for line in file.lines()]


def test_a_record_and_its_correction_name_each_other() -> None:
    said = lines("examination-intact")
    of_form = [line for line in said if "form short, version 1, with 3 values" in line]
    assert len(of_form) == 2 and all("is not proved" in line for line in of_form)
    assert f"The record {CORRECTION[:8]}, which is here, corrects it." in said
    assert f"It corrects the record {RECORD[:8]}, which is here: “The other side.”." in said


def test_a_correction_says_that_what_it_corrects_is_not_here() -> None:
    said = lines("examination-intact-alone")
    assert f"It corrects the record {RECORD[:8]}, which is not here: “The other side.”." in said


def test_programs_get_the_values_and_people_the_limits() -> None:
    report = proved("examination-intact")
    first, second = (file.as_json()["examination"] for file in report.files)
    assert (first["form"], first["corrects"], first["values"]) == (stated(), None, VALUES)
    assert second["corrects"]["evidence"] == RECORD
    assert {one.code: one.values for one in render.not_proved(report)}["files.records"] == {"count": 2}
