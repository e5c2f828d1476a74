"""Parser of the static imports of our pages' modules: which modules a page's script loads.

Two forms are read, each at the beginning of a line, and over several lines, too:

    import { one, two } from "./module.js";
    import * as module from "../folder/module.js";

Every other static form is refused (`UnknownImport`): default imports, imports for their effect alone, `export
… from`, modules from outside the folder of all modules. So no import is overlooked. `import()` loads a module
later, where the script decides to, and is no import here; `import.meta` loads nothing.

Trust: the modules are our own. Refusal guards against mistakes, not against an attacker who writes modules.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

Reader = Callable[[str], str]
"""Returns the text of the module with this path below the folder of all modules: `proof/bytes.js`."""

_PATH = r"(?:\./|(?:\.\./)+)(?:[a-z][a-z0-9_]*/)*[a-z][a-z0-9_]*\.js"
IMPORT = re.compile(
    rf'^import (?P<names>\{{[^{{}}]*\}}|\* as [A-Za-z_$][A-Za-z0-9_$]*) from "(?P<path>{_PATH})";$',
    re.MULTILINE,
)
"""A whole import."""

_OTHER = re.compile(r"\bimport\b(?!\.meta\b|\()|\bexport\s*[*{]")
_COMMENTS = re.compile(r"/\*.*?\*/|^[ \t]*//[^\n]*|[ \t]//[^\n]*$", re.DOTALL | re.MULTILINE)
_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"')


class UnknownImport(ValueError):
    """A module loads another in a form that is not read here. The message names module and line."""


@dataclass(frozen=True)
class Import:
    """One import. `file`: the path of the imported module below the folder of all modules. `names`: the text
    between `import` and `from`. `place`: module and line, for messages."""

    file: str
    names: str
    place: str


def imports_of(file: str, text: str) -> tuple[Import, ...]:
    """Return the imports of the module `file`, in order.

    Raises `UnknownImport`.
    """
    found = tuple(_import(file, text, match) for match in IMPORT.finditer(text))
    rest = IMPORT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(code_of(rest).split("\n"), start=1):
        if _OTHER.search(line):
            raise UnknownImport(
                f"{file}:{number}: a form of import or export that is not known: {line.strip()}"
            )
    return found


def imported_modules(entry: str, read: Reader) -> tuple[str, ...]:
    """Return the paths of all modules that `entry` imports, through others too, each once; `entry` is not
    among them. Those that it imports itself come first.

    Raises `UnknownImport`, and what `read` raises for a missing module.
    """
    found = [entry]
    for file in found:  # it grows meanwhile
        found += dict.fromkeys(one.file for one in imports_of(file, read(file)) if one.file not in found)
    return tuple(found[1:])


def code_of(text: str) -> str:
    """Remove comments and double-quoted strings, line for line; types are imported in comments."""
    bare = _COMMENTS.sub(lambda match: "\n" * match[0].count("\n"), text)
    return _STRINGS.sub('""', bare)


def place_of(file: str, text: str, at: int) -> str:
    """Return module and line of a position in the text, for messages."""
    return f"{file}:{text.count(chr(10), 0, at) + 1}"


def _import(file: str, text: str, match: re.Match[str]) -> Import:
    place = place_of(file, text, match.start())
    needed = posixpath.normpath(posixpath.join(posixpath.dirname(file), match["path"]))
    if needed.startswith("../"):
        raise UnknownImport(f"{place}: {match['path']} is outside the folder of all modules")
    return Import(needed, match["names"], place)
