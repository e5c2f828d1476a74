"""The command line that puts a child into a sandbox: bubblewrap's, with our filter of system calls.

The child has user, process, IPC, network, host name and cgroup namespaces of its own, no interface but
loopback, and no capability. Its file system holds programs, libraries and the Python environment, read-only;
three devices; and its working folder, `FOLDER`, if it has one. There is no `/proc`.

bubblewrap ends if it cannot set up one of these, and the child never starts. There is no weaker fallback.

Specification: bwrap(1).
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

FOLDER = "/decoder-folder"
"""Path of a child's working folder in the sandbox. It hides the host's path of that name, so Amana must not
be installed there: hence the unusual name."""
DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")

_NAME = "bwrap"
_SYSTEM = ("/usr", "/nix/store")
_MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
"""Folders of the system that are links into `/usr` on a merged system."""
_BESIDE = ("/etc/alternatives", "/etc/ld.so.cache")
_PACKAGES = ("casework", "player")
"""Packages of ours with modules that run in a sandbox."""
_NOBODY = "65534"
_SEPARATE = ("user", "pid", "ipc", "net", "uts", "cgroup")


class BubblewrapMissing(OSError):
    """bubblewrap is not installed on this machine."""


def found(places: str = os.defpath) -> str:
    """Return bubblewrap's path. Raises `BubblewrapMissing`. `places`: folders, as in `PATH`."""
    path = shutil.which(_NAME, path=places)
    if path is None:
        raise BubblewrapMissing(f"{_NAME} is not installed (Debian: apt install bubblewrap)")
    return path


def command(
    filter_: int, folder: int | None, program: str | None, environment: Mapping[str, str]
) -> list[str]:
    """Return the arguments up to the child's own command line. bubblewrap is started without an environment.

    `filter_`, `folder`: descriptors of the filter of system calls and of the working folder, which bubblewrap
    inherits; `program`: a file that the child may read and run beside the system's; `environment`: the
    child's.
    """
    arguments = [found(), *(f"--unshare-{one}" for one in _SEPARATE)]
    arguments += ["--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL"]
    arguments += ["--die-with-parent", "--new-session"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    for path, target in _tree():
        arguments += ["--ro-bind", path, path] if target is None else ["--symlink", target, path]
    if program is not None and not _covered(program, readable(None)):
        arguments += ["--ro-bind", program, program]
    for path in DEVICES:
        arguments += ["--dev-bind", path, path]
    if folder is not None:
        arguments += ["--bind-fd", str(folder), FOLDER]
    arguments += ["--remount-ro", "/", "--chdir", "/" if folder is None else FOLDER]
    return [*arguments, "--seccomp", str(filter_), "--"]


def readable(program: str | None) -> list[str]:
    """Return the paths that a child may read and execute; links are replaced by their targets."""
    return [path for path, target in _tree() if target is None] + ([] if program is None else [program])


@functools.cache
def _tree() -> tuple[tuple[str, str | None], ...]:
    """Return the paths that a child sees, and for a link its target."""
    return tuple(_places())


def _places() -> Iterator[tuple[str, str | None]]:
    visible: list[str] = []
    ours = Path(__file__).resolve().parents[2]
    python = (sys.base_prefix, sys.base_exec_prefix, sys.prefix)
    for path in (*_SYSTEM, *_MERGED, *_BESIDE, *python, *(str(ours / name) for name in _PACKAGES)):
        if not Path(path).exists() or _covered(path, visible):
            continue
        if Path(path).is_symlink() and path in _MERGED:
            yield path, str(Path(path).readlink())
            continue
        visible.append(path)
        yield path, None


def _covered(path: str, by: list[str]) -> bool:
    return any(Path(path).is_relative_to(one) for one in by)
