"""Keys for signed releases, and the commands of docs/releases.md that verify one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "releases.md"


def make_key(path: Path) -> Path:
    """A new signing key without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


def signers_of(key: Path) -> str:
    """The line that the page shows, with this key."""
    [line] = re.findall(r"^amana namespaces=.*$", PAGE.read_text(), re.MULTILINE)
    public = key.with_suffix(".pub").read_text()
    return line.replace("ssh-ed25519 AAAA…", public)


def verify(folder: Path) -> str:
    """Run what the page says, in a folder with a release and `amana-signers`; a command that fails raises."""
    [_, section] = PAGE.read_text().split("\n## Verify\n")
    [commands, *_] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
