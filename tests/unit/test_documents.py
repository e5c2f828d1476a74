"""What the documents, the program and its messages name in a document is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = [
    *sorted((ROOT / "amana").rglob("*.py")),
    *sorted((ROOT / "amana").rglob("*.html")),
    *(
        path
        for path in sorted((ROOT / "deploy").rglob("*"))
        if path.is_file() and "secrets" not in path.parts
    ),
]
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of the headings."""
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings(page)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for address in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text())):
        path, _, anchor = address.partition("#")
        if re.match(r"\w+:", address):
            continue
        target = (page.parent / path) if path else page
        assert target.exists(), address
        assert not anchor or anchor in anchors(target), address


def test_sections_that_messages_and_files_name_are_there() -> None:
    named = re.compile(r"docs?/(?:amana/)?([\w-]+\.md)(?:, \"?([A-Z][A-Za-z ]+))?")
    found = [one for path in TEXTS for one in named.findall(path.read_text())]
    assert len(found) > 15
    for page, section in found:
        assert not section or any(section.startswith(one) for one in headings(ROOT / "docs" / page)), (
            page,
            section,
        )
