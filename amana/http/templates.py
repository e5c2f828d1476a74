"""The Jinja environment for the pages of all packages: `base.html` here, others beside their routes."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from fastapi.templating import Jinja2Templates
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from amana.http.error_messages import message_of
from amana.http.error_responses import page_before
from amana.http.page_files import page_files
from amana.http.waiting import waiting
from amana.languages import DEFAULT, ROOMS, install, language_of, say
from casework.access.permissions import Act, may
from casework.cases import description
from casework.clock import minutes_ahead, zone_of
from casework.database.models import Person
from casework.errors import DatabaseAway
from casework.reports import case_summary
from casework.translations import marked as _
from casework.web.request import center_of, person_of
from casework.witnesses import alarms


@functools.cache
def make_templates() -> Jinja2Templates:
    """Return the templates of all packages, once per process.

    They know the reader's language, who is signed in, whether keys are trial keys, and whether an alarm is
    unseen.
    """
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(Path(str(files(room))) / "pages" / "templates") for room in ROOMS]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install(environment)
    environment.filters["moment"] = _local_time
    environment.filters["clock"] = _clock
    environment.filters["day"] = _day
    environment.filters["until"] = _until
    environment.filters["ltr"] = left_to_right
    environment.filters["named"] = _named
    environment.globals["may"] = may
    environment.globals["Act"] = Act
    environment.globals["message_of"] = message_of
    environment.globals["script"] = script
    environment.globals["early_script"] = early_script
    environment.globals["style"] = style
    environment.globals["static"] = page_files().address
    environment.globals["ahead_of_utc"] = lambda: minutes_ahead(datetime.now(UTC))
    environment.globals["zone"] = lambda: zone_of(datetime.now(UTC))
    return Jinja2Templates(env=environment, context_processors=[_reader])


@jinja2.pass_context
def script(context: jinja2.runtime.Context, name: str, meanwhile: str = "") -> Markup:
    """Return what loads the module `name` (`exhibit/page`), with a preload of each module that it imports.

    Without the preloads a browser would request each level of imports after the previous one. A module that
    another script of the page has named already is not named again. Its place is the page's head: modules run
    once the page is parsed. `meanwhile`: a module that it loads by `import()`, whose preloads are in a
    template of this name, so that the browser loads none of them before the page can be used.
    """
    loaded, entry = page_files(), f"{name}.js"
    named: set[str] = context.get("named_modules", set())

    def preloads(*modules: str) -> list[str]:
        new = [one for one in modules if one not in named]
        named.update(new)
        return [f'<link rel="modulepreload" href="{loaded.address(one)}">' for one in new]

    named.add(entry)
    tags = [f'<script type="module" src="{loaded.address(entry)}"></script>']
    tags += preloads(*loaded.preloads(entry))
    if meanwhile:
        later = f"{meanwhile}.js"
        tags += ['<template id="meanwhile">', *preloads(later, *loaded.preloads(later)), "</template>"]
    return Markup("\n".join(tags))  # noqa: S704  # our own


def early_script(name: str) -> Markup:
    """Return what loads the script `name`, which is no module, before anything after it in the page."""
    address = page_files().address(f"{name}.js")
    return Markup(f'<script src="{address}"></script>')  # noqa: S704  # our own


def style(name: str) -> Markup:
    """Return what loads the style sheet `name` (`exhibit/exhibit`)."""
    address = page_files().address(f"{name}.css")
    return Markup(f'<link rel="stylesheet" href="{address}">')  # noqa: S704  # our own


def moment(when: datetime) -> str:
    """Return a time as papers and the terminal show it: UTC, to the second, the same in both languages."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


@jinja2.pass_context
def _local_time(context: jinja2.runtime.Context, when: datetime, with_zone: bool = False) -> Markup:
    """Return a time in the center's time zone; in UTC for programs and on hover.

    The zone is that of the machine's settings. `base.html` names it once, on a page that shows a time. It is
    beside a time of another distance from UTC (summer time), one outside of such a page, and `with_zone`.
    """
    return _time(context, when, "%Y-%m-%d %H:%M:%S", with_zone)


@jinja2.pass_context
def _clock(context: jinja2.runtime.Context, when: datetime) -> Markup:
    """Return the hour and minute of a time, for pages that name its day; its zone as for `_local_time`."""
    return _time(context, when, "%H:%M", False)


def _time(context: jinja2.runtime.Context, when: datetime, form: str, with_zone: bool) -> Markup:
    local, named = when.astimezone(), context.get("zones_named")
    zone = zone_of(when)
    if not with_zone and named is not None and zone == zone_of(datetime.now(UTC)):
        named.add(zone)
        zone = ""
    return Markup('<time class="numeral" dir="ltr" datetime="{}" title="{}">{}</time>').format(
        f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        moment(when.astimezone(UTC)),
        f"{local:{form}} {zone}".rstrip(),
    )


def _day(when: date) -> Markup:
    """Return a day, or the day of a time in the center's time zone."""
    return left_to_right(f"{when.astimezone() if isinstance(when, datetime) else when:%Y-%m-%d}")


def left_to_right(text: str) -> Markup:
    """Keep the order of times and numbers in a sentence that runs from right to left."""
    return Markup('<bdi class="numeral" dir="ltr">{}</bdi>').format(text)


@jinja2.pass_context
def _until(context: jinja2.runtime.Context, when: datetime) -> Markup:
    """Return when something ends: its last day, as entered in the form, or the time within a day."""
    local = when.astimezone()
    if local != local.replace(hour=0, minute=0, second=0, microsecond=0):
        return _local_time(context, when)
    sentence = Markup(say(context.get("language", DEFAULT), _("the end of {day}")))  # noqa: S704  # our own
    return sentence.format(day=left_to_right(f"{(when - timedelta(hours=1)).astimezone():%Y-%m-%d}"))


@jinja2.pass_context
def _named(context: jinja2.runtime.Context, person: Person) -> str:
    """Return a person's name, or that it cannot be read now."""
    return person.name or say(context.get("language", DEFAULT), _("Name not readable now"))


def _reader(request: Request) -> dict[str, Any]:
    person = getattr(request.state, "person", None)
    if getattr(request.state, "device", False):
        person = None  # a room's machine shows no names
    return {
        # The page to show after a change of language: the response to a form has no address of its own.
        "here_again": request.url.path if request.method == "GET" else page_before(request) or "/",
        "language": language_of(request),
        "person": person,
        "alarm": person is not None and may(person, Act.SEE_HEALTH) and _alarm(request),
        "trial_keys": request.app.state.trial_keys,
        "finds_names": person is not None and description.readable(person),
        "summary_of": lambda case: case_summary.of_case(center_of(request), person_of(request), case.id),
        "waiting": lambda: waiting(request) if person is not None else (),
        "path_shown": request.url.path,
        "shown_at": datetime.now(UTC),
        "named_modules": set(),  # by `script`, on this page
        "zones_named": set(),  # by times, on this page
    }


def _alarm(request: Request) -> bool:
    """Return whether an alarm is unseen: every page shows that."""
    try:
        return alarms.unseen(request.app.state.center) > 0
    except (DatabaseAway, SQLAlchemyError):
        return False  # the page then shows what is wrong
