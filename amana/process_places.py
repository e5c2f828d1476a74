"""The files and folders that the keyholder and the web process may access by name, for `processes`.

Beside `keys/` and the data folder these are in the settings. A file that is replaced by another one of the
same name is out of reach until the process restarts (`processes.out_of_reach`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from amana import documents
from amana.install import local_authority
from amana.settings import Settings
from casework.sandbox import ffmpeg, processes
from vault.stores.bucket_address import Bucket


def confine_keyholder(settings: Settings) -> None:
    """Confine this process to what the keyholder needs. Raises `OSError`."""
    vendor = settings.pkcs11_module
    processes.confine(
        processes.keyholder(sorted(_ports(settings)), vendor=vendor is not None),
        read=[
            *_beside(settings.key_stores),
            *([vendor, vendor.parent, Path("/etc/softhsm"), Path("/opt")] if vendor else ()),
            *_named(settings.pkcs11_pin),
            *_named(settings.openbao_authority, settings.openbao_credentials),
            # Once for each copy it checks whether the users of media have access to the keys
            # (`isolation_check`).
            *(_beside(settings.copies) if _in_buckets(settings) else ()),
        ],
        change=[
            settings.keys,
            *_folders(settings.key_stores),
            *map(Path, settings.pkcs11_paths),
        ],
    )


def confine_web(settings: Settings) -> tuple[Path, ...]:
    """Confine this process to what the web process needs; return its places, as `processes.confine`.

    Raises `OSError`."""
    needs, server = processes.WEB, list[Path]()
    if settings.server:
        from casework.database import postgresql  # imported only if it is used

        server = [Path(path) for path in postgresql.files(settings.server)]
        if postgresql.by_path(settings.server):
            needs = processes.reaching_by_path(needs)
    return processes.confine(
        needs,
        read=[
            settings.rules,
            settings.log,
            documents.GUIDE,
            documents.PICTURES,
            *([settings.certificates / local_authority.SERVER] if settings.tls else ()),
            *_beside(settings.copies),
            *_named(settings.metrics_token, ffmpeg.found(settings.programs)),
            *_named(settings.smtp_credentials, settings.smtp_authority),
            *server,
        ],
        change=[
            settings.working,
            settings.spool,
            settings.scratch,
            settings.alarms,
            *_folders(settings.copies),
        ],
    )


def _ports(settings: Settings) -> Iterator[int]:
    for place in settings.key_stores.values():
        if isinstance(place, Bucket):
            yield _port(("https://" if place.secure else "http://") + place.host)
    if _in_buckets(settings):
        for place in settings.copies.values():
            if isinstance(place, Bucket):
                yield _port(("https://" if place.secure else "http://") + place.host)
    if settings.openbao:
        yield _port(settings.openbao)


def _port(address: str) -> int:
    parts = urlsplit(address)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _in_buckets(settings: Settings) -> bool:
    return any(isinstance(place, Bucket) for place in settings.key_stores.values())


def _beside(places: Mapping[str, Path | Bucket]) -> list[Path]:
    """Return the files for each bucket: its user's credentials, the authority of its certificate."""
    buckets = [place for place in places.values() if isinstance(place, Bucket)]
    return _named(*(one.credentials for one in buckets), *(one.authority for one in buckets))


def _folders(places: Mapping[str, Path | Bucket]) -> list[Path]:
    return [place for place in places.values() if isinstance(place, Path)]


def _named(*paths: Path | None) -> list[Path]:
    return [path for path in paths if path is not None]
