"""Confinement of the long-lived processes at their start: one table, and its implementation.

    |          | keyholder                         | web                     | recorder               |
    | ---      | ---                               | ---                     | ---                    |
    | connects | TCP: its stores, OpenBao; or none | TCP: any server         | UDP                    |
    | accepts  | what it is handed                 | what it is handed       | UDP                    |
    | reads    | libraries                         | libraries, rules, log   | libraries              |
    |          | its credentials                   | its credentials         |                        |
    | changes  | `keys/`                           | `web/`, spool, scratch  | its interview's folder |
    |          | the stores of wrapped keys        | alarms, the copies      |                        |
    | makes    |                                   | named pipes, for FFmpeg |                        |

`confine` does it for the calling process, which must have one thread; it cannot be undone: Landlock for
files, TCP ports, signals and abstract sockets; seccomp for system calls (`system_calls`); no new rights by
`execve`; of root's capabilities only the one to use other users' files. Code in such a process starts no
program, makes no socket with a path, and signals, traces and reads no other process.

On a machine without Landlock, seccomp or libseccomp nothing is confined (`hindrance`): recording continues,
and the page on the state of the system reports it. Any other failure is an error, which ends the process.
"""

from __future__ import annotations

import logging
import os
import ssl
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from casework.sandbox import bubblewrap, capabilities, landlock, seccomp, system_calls
from casework.sandbox.system_calls import Sockets

log = logging.getLogger(__name__)

_PACKAGES = ("amana", "casework", "chain_of_custody", "player", "recorder", "vault", "web")
_ETC = (
    "alternatives ca-certificates ca-certificates.conf crypto-policies fonts gai.conf group host.conf hosts "
    "ld.so.cache ld.so.conf ld.so.conf.d localtime mime.types nsswitch.conf os-release passwd pki protocols "
    "resolv.conf services ssl timezone"
)
"""Of `/etc`: credentials are often beside them, so not the whole."""
_NAMES = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", "/run/nscd")
"""Target folders of the link `/etc/resolv.conf`, where files are replaced at run time."""
_KERNEL = (
    "/proc/cpuinfo /proc/filesystems /proc/loadavg /proc/meminfo /proc/stat /proc/sys /proc/uptime "
    "/proc/version /sys/devices/system/cpu /sys/devices/system/node /sys/kernel/mm/transparent_hugepage"
)
_DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")


@dataclass(frozen=True)
class Needs:
    """Needs of one process beside files: a column of the table."""

    name: str
    sockets: Sockets
    connect: bool | Collection[int] = False
    """TCP ports to which it connects; True: any."""
    accepts: bool = False
    """Whether it serves a listening socket that it was given."""
    pipes: bool = False
    clock: bool = False
    vendor: bool = False
    """Whether a vendor's library runs in it (PKCS#11): it has devices, shared memory and its own server."""


WEB = Needs("web", Sockets(udp=True, tcp=True), connect=True, accepts=True, pipes=True)
RECORDER = Needs("recorder", Sockets(udp=True), accepts=True, clock=True)


def keyholder(ports: Collection[int], *, vendor: bool) -> Needs:
    """Return the keyholder's. `ports`: of its object stores and its protection; `vendor`: with PKCS#11."""
    outside = bool(ports) or vendor
    return Needs(
        "keyholder",
        Sockets(udp=outside, tcp=outside, unix=vendor),
        connect=True if vendor else frozenset(ports) or False,
        vendor=vendor,
    )


def reaching_by_path(needs: Needs) -> Needs:
    """Return the same for a process that has to connect to a server at a Unix socket's path."""
    return replace(needs, sockets=replace(needs.sockets, unix=True))


def hindrance() -> str | None:
    """Return what this machine lacks to confine a process; None if nothing."""
    if landlock.version() < 1:
        return "this kernel has no Landlock, or it is switched off"
    if not Path("/proc/sys/kernel/seccomp").exists():
        return "this kernel has no seccomp"
    try:
        system_calls.process_filter(Sockets())
    except OSError as error:  # libseccomp is missing, or too old
        return str(error)
    return None


def confine(needs: Needs, *, read: Iterable[Path] = (), change: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Confine this process to these files and folders, beside programs and libraries, and to `needs`.

    Returns the paths that may get `out_of_reach` later: a rule is for the present file or folder. Call it
    before the first thread. Where there is a `hindrance`, it only logs that. Raises `OSError` if the system
    refuses.
    """
    read, change = list(read), list(change)
    if (why := hindrance()) is not None:
        log.error("the %s process is NOT CONFINED: %s", needs.name, why)
        return ()
    program = system_calls.process_filter(
        needs.sockets,
        accepts=needs.accepts,
        pipes=needs.pipes,
        clock=needs.clock,
        vendor=needs.vendor,
    )
    landlock.restrict(
        read=[*_system(), *map(str, read)],
        change=[*_DEVICES, *map(str, change)],
        connect=needs.connect,
    )
    capabilities.keep(capabilities.DAC_OVERRIDE)
    seccomp.load(program)
    places = [path.absolute() for path in (*read, *change)]
    for path in places:
        if not path.exists():
            log.warning("%s is missing, and stays out of reach until this process starts anew", path)
    return tuple(path for path in places if not out_of_reach(path))


def out_of_reach(path: Path) -> bool:
    """Return whether a path exists that this process may not open: it was made after `confine`, or replaced
    by another of the same name."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError:
        return True
    except OSError:
        pass
    return False


# --- inside -------------------------------------------------------------------------------------------------


def _system() -> list[str]:
    ours = Path(__file__).resolve().parents[2]
    trusted = ssl.get_default_verify_paths()
    return [
        *bubblewrap.readable(None),
        *(str(ours / name) for name in _PACKAGES),
        *(f"/etc/{name}" for name in _ETC.split()),
        *_NAMES,
        *_KERNEL.split(),
        f"/proc/{os.getpid()}",
        *(path for path in (trusted.cafile, trusted.capath) if path),
        *(path for path in sys.path if path.endswith(".zip")),
    ]
