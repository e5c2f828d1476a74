"""The page of counts for the ministries, and the same counts as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from casework.access.permissions import Act, require
from casework.clock import now
from casework.reports import statistics
from casework.reports.statistics import Table
from casework.web.request import MEDIA_TYPES, Caller, OurCenter, download, page

router = APIRouter()

YEARS = 10
"""How many years back the form offers."""
SMALL = f"1 to {statistics.SMALL - 1}"
"""A hidden total in the CSV file; a spreadsheet would read `1-4` as a date."""
HIDDEN = "hidden"
"""A hidden cell: beside small ones, larger ones are hidden, too."""


@router.get("/statistics")
def ask(request: Request, person: Caller) -> Response:
    """Show only the form: nothing is counted before a request."""
    require(person, Act.SEE_STATISTICS)
    return _page(request, None)


@router.post("/statistics")
def answer(
    request: Request,
    center: OurCenter,
    person: Caller,
    report: Annotated[str, Form(max_length=64)],
    year: Annotated[int, Form()],
    form: Annotated[Literal["page", "csv", "json"], Form()] = "page",
) -> Response:
    """Answer one request for counts, which becomes a statement before it is answered."""
    table = statistics.read(center, person, report, year)
    if form == "page":
        return _page(request, table)
    content = as_csv(table) if form == "csv" else as_json(table)
    return download(f"{report}-{year}.{form}", content, MEDIA_TYPES[form])


def as_csv(table: Table) -> str:
    """Return a line for each month; what cannot be summed stays empty."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["month", *table.columns, "total"])
    for row in table.rows:
        cells = [HIDDEN if cell is None else cell for cell in row.cells]
        lines.writerow([row.month, *cells, SMALL if row.total is None else row.total])
    lines.writerow(["total", *("" if one is None else one for one in (*table.totals, table.total))])
    return written.getvalue()


def as_json(table: Table) -> str:
    """Return the table as JSON; null: hidden."""
    return json.dumps(
        {
            "report": table.report,
            "year": table.year,
            "hidden_below": statistics.SMALL,
            "columns": list(table.columns),
            "rows": [
                {"month": row.month, "cells": list(row.cells), "total": row.total} for row in table.rows
            ],
            "totals": list(table.totals),
            "total": table.total,
        },
        indent=1,
    )


def _page(request: Request, table: Table | None) -> Response:
    year = now().year
    return page(
        request,
        "statistics.html",
        table=table,
        reports=list(statistics.REPORTS),
        years=list(range(year, year - YEARS, -1)),
        small=statistics.SMALL,
        highest=max((row.total or 0 for row in table.rows), default=0) if table else 0,
    )
