"""What pages load: templates name all of it and nothing that is missing; each file is served for good."""

from __future__ import annotations

import gzip
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import jinja2
import jinja2.nodes
import pytest

from amana.http.page_files import PageFiles, page_files, statics, takes_gzip
from amana.http.templates import make_templates
from amana.languages import ROOMS
from casework.database.models import Person

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

ROOT = statics().parents[1]
TEMPLATES = {
    path.name: path for room in ROOMS for path in (ROOT / room / "pages" / "templates").glob("*.html")
}
FUNCTIONS = ("script", "early_script", "style", "static")
IMPORT = re.compile(r'^import [^"]* from "(\.[^"]*)";$', re.MULTILINE)
FOR_GOOD = "public, max-age=31536000, immutable"
COURT = "exhibit/page.js"


def called(template: str) -> list[tuple[str, str]]:
    """Which of `FUNCTIONS` a template calls, and for what."""
    environment = make_templates().env
    tree = environment.parse(TEMPLATES[template].read_text())
    found = []
    for call in tree.find_all(jinja2.nodes.Call):
        if isinstance(call.node, jinja2.nodes.Name) and call.node.name in FUNCTIONS:
            (argument,) = call.args
            assert isinstance(argument, jinja2.nodes.Const), (template, call.node.name)
            found.append((call.node.name, argument.value))
    return found


CALLS = [(template, *call) for template in TEMPLATES for call in called(template)]
ENTRIES = sorted({name for _, function, name in CALLS if function == "script"})


def rendered(*calls: str) -> str:
    """What a page says that calls these functions."""
    template = make_templates().env.from_string("\n".join(f"{{{{ {call} }}}}" for call in calls))
    return template.render(named_modules=set())


def needed(entry: str) -> set[str]:
    """All modules that a page with `entry` needs besides it, from the files on the disk."""
    waiting, found = [statics() / entry], set()
    while waiting:
        path = waiting.pop()
        for address in IMPORT.findall(path.read_text()):
            other = (path.parent / address).resolve()
            if other not in found:
                found.add(other)
                waiting.append(other)
    return {path.relative_to(statics()).as_posix() for path in found} - {entry}


def addresses(text: str) -> list[str]:
    """The files that tags load, by their names; each has to be at its address with the digest."""
    found = re.findall(r'(?:src|href)="([^"]*)"', text)
    place = f"/static/{page_files().digest}/"
    assert all(one.startswith(place) for one in found), found
    return [one.removeprefix(place) for one in found]


def test_no_template_names_an_address_by_hand() -> None:
    assert len(TEMPLATES) > 60
    for path in TEMPLATES.values():
        assert "static/" not in path.read_text(), path
        assert not re.search(r"<script[^>]*src=|rel=\"?(?:stylesheet|modulepreload)", path.read_text()), path


@pytest.mark.parametrize(("template", "function", "name"), CALLS)
def test_every_file_that_a_template_names_exists(template: str, function: str, name: str) -> None:
    text = rendered(f'{function}("{name}")')
    files = [name] if function == "static" else addresses(text)
    assert all((statics() / one).is_file() for one in files), template


def test_a_file_that_is_not_there_is_an_error() -> None:
    for call in ('script("exhibit/nothing")', 'style("exhibit/page")', 'static("../__init__.py")'):
        with pytest.raises(LookupError, match="pages load no"):
            rendered(call)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_module_that_a_page_imports_is_preloaded_once_and_no_other(entry: str) -> None:
    text = rendered(f'script("{entry}")')
    first, *preloads = addresses(text)
    assert first == f"{entry}.js"
    assert text.count('<script type="module" src=') == 1
    assert text.count('<link rel="modulepreload" href=') == len(preloads)
    assert sorted(preloads) == sorted(needed(first))


def test_what_a_script_loads_meanwhile_is_preloaded_apart() -> None:
    text = rendered('script("exhibit/page", meanwhile="exhibit/opened")')
    first, meanwhile = (addresses(one) for one in text.split('<template id="meanwhile">'))
    assert set(first) == {COURT} | needed(COURT)
    assert set(meanwhile) == ({"exhibit/opened.js"} | needed("exhibit/opened.js")) - set(first)
    assert len(meanwhile) == len(set(meanwhile))


def test_a_module_that_two_scripts_of_a_page_import_is_named_once() -> None:
    text = rendered('script("packing/page")', 'script("sign/signing")')
    named = addresses(text)
    modules = needed("packing/page.js") | needed("sign/signing.js")
    assert "sign/signing.js" in modules
    assert set(named) == {"packing/page.js", "sign/signing.js"} | modules
    assert len(re.findall("modulepreload", text)) == len(
        set(re.findall('modulepreload" href="([^"]*)', text))
    )
    assert text.count("<script") == 2


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    def digest() -> str:
        return PageFiles(tmp_path).digest

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.js").write_text("1")
    first = digest()
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert digest() == first
    (tmp_path / "a" / "one.js").write_text("2")
    second = digest()
    (tmp_path / "a" / "one.js").rename(tmp_path / "a" / "two.js")
    assert len({first, second, digest()}) == 3
    (tmp_path / "a" / "three.exe").write_text("")
    with pytest.raises(ValueError, match=r"three\.exe"):
        digest()


def test_what_is_served_is_what_the_digest_is_of_even_if_the_file_changes(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("1")
    files = PageFiles(tmp_path)
    (tmp_path / "one.js").write_text("2")
    assert files.files["one.js"].content == b"1"
    assert gzip.decompress(files.files["one.js"].compressed) == b"1"


@pytest.mark.parametrize("encodings", ["gzip, deflate, br, zstd", "identity"])
async def test_a_file_is_kept_for_good_and_has_a_tag_of_each_encoding(
    browser: httpx.AsyncClient, encodings: str
) -> None:
    address, headers = page_files().address(COURT), {"accept-encoding": encodings}
    answer = await browser.get(address, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == FOR_GOOD
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == (statics() / COURT).read_bytes()
    zipped = "gzip" in encodings
    assert answer.headers.get("content-encoding") == ("gzip" if zipped else None)
    assert ("gzip" in answer.headers["etag"]) is zipped
    assert (int(answer.headers["content-length"]) < len(answer.content)) is zipped

    head = await browser.head(address, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.items() == answer.headers.items()

    for held in (answer.headers["etag"], f'"other", W/{answer.headers["etag"]}', "*"):
        again = await browser.get(address, headers=headers | {"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "vary", "cache-control"):
            assert again.headers[name] == answer.headers[name]
    other = '"other", ' + ('"x"' if zipped else f'"{page_files().digest}-gzip"')
    assert (await browser.get(address, headers=headers | {"if-none-match": other})).status_code == 200


async def test_a_range_is_answered_with_the_whole_file(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(page_files().address(COURT), headers={"range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "none"
    assert "content-range" not in answer.headers
    assert answer.content == (statics() / COURT).read_bytes()


async def test_the_worker_alone_may_answer_requests_of_pages_elsewhere(browser: httpx.AsyncClient) -> None:
    allowed = {
        name: answer.headers["service-worker-allowed"]
        for name in page_files().files
        if "service-worker-allowed" in (answer := await browser.head(page_files().address(name))).headers
    }
    assert allowed == {"copies/film_worker.js": "/derivatives/"}


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("x-gzip", True),
        ("gzip; q=0.001", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, br", False),
        ("gzipped", False),
        ("*", False),
    ],
)
def test_gzip_goes_to_a_browser_that_names_it(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken


@pytest.mark.parametrize("digest", ["0" * 16, "", "%00", "x"])
async def test_under_another_digest_or_none_there_is_nothing_and_it_is_not_kept(
    browser: httpx.AsyncClient, digest: str
) -> None:
    addresses = [f"/static/{digest}/{COURT}".replace("//", "/"), f"/static/{COURT}"]
    addresses.append(f"/static/{page_files().digest}{digest}/{COURT}" if digest else "/static/")
    for address in addresses:
        for method in ("GET", "HEAD"):
            answer = await browser.request(method, address)
            assert answer.status_code == 404, address
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers


async def test_only_reading_is_allowed(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(page_files().address(COURT))
    assert answer.status_code == 405
    assert answer.headers["cache-control"] == "no-store"


async def test_pages_and_answers_are_not_compressed(
    browser: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    """They may hold secrets beside what a stranger wrote; their lengths must not tell of both together."""
    await sign_in(browser, administrator)
    for path, kind in ("/staff", "text/html"), ("/account", "text/html"), ("/health", "application/json"):
        answer = await browser.get(path, headers={"accept": kind, "accept-encoding": "gzip, br"})
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers
