"""`amana link`: a sign-in link for a person without a working sign-in method."""

from __future__ import annotations

import argparse
from dataclasses import replace

from amana.centers import attached_center
from amana.commands.center import find_person
from amana.commands.parser import runs
from amana.pages.staff import link_address
from amana.settings import Settings
from casework.people import people


def add(link: argparse.ArgumentParser) -> None:
    """Add the options of `amana link`."""
    runs(link, _link)
    link.add_argument("person", metavar="PERSON", help="name or id")


def _link(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        person = find_person(center, parsed.person)
        token = people.new_link(center, None, person.id)
    as_served = replace(settings, port=int(settings.served_port.read_text()))
    print(f"For {person.name} ({person.role}); works once, within 15 minutes:")
    print(f"    {link_address(as_served, token)}")
