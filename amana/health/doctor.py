"""The checks of `amana doctor`: whether this machine and its environment meet Amana's needs.

They work before the first start, while the service runs, and while it is stopped. They change nothing, except
for a trial object in a bucket. Each finding states what was found and, if it is wrong, how to correct it.
`amana.health.status` is about the running service instead: its recordings, its ledger, its witnesses.
"""

from __future__ import annotations

import difflib
import errno
import os
import pwd
import shutil
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx

from amana.health import copies, disks
from amana.install import installation, local_authority
from amana.install.installation import NotInstalled
from amana.install.local_authority import Unfit
from amana.settings import Settings, secret_files, variable_names, variable_of
from amana.supervisor.supervisor_client import CommandChannel
from casework.database import postgresql
from casework.database.engine import connect
from casework.errors import DatabaseAway, DatabaseUnfit
from casework.recording.channel import ChannelError
from casework.sandbox import processes, self_check
from recorder.interview.preflight import NEEDED_HOURS, WANTED_HOURS, hours_left, synchronised

State = Literal["ok", "check", "wrong"]
"""`check`: Amana works, and this should be corrected. `wrong`: it does not work, or not safely."""

SLOW_DISK = 50.0
"""Milliseconds for one write, from which a disk delays each statement of the ledger noticeably."""
ENDS_SOON = timedelta(days=21)
"""Remaining lifetime of a certificate. The service renews one of the center's own long before."""
ANSWERS_WITHIN = 5.0
"""Seconds within which another machine must answer."""


@dataclass(frozen=True)
class Finding:
    """The finding of one check. `todo`: how to correct it; empty if nothing is wrong."""

    subject: str
    state: State
    found: str
    todo: str = ""


def look(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Do all checks, one after the other. Raises nothing for what they find."""
    yield from _settings(environ)
    yield from _secrets(settings)
    yield _clock()
    yield _data(settings)
    if not _ours(settings):
        return  # another user cannot read everything, and would leave files that the service cannot use
    for check in (_disk, _keys, _copies, _database, _certificate, _port, _sandbox, _ffmpeg):
        yield from check(settings)


def _settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find settings that no part of Amana reads; invalid values are refused before any command runs."""
    known = variable_names()
    unknown = sorted(name for name in environ if name.startswith("AMANA_") and name not in known)
    for name in unknown:
        near = difflib.get_close_matches(name, known, 1)
        todo = f"{near[0]}?" if near else "docs/reference.md, Settings"
        yield Finding("settings", "check", f"{name} is no setting, and has no effect", todo)
    if not unknown:
        yield Finding("settings", "ok", "each is one that Amana knows")


def _secrets(settings: Settings) -> Iterator[Finding]:
    for name, file in secret_files(settings).items():
        try:
            mode = file.stat().st_mode & 0o777
        except OSError as error:
            yield Finding(
                "settings", "wrong", f"{name}: {file}: {error.strerror}", "name a file that is there"
            )
            continue
        if mode & 0o077:
            found = f"{name}: other users of this machine may read or change {file} (mode {mode:03o})"
            yield Finding("settings", "wrong", found, f"chmod 600 {file}")


def _clock() -> Finding:
    if synchronised():
        return Finding("clock", "ok", "kept right by a time source")
    todo = "apt-get install systemd-timesyncd, and timedatectl says whether it works"
    return Finding("clock", "check", "kept right by no time source that the system knows of", todo)


def _data(settings: Settings) -> Finding:
    folder = settings.data.absolute()
    if not _ours(settings):
        found = f"{folder} belongs to another user than the one who runs this command"
        return Finding("data folder", "wrong", found, f"run this as {_user(folder.stat().st_uid)}")
    existing = disks.existing(folder)
    kind = disks.file_system(existing)
    if kind in disks.IN_MEMORY:
        found = f"{folder} lies in memory ({kind}): after a power cut all of it is gone"
        return Finding("data folder", "wrong", found, "AMANA_DATA on a disk")
    if existing != folder:
        return Finding("data folder", "ok", f"{folder} is made at the first start")
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        found = f"other users of this machine may look into {folder} (mode {mode:03o})"
        return Finding("data folder", "check", found, f"chmod 700 {folder}")
    if kind in disks.REMOTE:
        found = f"{folder} lies on another machine ({kind}): its locks and its fsync may promise too much"
        return Finding("data folder", "check", found, "AMANA_DATA on a disk of this machine")
    return Finding("data folder", "ok", f"{folder}, {kind}")


def _ours(settings: Settings) -> bool:
    return not settings.data.exists() or settings.data.stat().st_uid == os.geteuid()


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = disks.existing(settings.data)
    usage = shutil.disk_usage(folder)
    hours = hours_left(folder, settings.reserve)
    free = (
        f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB free, enough to record for {hours:.1f} hours"
    )
    state: State = "ok" if hours >= WANTED_HOURS else "check" if hours >= NEEDED_HOURS else "wrong"
    yield Finding("disk", state, free, "" if state == "ok" else "make room, or add a disk")
    try:
        times = disks.sync_times(folder)
    except OSError as error:
        yield Finding("disk", "wrong", f"cannot be written: {error.strerror}", f"who may write {folder}?")
        return
    found = f"keeps a write within {times.median:.1f} ms ({times.worst:.1f} at worst)"
    slow = times.median > SLOW_DISK
    todo = "a faster disk, or a controller with a battery: each statement waits for it"
    yield Finding("disk", "check" if slow else "ok", found, todo if slow else "")


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        trial = installation.trial_passphrase(settings) is not None
    except NotInstalled:
        yield Finding("keys", "ok", "made at the first start")
        return
    if trial:
        found = "TRIAL KEYS: their passphrase lies beside them, so they protect nothing"
        yield Finding("keys", "check", found, "before any real testimony: amana keys protect")
    else:
        yield Finding("keys", "ok", "protected")


def _copies(settings: Settings) -> Iterator[Finding]:
    yield from _apart(settings)
    if not (settings.keys / "deployment").exists():
        return  # folders are made at the first start
    places = {**settings.copies, **settings.key_stores}
    stores = {**installation.stores(settings), **installation.key_stores(settings)}
    for name, state in copies.media(stores, {}).items():
        place = places[name]
        where = str(place) if isinstance(place, Path) else place.place
        if "error" in state:
            found = f"{where} does not answer: {state.get('why') or state['error']}"
            todo = (
                f"mount it, start it, or correct {variable_of(name)}; gone for good: amana make-copy {name}"
            )
            yield Finding(name, "wrong", found, todo)
        elif state.get("missing"):
            lacks = "lacks something" if state["write_once"] else "is NOT WRITE-ONCE"
            found = f"{where} {lacks}: {', '.join(state['missing'])}"
            yield Finding(name, "check", found, "docs/copies.md, Copies in buckets")
        else:
            lasting = ", write-once" if "write_once" in state else ", a folder: who may write it may delete"
            yield Finding(name, "ok", f"{where} answers{lasting}")


def _apart(settings: Settings) -> Iterator[Finding]:
    """Find copies that one broken disk would destroy together."""
    for kind in (settings.copies, settings.key_stores):
        (first, place), (second, other) = kind.items()
        if not isinstance(place, Path) or not isinstance(other, Path):
            continue
        if disks.existing(place).stat().st_dev == disks.existing(other).stat().st_dev:
            found = f"on the same disk as the {first.replace('-', ' ')}: a broken disk takes both"
            todo = f"{variable_of(second)} on another machine: docs/copies.md, Copies in buckets"
            yield Finding(second, "check", found, todo)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        installation.check_database(settings)
    except NotInstalled as wrong:
        yield Finding("database", "wrong", str(wrong), "docs/operations.md, PostgreSQL")
        return
    if not settings.server and not settings.database.exists():
        yield Finding("database", "ok", "made at the first start")
        return
    engine = connect(settings.database_url, settings.primary)
    try:
        with engine.connect() as connection:
            version = ".".join(str(number) for number in connection.dialect.server_version_info or ())
            standbys = postgresql.standbys(connection, settings.server) if settings.server else None
        found = f"{settings.database_place}, version {version}"
        if standbys is not None and standbys.trouble:
            found += f"; {standbys.connected} standbys connected, commits wait for "
            found += "one" if standbys.confirming else "none"
            yield Finding("database", "check", found, "docs/operations.md, PostgreSQL: a standby")
        else:
            yield Finding("database", "ok", found)
    except DatabaseUnfit as unfit:
        found = f"{settings.database_place} must not be used as it is: {unfit}"
        todo = "docs/operations.md, PostgreSQL" if settings.server else "docs/operations.md, Restoring"
        yield Finding("database", "wrong", found, todo)
    except DatabaseAway as away:
        found = f"{settings.database_place} does not answer: {away}"
        yield Finding("database", "wrong", found, "start it, or set AMANA_DATABASE")
    finally:
        engine.dispose()


def _certificate(settings: Settings) -> Iterator[Finding]:
    """Check the certificate that browsers get."""
    if settings.tls:
        try:
            ends = local_authority.read(settings.certificates).ends
        except (FileNotFoundError, Unfit) as wrong:
            yield Finding("certificate", "wrong", str(wrong), "amana tls make NAME")
            return
        renew = "amana tls renew, then restart Amana"
    elif settings.address.startswith("https://"):
        try:
            ends = _shown_at(settings.address)
        except OSError as error:
            found = f"{settings.address} shows no certificate that this machine trusts: {error}"
            yield Finding("certificate", "check", found, "is the proxy running, and its name known here?")
            return
        renew = "renew it at the proxy"
    else:
        return
    left = ends - datetime.now(UTC)
    state: State = "ok" if left > ENDS_SOON else "check" if left > timedelta() else "wrong"
    found = f"valid until {ends:%Y-%m-%d}" if left > timedelta() else f"ended on {ends:%Y-%m-%d}"
    yield Finding("certificate", state, found, "" if state == "ok" else renew)


def _shown_at(address: str) -> datetime:
    """Return the end of the certificate at an address. Raises `OSError`."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    with (
        socket.create_connection((parts.hostname, parts.port or 443), ANSWERS_WITHIN) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secured,
    ):
        shown = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def _port(settings: Settings) -> Iterator[Finding]:
    try:
        CommandChannel(settings.supervisor_socket).ask("processes")
        yield _watched(settings)
        return
    except ChannelError:
        pass  # it is stopped
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((settings.host, settings.port))
            listening.listen()
        yield Finding("port", "ok", f"{settings.host} port {settings.port} is free")
    except OSError as error:
        todo = {
            errno.EADDRINUSE: f"another program has it: ss -ltnp 'sport = {settings.port}'; or AMANA_PORT",
            errno.EACCES: "below 1024 only root may listen: AMANA_PORT, with a proxy in front",
            errno.EADDRNOTAVAIL: "AMANA_HOST: an address of this machine",
        }.get(error.errno or 0, "AMANA_HOST and AMANA_PORT")
        found = f"{settings.host} port {settings.port}: {error.strerror}"
        yield Finding("port", "wrong", found, todo)


def _watched(settings: Settings) -> Finding:
    """Query the running service as a watchdog does."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    try:
        port = int(settings.served_port.read_text())
        at = httpx.URL(scheme="https" if settings.tls else "http", host=host, port=port, path="/healthz")
        # The certificate is not verified: the request goes to this machine, and contains no secret.
        answer = httpx.get(at, timeout=ANSWERS_WITHIN, verify=False, trust_env=False)  # noqa: S501
        body = answer.text.strip()
    except (OSError, ValueError, httpx.HTTPError) as error:
        body = type(error).__name__
    if body == "ok":
        return Finding("port", "ok", f"Amana is running, and answers at {settings.public_address}")
    found = f"Amana is running, and its web process does not answer as it should: {body}"
    return Finding("port", "wrong", found, "amana status; the log of the web process says why")


def _sandbox(_: Settings) -> Iterator[Finding]:
    todo = "docs/reference.md, Sandbox"
    if (why := self_check.look().why) is not None:
        yield Finding("sandbox", "check", f"none, so films and pictures are not decoded: {why}", todo)
    else:
        yield Finding("sandbox", "ok", "films and pictures are decoded in one")
    if (why := processes.hindrance()) is not None:
        found = f"the service's own processes are not confined: {why}"
        yield Finding("confinement", "check", found, "docs/reference.md, Separation of processes")
    else:
        yield Finding("confinement", "ok", "each process of the service reaches only what it needs")


def _ffmpeg(settings: Settings) -> Iterator[Finding]:
    if shutil.which("ffmpeg", path=settings.programs) is None:
        found = "FFmpeg is not installed, so no working copies of films are made"
        yield Finding("working copies", "check", found, "apt-get install ffmpeg")
    else:
        yield Finding("working copies", "ok", "FFmpeg is installed")
