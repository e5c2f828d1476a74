"""verify.html: the same bytes every time, everything inside, nothing to be loaded from anywhere."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chain_of_custody.report import messages
from chain_of_custody.statements.types import SPECIMENS
from player.package import verifier_page

STATIC = Path(verifier_page.__file__).parents[2] / "web" / "static"
ADDRESSES = {"src", "href", "action", "data", "poster", "srcset", "formaction", "background"}


class Elements(HTMLParser):
    """Every element with its attributes, and the text of styles and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.blocks.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            tag, attributes, text = self.blocks[-1]
            self.blocks[-1] = (tag, attributes, text + data)


@pytest.fixture(scope="module")
def page() -> str:
    return verifier_page.build().decode()


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def strings(elements: Elements, language: str) -> dict[str, str | dict[str, str]]:
    text = next(
        text for _, attributes, text in elements.blocks if attributes.get("id") == f"strings-{language}"
    )
    table: dict[str, str | dict[str, str]] = json.loads(text)
    return table


@pytest.mark.parametrize("language", ["ar", "en"])
def test_each_kind_of_specimen_has_a_word(elements: Elements, language: str) -> None:
    table = strings(elements, language)
    assert [kind for kind in sorted(SPECIMENS) if f"specimen.{kind}" not in table] == []


@pytest.mark.starts
def test_another_process_elsewhere_writes_the_same_bytes(page: str, tmp_path: Path) -> None:
    file = tmp_path / "verify.html"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    said = subprocess.run(
        [sys.executable, "-m", "player.package.verifier_page", str(file)],
        check=True, capture_output=True, text=True, env=environment,
    ).stdout  # fmt: skip
    assert file.read_bytes() == page.encode()
    assert said == f"{sha256(page.encode()).hexdigest()}  {file}\n"


def test_nothing_of_the_machine_or_the_day_is_in_it(page: str) -> None:
    home = str(Path(verifier_page.__file__).parents[2])
    assert home not in page
    assert not re.search(r"\b20[2-9]\d-\d\d-\d\d\b", page)


def test_it_names_no_address_that_it_would_load(page: str, elements: Elements) -> None:
    for tag, attributes in elements.found:
        for name in ADDRESSES & set(attributes):
            value = attributes[name] or ""
            assert value.startswith(("#", "data:image/svg+xml;base64,")), (tag, name, value)
    # What is left are names of namespaces in drawings, which are names and nothing that is fetched.
    assert set(re.findall(r"https?://[^\s\"'`<>)]+", page)) == {"http://www.w3.org/2000/svg"}
    asks = (
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "EventSource",
        "sendBeacon",
        "RTCPeerConnection",
        "import(",
    )
    code = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", page, flags=re.DOTALL | re.MULTILINE)
    assert [word for word in asks if word in code] == []
    style = next(text for tag, _, text in elements.blocks if tag == "style")
    assert "url(" not in style
    assert "@import" not in style


def test_its_policy_allows_exactly_its_own_script_and_style(elements: Elements) -> None:
    policies = [
        attributes["content"] or ""
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    digests = {}
    for tag, attributes, text in elements.blocks:
        if "type" not in attributes:
            digest = base64.b64encode(sha256(text.encode()).digest()).decode()
            assert tag not in digests
            digests[tag] = f"'sha256-{digest}'"
    assert policies[0] == (
        f"default-src 'none'; script-src {digests['script']}; style-src {digests['style']}; "
        "img-src data: blob:; media-src blob:; worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    inline = [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert inline == []
    assert not any("style" in attributes for _, attributes in elements.found)


def test_an_expert_finds_every_module_in_it_line_by_line(page: str) -> None:
    modules = re.findall(r"^// ===== ([a-z0-9_/]+\.js) =+$", page, re.MULTILINE)
    assert "package/verify.js" in modules
    assert modules[-1] == "verifier/page.js"
    inside = set(page.split("\n"))
    for name in modules:
        for line in (STATIC / name).read_text().split("\n"):
            bare = line.removeprefix("export ")
            assert bare in inside or re.match(r"(import |  [\w, ]+$|\} from )", bare), (name, line)


def forms(text: str | dict[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def test_both_languages_have_the_same_sentences_and_arabic_comes_first(elements: Elements) -> None:
    arabic, english = strings(elements, "ar"), strings(elements, "en")
    assert set(arabic) == set(english)
    templates = [attributes for tag, attributes in elements.found if tag == "template"]
    assert [one["id"] for one in templates if "data-direction" in one] == ["page-ar", "page-en"]
    html = next(attributes for tag, attributes in elements.found if tag == "html")
    assert (html["lang"], html["dir"]) == ("ar", "rtl")
    # Arabic is written in Arabic; what is the same in both is values and nothing else.
    same = [form for code, text in arabic.items() for form in forms(text) if form in forms(english[code])]
    assert not any(re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", form)) for form in same), same


def test_a_sentence_with_a_number_has_each_form_that_its_language_has(elements: Elements) -> None:
    categories = {"ar": {"zero", "one", "two", "few", "many", "other"}, "en": {"one", "other"}}
    for language, expected in categories.items():
        counted = [forms for forms in strings(elements, language).values() if isinstance(forms, dict)]
        assert len(counted) > 40
        assert all(set(forms) == expected and all(forms.values()) for forms in counted)


def test_every_code_that_a_script_says_has_a_sentence(page: str, elements: Elements) -> None:
    english = strings(elements, "en")
    said = set(re.findall(r"(?<!\.)\bsay\(\s*\"([^\"]+)\"", page))
    for pair in re.findall(r"\bsay\([^()\"]*\? \"([^\"]+)\" : \"([^\"]+)\"", page):
        said |= set(pair)
    elsewhere = {"value.earlier"}  # a correction beside what it corrects is shown on the center's own pages
    missing = said - set(english) - elsewhere
    assert missing == set()
    assert {"excluded.given", "excluded.left-out", "excluded.package"} <= set(english)


def test_every_remark_of_the_verifiers_has_a_sentence_with_the_same_values(elements: Elements) -> None:
    for language in verifier_page.LANGUAGES:
        table = strings(elements, language)
        for code, sentence in {**messages.FINDINGS, **messages.NOT_PROVED}.items():
            shown, known = table[f"remark.{code}"], set(re.findall(r"\{(\w+)\}", sentence))
            told = set(re.findall(r"\{(\w+)\}", str(shown)))
            if isinstance(shown, dict):
                assert known & {"count", "seconds", "records"}, code
                told.discard("n")
            assert told <= known, code


def test_whoever_calls_it_wrongly_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier_page.main([]) == 2
    assert verifier_page.main(["--help"]) == 2
    assert "usage: python -m player.package.verifier_page FILE" in capsys.readouterr().err
