"""The bundler: modules keep their text and their order of needs, and what it does not know it refuses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from player.package.script_bundle import Unbundled, bundle


def bundled(modules: Mapping[str, str], entry: str = "page.js") -> str:
    return bundle(entry, modules.__getitem__)


def test_a_module_stands_in_a_function_of_its_own_after_those_it_needs() -> None:
    script = bundled(
        {
            "page.js": '// A page.\nimport { one,\n  two } from "./base.js";\n\nconst sum = one + two();\n',
            "base.js": "export const one = 1;\nexport async function two() {\n  return one;\n}\nclass A {}\n",
        }
    )
    assert script.split("\n") == [
        '"use strict";',
        "",
        "// ===== base.js " + "=" * 93,
        "const base_js = (() => {",
        "const one = 1;",
        "async function two() {",
        "  return one;",
        "}",
        "class A {}",
        "return Object.freeze({ one, two });",
        "})();",
        "",
        "// ===== page.js " + "=" * 93,
        "const page_js = (() => {",
        "const { one, two } = base_js;",
        "// A page.",
        "",
        "",
        "",
        "const sum = one + two();",
        "return Object.freeze({  });",
        "})();",
        "",
    ]


def test_a_module_that_several_need_is_there_once_and_before_all_of_them() -> None:
    script = bundled(
        {
            "page.js": 'import { left } from "./left.js";\nimport { right } from "./right.js";\nleft;\n',
            "left.js": 'import { base } from "./base.js";\nexport const left = base;\n',
            "right.js": 'import { base } from "./base.js";\nexport const right = base;\n',
            "base.js": "export const base = () => {};\n",
        }
    )
    places = [script.index(f"const {name}_js = ") for name in ("base", "left", "right", "page")]
    assert places == sorted(places)
    assert script.count("const base_js = ") == 1


def test_a_module_is_found_from_the_folder_of_the_one_that_needs_it() -> None:
    script = bundled(
        {
            "court/page.js": 'import { one } from "./one.js";\nimport { two } from "../proof/time/two.js";\n',
            "court/one.js": "export const one = 1;\n",
            "proof/time/two.js": 'import { base } from "../base.js";\nexport const two = base;\n',
            "proof/base.js": "export const base = 2;\n",
        },
        "court/page.js",
    )
    places = [
        script.index(f"// ===== {file} ")
        for file in ("court/one.js", "proof/base.js", "proof/time/two.js", "court/page.js")
    ]
    assert places == sorted(places)
    assert "const { base } = proof_base_js;" in script
    assert "const { two } = proof_time_two_js;" in script


def test_one_module_that_two_folders_name_differently_is_there_once() -> None:
    script = bundled(
        {
            "page.js": 'import { a } from "./proof/a.js";\nimport { base } from "./proof/base.js";\n',
            "proof/a.js": 'import { base } from "./base.js";\nexport const a = base;\n',
            "proof/base.js": "export const base = 2;\n",
        }
    )
    assert script.count("const proof_base_js = ") == 1


def test_two_modules_with_one_variable_name_are_refused() -> None:
    modules = {
        "page.js": 'import { a } from "./one_a.js";\nimport { b } from "./one/a.js";\na + b;\n',
        "one_a.js": "export const a = 1;\n",
        "one/a.js": "export const b = 1;\n",
    }
    with pytest.raises(Unbundled, match="one variable name"):
        bundled(modules)


def test_types_in_comments_and_the_words_in_texts_are_left_alone() -> None:
    text = '/** @typedef {import("./other.js").Other} Other */\nconst said = "import or export";\n'
    assert text in bundled({"page.js": text})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('import base from "./base.js";', "page.js:2: a form of import or export that is not known"),
        ('import * as base from "./base.js";', "not known"),
        ('import { base as other } from "./base.js";', "page.js:2: a form of import that is not known"),
        ('import "./base.js";', "not known"),
        ('import { base } from "/static/proof/base.js";', "not known"),
        ('import { base } from "../base.js";', "page.js:2: ../base.js is outside the folder of all modules"),
        ('import { base } from "./../base.js";', "not known"),
        ('import { base } from "./folder/../base.js";', "not known"),
        ('  import { base } from "./base.js";', "not known"),
        ('const base = await import("./base.js");', "not known"),
        ("const here = import.meta.url;", "not known"),
        ("export default 1;", "not known"),
        ("export let one = 1;", "not known"),
        ("export { one };", "not known"),
        ('export * from "./base.js";', "not known"),
        ('import { missing } from "./base.js";', "page.js: base.js exports no missing"),
        ("export const one = 1;\nexport function one() {}", "exports one name twice"),
        ('const end = "</script>";', "page.js:2: '</script' cannot stand in a page's script"),
        ('const begin = "<!--";', "cannot stand"),
        ("const line = 1;\r", "cannot stand"),
    ],
)
def test_every_other_form_is_refused_with_its_place(line: str, why: str) -> None:
    with pytest.raises(Unbundled) as refused:
        bundled({"page.js": f"const first = 1;\n{line}\n", "base.js": "export const base = 1;\n"})
    assert why in str(refused.value)


def test_modules_that_need_each_other_are_refused() -> None:
    modules = {
        "page.js": 'import { a } from "./a.js";\n',
        "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
        "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n',
    }
    with pytest.raises(Unbundled, match=r"a\.js: needs itself, by way of a\.js, b\.js"):
        bundled(modules)
