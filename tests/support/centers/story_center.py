"""A center on its first day: `amana serve` over an empty folder, with everything it says kept in files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.patience import PATIENCE, wait_until


class StoryCenter:
    """Its address, its folders, and the one-time link of the first administrator."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.written = folder
        """All that its processes write lies below: data, standard output and error, temporary files."""
        self.data = folder / "amana"
        (folder / "tmp").mkdir()
        self._environ = os.environ | {"TMPDIR": str(folder / "tmp"), "AMANA_LOG_LEVEL": "debug"}
        output, error = folder / "output.log", folder / "error.log"
        with output.open("wb") as out, error.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "amana", "serve", "--data", str(self.data), "--port", "0"],
                stdout=out,
                stderr=err,
                env=self._environ,
            )
        wait_until(lambda: "Ctrl-C stops it" in output.read_text() or self._process.poll() is not None)
        assert self._process.poll() is None, error.read_text()
        said = output.read_text()
        self.address = re.findall(r"answers at\s+(\S+)", said)[0]
        self.link = re.findall(r"\S+/sign-in#\S+", said)[0]

    def policy(self, to: Path) -> Path:
        """The policy that a court registers beforehand."""
        arguments = [sys.executable, "-m", "amana", "policy", "show", "--data", str(self.data)]
        shown = subprocess.run(arguments, capture_output=True, env=self._environ, check=True)
        to.write_bytes(shown.stdout)
        return to

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE)


def acknowledged(package: Path, policy: Path, words: str, folder: Path) -> tuple[Path, str]:
    """The court's receipt for a sealed package, made in `folder`, and the fingerprint of the court's key."""
    receipt = folder / "receipt.json"
    new = ("--organisation", "court.n", "--key", str(folder / "court.key"), "--to", str(receipt))
    done = _by_the_court("acknowledge", package, policy, words, *new)
    return receipt, done.stderr.splitlines()[-1].strip()


def verified(package: Path, policy: Path, words: str, *options: str) -> str:
    """What the packaged verifier says of a sealed package, with no server; it must say that it is intact."""
    return _by_the_court("verify", package, policy, words, *options).stdout


def _by_the_court(
    command: str, package: Path, policy: Path, words: str, *options: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "chain_of_custody", command, str(package)),
            *("--policy", str(policy), "--passphrase-file", "-", *options),
        ],
        input=words,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
