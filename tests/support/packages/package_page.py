"""The court package's verifier in a real browser: a page on the disk that holds nothing but its modules.

`open_package_page` writes the page, bundled as verify.html is and under the same kind of policy, and opens it
from `file://`; `verify_in_browser` gives it a package as a person would, by a file chooser.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from player.package.script_bundle import bundle
from tests.support.packages.both_verifiers import MODULES, script_verdict

SCRIPTS = Path(__file__).resolve().parents[3] / "web" / "static"
IMPORTS = "\n".join(f'import {{ {names} }} from "./{module}.js";' for module, names in MODULES.items())
ENTRY = f"""{IMPORTS}
Object.assign(globalThis, {{ {", ".join(MODULES.values())} }});
let chooser;
addEventListener("change", ({{ target }}) => (chooser = target));
Object.defineProperty(globalThis, "chosen", {{ get: () => [...chooser.files] }});
"""
PAGE = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'sha256-{digest}'; media-src blob:">
<title>packages</title>
<input type="file" id="file">
<input type="file" id="folder" webkitdirectory>
<script>{script}</script>
"""


@contextmanager
def open_package_page(browser: Browser, folder: Path) -> Iterator[Page]:
    """A page in `folder` that can verify; what it reports on its console fails the test."""
    context = browser.new_context()
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.goto(written_page(folder).as_uri())
    yield page
    context.close()
    assert not troubles, troubles


def written_page(folder: Path) -> Path:
    """The page as a file."""

    def read(file: str) -> str:
        return ENTRY if file == "entry.js" else (SCRIPTS / file).read_text("utf-8")

    script = bundle("entry.js", read)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    path = folder / "packages.html"
    path.write_text(PAGE.format(digest=digest, script=script), "utf-8")
    return path


def verify_in_browser(
    page: Page, package: Path, passphrase: str | None = None, policy: bytes | None = None
) -> dict[str, Any]:
    """What the browser says of the package at `package`: a folder, or, with a passphrase, a sealed file."""
    choose(page, package, passphrase)
    return script_verdict(page.evaluate, passphrase, policy)


def choose(page: Page, package: Path, passphrase: str | None = None) -> None:
    """Hand the package to the page's file chooser."""
    page.locator("#folder" if passphrase is None else "#file").set_input_files(package)
