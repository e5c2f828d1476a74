"""Debian's Firefox, driven over Marionette: its own protocol, which needs no driver beside it.

One page in one tab, unless a page opens another. A function runs in the page as `Page.evaluate` of Playwright
runs it. What the page's scripts throw, or its policy refuses, is in `troubles`.

Protocol: https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.support.patience import PATIENCE, PATIENCE_MS

EXECUTABLE = "/usr/bin/firefox-esr"
PREFERENCES = {
    "marionette.port": 0,  # a free one, which the profile then names
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,
    "media.cubeb.force_null_context": True,  # no output for sound, on whichever computer this runs
    "dom.disable_open_during_load": False,  # WebDriver's press is no press of a person's
    # Nothing leaves this machine.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
EVALUATE = """
const [argument, done] = arguments;
const {{ Uint8Array }} = window; // a sandbox has its own
Promise.resolve(argument).then({function}).then(
  (value) => done(JSON.stringify({{ value: value ?? null }})),
  (error) => done(JSON.stringify({{ error: `${{error}}\\n${{error?.stack}}` }})),
);
"""
WATCH = """() => {
  window.troubles = [];
  addEventListener("error", ({ message }) => window.troubles.push(message));
  addEventListener("unhandledrejection", ({ reason }) => window.troubles.push(String(reason)));
  addEventListener("securitypolicyviolation", ({ blockedURI }) => window.troubles.push(blockedURI));
}"""


CHOOSING = """([selector, paths]) => {
  const input = document.querySelector(selector);
  input.removeAttribute("webkitdirectory");
  input.multiple = true;
  input.value = "";
  const named = () => [...input.files].forEach((file, i) =>
    Object.defineProperty(file, "webkitRelativePath", { value: paths[i] }));
  addEventListener("change", named, { capture: true, once: true });
}"""
"""Makes a chooser of folders one of files, and gives each its path in the folder before the page sees it."""


class Firefox:
    """A Firefox without windows, with a profile of its own."""

    def __init__(self) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        lines = (
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()
        )
        (self._profile / "user.js").write_text("".join(lines))
        self._process = subprocess.Popen(
            [EXECUTABLE, "--headless", "--no-remote", "--marionette", "--profile", str(self._profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._numbers = itertools.count(1)
        try:
            self._connection = socket.create_connection(("127.0.0.1", self._port()), PATIENCE)
            self._stream = self._connection.makefile("rb")
            self._read()  # it greets
            self.version: str = self._ask("WebDriver:NewSession")["capabilities"]["browserVersion"]
            self._ask("WebDriver:SetTimeouts", script=int(PATIENCE_MS))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self._profile, ignore_errors=True)

    def goto(self, address: str) -> None:
        """Open this page in place of the one before."""
        self._ask("WebDriver:Navigate", url=address)
        self.evaluate(WATCH)

    def add_cookies(self, cookies: Iterable[Mapping[str, str]]) -> None:
        """Add cookies (`name`, `value`) for the host of the open page."""
        for cookie in cookies:
            self._ask("WebDriver:AddCookie", cookie={"name": cookie["name"], "value": cookie["value"]})

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """What the function gives for the argument. Raises `AssertionError` where it throws."""
        script = EVALUATE.format(function=f"({function})")
        answer = json.loads(
            self._ask("WebDriver:ExecuteAsyncScript", script=script, args=[argument], sandbox=None)["value"]
        )
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def choose(self, selector: str, path: Path) -> None:
        """Give a file to a file chooser of the page, or all files of a folder, links left out.

        WebDriver gives files to choosers, and no folder: those of one are given singly, each with its path.
        """
        if path.is_file():
            self.fill(selector, str(path))
            return
        files = sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
        self.evaluate(CHOOSING, [selector, [str(one.relative_to(path.parent)) for one in files]])
        self.fill(selector, "\n".join(map(str, files)))

    def press(self, selector: str) -> None:
        self._ask("WebDriver:ElementClick", id=self._found(selector))

    def windows(self) -> list[str]:
        """Names of the open windows and tabs, the oldest first."""
        return list(self._ask("WebDriver:GetWindowHandles"))

    @contextmanager
    def within(self, window: str) -> Iterator[None]:
        """Everything is asked of another window."""
        before = self._ask("WebDriver:GetWindowHandle")["value"]
        self._ask("WebDriver:SwitchToWindow", handle=window, focus=False)
        try:
            yield
        finally:
            self._ask("WebDriver:SwitchToWindow", handle=before, focus=False)

    def fill(self, selector: str, text: str) -> None:
        self._ask("WebDriver:ElementSendKeys", id=self._found(selector), text=text)

    @property
    def troubles(self) -> list[str]:
        found: list[str] = self.evaluate("() => window.troubles")
        return found

    def _port(self) -> int:
        """Where it listens, which it writes once it does."""
        file, until = self._profile / "MarionetteActivePort", time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text()):
            assert self._process.poll() is None and time.monotonic() < until, "Firefox did not start"
            time.sleep(0.05)
        return int(file.read_text())

    def _found(self, selector: str) -> str:
        element = self._ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        (name,) = element.values()
        return str(name)

    def _ask(self, command: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        message = json.dumps([0, number, command, parameters])
        self._connection.sendall(f"{len(message.encode())}:{message}".encode())
        kind, answered, error, result = self._read()
        assert (kind, answered) == (1, number)
        assert error is None, f"{command}: {error}"
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox has ended"
            length += byte
        return json.loads(self._stream.read(int(length)))
