"""Bundler of ES modules into one plain script: for a page that is a single file and loads nothing.

Each module keeps its text, line for line, inside a function of its own; only its `import` lines and the word
`export` are removed. An expert who reads the page reads the modules. Modules are in order of dependency, so
that running the script from top to bottom does what a browser does with the modules.

Only the forms that our modules use are supported, each at the beginning of a line:

    import { one, two } from "./module.js";        (over several lines, too)
    import { three } from "../folder/module.js";   (not from outside the folder of all modules)
    export function …   export async function …   export class …   export const NAME = …

Everything else with `import` or `export` is refused (`Unbundled`): default and star forms, renaming, modules
from elsewhere, `import()`, `import.meta`, import cycles. So is text that would end the script element.

Trust: the modules are our own. Refusal guards against mistakes, not against an attacker who writes modules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from casework.web.script_imports import IMPORT, Import, Reader, UnknownImport, code_of, imports_of, place_of

_EXPORT = re.compile(
    r"^export (?:(?:async )?function |class |const )(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)", re.MULTILINE
)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_MODULE_WORDS = re.compile(r"\b(?:import|export)\b")
_ENDS_SCRIPT = re.compile(r"</script|<script|<!--|\r", re.IGNORECASE)


class Unbundled(ValueError):
    """A module has a form that this bundler does not support. The message names module and line."""


@dataclass(frozen=True)
class Module:
    """A parsed module. `file`: its path below the folder of all modules. `needs`: the paths of the modules it
    imports, each with the names imported, in order of import lines."""

    file: str
    needs: tuple[tuple[str, tuple[str, ...]], ...]
    exports: tuple[str, ...]
    body: str

    @property
    def variable(self) -> str:
        """Its variable name in the script, for the other modules."""
        return self.file.replace("/", "_").replace(".", "_")


def bundle(entry: str, read: Reader) -> str:
    """Return one script equivalent to the module `entry`, with all its dependencies.

    Raises `Unbundled`, and what `read` raises for a missing module.
    """
    ordered: dict[str, Module] = {}
    _gather(entry, read, ordered, ())
    if len({module.variable for module in ordered.values()}) < len(ordered):
        raise Unbundled("two modules have one variable name: their paths differ only in / and _")
    parts = ['"use strict";\n', *(_wrapped(module, ordered) for module in ordered.values())]
    return "\n".join(parts)


def _gather(file: str, read: Reader, ordered: dict[str, Module], above: tuple[str, ...]) -> None:
    if file in above:
        raise Unbundled(f"{file}: needs itself, by way of {', '.join(above[above.index(file) :])}")
    if file in ordered:
        return
    module = _parse(file, read(file))
    for needed, _ in module.needs:
        _gather(needed, read, ordered, (*above, file))
    ordered[file] = module


def _parse(file: str, text: str) -> Module:
    if found := _ENDS_SCRIPT.search(text):
        raise Unbundled(
            f"{place_of(file, text, found.start())}: {found.group()!r} cannot stand in a page's script"
        )
    try:
        needs = tuple((one.file, _names(one)) for one in imports_of(file, text))
    except UnknownImport as unknown:
        raise Unbundled(str(unknown)) from unknown
    exports = tuple(match["name"] for match in _EXPORT.finditer(text))
    if len(set(exports)) < len(exports):
        raise Unbundled(f"{file}: exports one name twice")
    body = IMPORT.sub(lambda match: "\n" * match[0].count("\n"), text)
    body = _EXPORT.sub(lambda match: match[0].removeprefix("export "), body)
    for number, line in enumerate(code_of(body).split("\n"), start=1):
        if _MODULE_WORDS.search(line):
            raise Unbundled(f"{file}:{number}: a form of import or export that is not known: {line.strip()}")
    return Module(file, needs, exports, body.rstrip("\n"))


def _names(one: Import) -> tuple[str, ...]:
    names = tuple(name.strip() for name in one.names.strip("{}").split(",") if name.strip())
    if not names or any(not _NAME.fullmatch(name) for name in names):
        raise Unbundled(f"{one.place}: a form of import that is not known")
    return names


def _wrapped(module: Module, ordered: dict[str, Module]) -> str:
    taken = []
    for file, names in module.needs:
        if missing := [name for name in names if name not in ordered[file].exports]:
            raise Unbundled(f"{module.file}: {file} exports no {', '.join(missing)}")
        taken.append(f"const {{ {', '.join(names)} }} = {ordered[file].variable};")
    return "\n".join(
        [
            f"// ===== {module.file} " + "=" * max(3, 100 - len(module.file)),
            f"const {module.variable} = (() => {{",
            *taken,
            module.body,
            f"return Object.freeze({{ {', '.join(module.exports)} }});",
            "})();",
            "",
        ]
    )
