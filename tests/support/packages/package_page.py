"""The court package's verifier in a real browser: a page on the disk that holds nothing but its modules.

`open_package_page` writes the page, bundled as verify.html is and under the same kind of policy, and opens it
from `file://`; `verify_in_browser` gives it a package as a person would, by a file chooser.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from chain_of_custody.errors import (
    Altered,
    ConsistencyInvalid,
    InclusionInvalid,
    Incomplete,
    NotProved,
    NotWitnessed,
    SignatureInvalid,
    WrongPassphrase,
)
from chain_of_custody.report import Report
from player.script_bundle import bundle

SCRIPTS = Path(__file__).resolve().parents[3] / "player" / "pages" / "static"
ENTRY = """
import { NotProved } from "./errors.js";
import { Film } from "./film.js";
import { folderSource, sealedSource } from "./package_source.js";
import { PACKAGE_STEPS, verifyPackage } from "./verify_package.js";

Object.assign(globalThis, { Film, NotProved, folderSource, sealedSource, PACKAGE_STEPS, verifyPackage });
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

VERIFY = """async ([passphrase, policy]) => {
  const bytes = policy && Uint8Array.from(atob(policy), (letter) => letter.charCodeAt(0));
  const told = { steps: {}, playable: [], done: 0, total: 0, firstPicture: null };
  const began = performance.now();
  const watch = {
    step: (step, state) => (told.steps[step] = state),
    playable: (item) => told.playable.push(item.evidence),
    progress: (done, total) => Object.assign(told, { done, total }),
  };
  let source;
  try {
    source = passphrase === null
      ? folderSource(document.getElementById("folder").files)
      : await sealedSource(document.getElementById("file").files[0], passphrase);
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    const { reason: kind, message: reason, where } = error;
    const failure = { step: "opening", number: 1, kind, reason, where };
    return { outcome: "not proved", failure, ...told };
  }
  const verdict = (globalThis.verdict = await verifyPackage(source, bytes, watch));
  const { outcome, failure, unchecked, findings, notProved } = verdict;
  const { items, files, statements, cosigned, times, details } = verdict;
  return {
    outcome, failure, unchecked, findings, notProved, ...told,
    statements: statements.map(({ position }) => position),
    items: items.map(({ evidence, kind, excerpt, records, events, covers }) => ({
      evidence, kind, excerpt, records: records.length, events: events.length, covers: covers.length,
    })),
    files: files.map((
      { evidence, kind, intimate, told, path, made, records, seal, covers, recipe, sources },
    ) => ({
      evidence, kind, intimate, path, made: [...made].sort(), records: records.length,
      format: told.format, name: told.name, size: told.size, sha256: told.sha256,
      sealed: seal.position, covers: covers.length,
      derived: recipe && { kind: recipe.kind, recipe: path.replace(/[^/]+$/, "recipe.json"), sources },
    })),
    cosigned: [...cosigned.keys()],
    times: times.map(({ size, authority, at }) => [size, authority, at.toISOString()]),
    details: [...details.keys()],
    milliseconds: performance.now() - began,
  };
}"""


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
    """What the browser says of the package at `package`: a folder, or, with a passphrase, a sealed file.

    `outcome`; `failure` with `step`, `number`, `kind`, `reason`, `where`, or None; what was proved and told.
    """
    choose(page, package, passphrase)
    encoded = None if policy is None else base64.b64encode(policy).decode()
    answer: dict[str, Any] = page.evaluate(VERIFY, [passphrase, encoded])
    return answer


def choose(page: Page, package: Path, passphrase: str | None = None) -> None:
    """Hand the package to the page's file chooser."""
    page.locator("#folder" if passphrase is None else "#file").set_input_files(package)


KINDS: Mapping[type[NotProved], Collection[str]] = {
    NotProved: ("not-proved", "malformed", "time"),
    SignatureInvalid: ("signature",),
    InclusionInvalid: ("inclusion",),
    ConsistencyInvalid: ("consistency",),
    Altered: ("altered",),
    Incomplete: ("incomplete",),
    WrongPassphrase: ("passphrase",),
    NotWitnessed: ("not-witnessed",),
}
"""What Python raises, and what the browser calls it."""

UNSEEN = re.compile("a link, not a file|pipe: not a file")
"""A browser is not told of links and pipes: it misses a file there, or meets one that is not listed."""


def assert_both_say(answer: Mapping[str, Any], said: Report | NotProved) -> None:
    """That the browser's answer is the one that `chain_of_custody.verify` gave: the same outcome; the same
    step, kind and place of a failure; the same remarks; sealed not later than the same second."""
    if isinstance(said, NotProved):
        assert answer["outcome"] == ("not witnessed" if isinstance(said, NotWitnessed) else "not proved"), (
            str(said)
        )
        assert_both_refuse(answer["failure"], said)
        return
    assert (answer["outcome"], answer["failure"]) == (said.outcome, None)
    for name, remarks in (("findings", said.findings), ("notProved", said.not_proved)):
        assert answer[name] == [{"code": one.code, "values": dict(one.values)} for one in remarks]
    told = said.as_json()
    assert answer["files"] == [_as_the_browser_tells(one) for one in told["files"]]
    sealed = [one for item in (*told["items"], *told["files"]) for one in item["sealed_not_later_than"]]
    for one in sealed:
        assert [one["size"], one["authority"], one["at"].replace("Z", ".000Z")] in answer["times"]
    assert answer["done"] == answer["total"]


def _as_the_browser_tells(file: Mapping[str, Any]) -> dict[str, Any]:
    apart = ("case", "read", "sealed_not_later_than")
    told = {name: value for name, value in file.items() if name not in apart}
    return told | {"covers": len(file["sealed_not_later_than"])}


def assert_both_refuse(failure: Mapping[str, Any], said: NotProved) -> None:
    """That the browser's `failure` is the one that Python raised: the same step, kind and place."""
    assert f"{failure['number']} {failure['step']}" == said.step, (failure, str(said))
    if UNSEEN.search(said.reason):
        return
    assert failure["kind"] in KINDS[type(said)], (failure, repr(said))
    assert said.where is None or failure["where"] == said.where, (failure, str(said))
