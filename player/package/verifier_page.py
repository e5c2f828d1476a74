"""Build of verify.html, the court's verifier as one file: `python -m player.package.verifier_page FILE`.

The file holds everything it needs: the verifier's scripts, unchanged and readable; the style; every sentence
in Arabic and in English. Its Content-Security-Policy permits no other script and no connection. The build is
reproducible: it does not depend on time, machine or folder, so that its SHA-256 can be printed on the trust
sheet that a court registers beforehand.

The page proves nothing about itself. A replaced page can claim anything, so it explains how to compare its
fingerprint, and does not do it for the reader.

Each language is a complete page in a `<template>` element, made from the templates that the server also
renders; the script shows one of them, Arabic first.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import jinja2
from babel.support import NullTranslations
from markupsafe import Markup

from casework import translations
from chain_of_custody.encoding import passphrase
from player.package.script_bundle import bundle

LANGUAGES = {"ar": "rtl", "en": "ltr"}
"""Languages with their directions; the page opens in the first."""

# By their paths below the folder that every page loads from.
_ENTRY = "verifier/page.js"
_STYLES = ("page/page.css", "exhibit/exhibit.css", "transcript/transcript.css", "verifier/verifier.css")
_MARK = "page/mark.svg"

_SHARED = [
    "track",
    "layout",
    "camera",
    "play",
    "pause",
    "sound",
    "copy",
    "copied",
    "whole",
    "moment",
    "note",
    "audience",
    "clips",
    "rehearsal",
    "excluded",
    "position",
    "event",
    "gap",
    "organisation",
    "reason",
    "role",
    "who",
    "did",
    "purpose",
    "custody",
    "registry",
    "proof",
    "shown",
    "fact",
    "source",
    "specimen",
]
"""Families of sentences of the exhibit's page that the scripts shared with that page use."""

_LOADS = re.compile(r"url\(|@import", re.IGNORECASE)
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; media-src blob:; "
    "worker-src blob:; base-uri 'none'; form-action 'none'"
)


@cache
def build() -> bytes:
    """Build the page. The same sources always give the same bytes."""
    script = Markup(_block(bundle(_ENTRY, _static)))  # noqa: S704
    style = Markup(_block("\n".join(_style(file) for file in _STYLES)))  # noqa: S704
    environment = _environment()
    pages = {language: _page(environment, language) for language in LANGUAGES}
    strings = {language: _strings(environment, language) for language in LANGUAGES}
    frame = environment.get_template("verify.html").render(
        language=next(iter(LANGUAGES)),
        directions=LANGUAGES,
        policy=_POLICY.format(script=_source(script), style=_source(style)),
        icon="data:image/svg+xml;base64," + base64.b64encode(_static(_MARK).encode()).decode(),
        style=style,
        script=script,
        pages=pages,
        strings=strings,
        passphrase_words=passphrase.list_text(),
        version=version("amana"),
    )
    return frame.encode()


def _page(environment: jinja2.Environment, language: str) -> Markup:
    template = environment.get_template("verify_page.html")
    mark = Markup(_static(_MARK).strip())  # noqa: S704
    values = {
        "language": language,
        "direction": LANGUAGES[language],
        "mark": mark,
        "version": version("amana"),
    }
    return Markup(template.render(values))  # noqa: S704


def _strings(environment: jinja2.Environment, language: str) -> Markup:
    """Return the scripts' sentences by code, as JSON that is safe in a page."""
    shared = _sentences(environment, "evidence_strings.html", language)
    own = _sentences(environment, "verify_strings.html", language)
    table = {code: text for code, text in shared.items() if code.split(".")[0] in _SHARED}
    table.update(own)
    text = json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def _sentences(
    environment: jinja2.Environment, template: str, language: str
) -> Mapping[str, str | Mapping[str, str]]:
    """Return a template's sentences by code; a counted one as its forms by plural category."""
    module = environment.get_template(template).make_module({"language": language})
    sentences: Mapping[str, str | Mapping[str, str]] = module.sentences  # type: ignore[attr-defined]
    return sentences


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(str(files("player"))) / "pages" / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    arabic = translations.read("ar")
    arabic.add_fallback(_Untranslated())
    english = NullTranslations()
    translations.install(environment, {"ar": arabic, "en": english}.__getitem__, next(iter(LANGUAGES)))
    return environment


class _Untranslated(NullTranslations):
    """Raises for a sentence without Arabic: this page shows each sentence in both languages."""

    def gettext(self, message: str) -> str:
        raise LookupError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise LookupError(msgid1)


def _static(file: str) -> str:
    """Return the text that the server serves at `/static/<file>`."""
    return files("web").joinpath("static", *file.split("/")).read_text("utf-8")


def _style(file: str) -> str:
    text = _static(file)
    if _LOADS.search(text) or "</" in text:
        raise ValueError(f"{file} would load something, or end the page's style element")
    return f"/* ===== {file} ===== */\n{text}"


def _block(text: str) -> str:
    """Return the text exactly as between two tags: the input of the policy's digests."""
    return f"\n{text.rstrip()}\n"


def _source(block: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(block.encode()).digest()).decode()}'"


def main(arguments: list[str]) -> int:
    """Write the page to the one file named, and print its fingerprint. Returns the exit code."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m player.package.verifier_page FILE", file=sys.stderr)
        return 2
    page = build()
    Path(arguments[0]).write_bytes(page)
    print(f"{sha256(page).hexdigest()}  {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
