"""Rendering of the guide's Markdown as HTML for our pages.

Trusts the texts, as it does templates: they are part of the software. Links among them lead to `/help/NAME`,
pictures to their address with a digest. Other links lead to documents that are not served, and are left as
plain text.

Specification: CommonMark 0.31.2, with the tables of GitHub Flavored Markdown.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from amana.documents import GUIDE
from amana.http.page_files import GUIDE_PICTURES, page_files
from amana.languages import DEFAULT
from casework.database.models import Role

PAGE_OF = {
    Role.ADMINISTRATOR: "administrator",
    Role.CUSTODIAN: "custodian",
    Role.PROSECUTOR: "prosecutor",
    Role.INTERVIEWER: "interview",
    Role.OBSERVER: "interview",
    Role.EXAMINER: "examination",
    Role.SOCIAL_WORKER: "companions",
    Role.ADVOCATE: "companions",
    Role.COURT: "courts",
    Role.DEFENCE: "courts",
    Role.MONITORING: "monitoring",
}
"""The page that *Help* opens, by role."""
NAMES = tuple(sorted(path.stem for path in (GUIDE / DEFAULT).glob("*.md")))
"""The names of all pages, in each language."""
_PAGE = re.compile(r"(?P<name>[a-z-]+)\.md(?P<anchor>#.*)?")


@dataclass(frozen=True)
class GuidePage:
    """One page of the guide, in one language."""

    title: str
    content: Markup
    contents: Sequence[tuple[str, str]]
    """Its sections: anchor and heading."""


@functools.cache
def guide_page(language: str, name: str) -> GuidePage:
    """Return a page of the guide. Raises `LookupError` for a name that is not in `NAMES`."""
    if name not in NAMES:
        raise LookupError(f"no page {name[:40]} in the guide")
    markdown = MarkdownIt("commonmark", {"html": True}, renderer_cls=_Renderer).enable("table")
    tokens = markdown.parse((GUIDE / language / f"{name}.md").read_text("utf-8"))
    title, sections = "", []
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor_of(text := _plain(inline)))
            title = text if opening.tag == "h1" else title
            sections += [(anchor_of(text), text)] if opening.tag == "h2" else []
        if inline.children:
            inline.children = list(_within_the_guide(inline.children))
    html = markdown.renderer.render(tokens, markdown.options, {"title": title})
    return GuidePage(title, Markup(html), sections)  # noqa: S704  # the software's own text


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it: the texts name these."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _plain(inline: Token) -> str:
    return "".join(one.content for one in inline.children or () if one.type in ("text", "code_inline"))


def _within_the_guide(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield these tokens with links to pages of the guide rewritten to their addresses here, and without
    other links."""
    served = False
    for token in tokens:
        if token.type == "link_open":
            found = _PAGE.fullmatch(str(token.attrGet("href")))
            if served := found is not None and found["name"] in NAMES:
                assert found is not None
                token.attrSet("href", f"/help/{found['name']}{found['anchor'] or ''}")
        if served or token.type not in ("link_open", "link_close"):
            yield token


class _Renderer(RendererHTML):
    """HTML with the classes of our pages."""

    def image(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        """Return a picture of the guide, which is loaded when it scrolls into view."""
        picture = tokens[idx]
        name = GUIDE_PICTURES + basename(str(picture.attrGet("src")))
        picture.attrSet("src", page_files().address(name))
        picture.attrSet("alt", _plain(picture))
        picture.attrSet("loading", "lazy")
        return f"<img{self.renderAttrs(picture)}>"

    def table_open(self, tokens: Sequence[Token], idx: int, options: object, env: Mapping[str, str]) -> str:
        """Return the beginning of a table that scrolls by itself where it is too wide."""
        region = (
            '<div class="table-scroll" role="region" tabindex="0" aria-label="{}"><table class="table">\n'
        )
        return Markup(region).format(env["title"])  # noqa: S704  # our own

    def table_close(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        """Return its end."""
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        """Return the beginning of the heading of a column."""
        return '<th scope="col">'
