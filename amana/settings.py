"""Everything that can be set from outside, read in this one place.

Settings come from the environment (`AMANA_…`) and from the command line, which wins. The rest of the house
gets this frozen object, or values from it; no other module reads the environment. Nothing needs to be set to
try Amana out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vault.key_protection.access import Access, OpenBao, Pkcs11
from vault.stores.bucket_address import Bucket

MIB = 1024 * 1024
MB = 1_000_000
MAX_SOCKET_PATH = 107  # bytes: sun_path of unix(7), without its final zero

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine to itself alone."""
KEY_COPIES = ("first-keys", "second-keys")
"""The copies of the wrapped keys, by name."""
_KEY_STORES = ("AMANA_FIRST_KEYS", "AMANA_SECOND_KEYS")


class SettingInvalid(ValueError):
    """A setting that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class _Variable:
    """How the environment holds a setting. An empty variable counts as missing."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _variable(default: Any, variable: _Variable, *, shown: bool = True) -> Any:
    return field(default=default, repr=shown, metadata={"variable": variable})


def _text(name: str, default: str = "", *, shown: bool = True) -> Any:
    return _variable(default, _Variable(name, str.strip), shown=shown)


def _address(name: str) -> Any:
    return _variable("", _Variable(name, lambda text: text.strip().rstrip("/")))


def _number(name: str, default: int, *, unit: int = 1) -> Any:
    """A whole number of `unit`s."""
    return _variable(default * unit, _Variable(name, lambda text: int(text) * unit, lambda n: str(n // unit)))


def _path(name: str, default: Path | None = None) -> Any:
    return _variable(default, _Variable(name, Path, lambda path: "" if path is None else str(path)))


def _list(name: str) -> Any:
    def read(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    return _variable((), _Variable(name, read, ",".join))


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is allowed."""

    data: Path = _path("AMANA_DATA", Path("var/amana"))
    """Folder of everything Amana keeps on this machine."""
    server: str = _text("AMANA_DATABASE", shown=False)
    """The working database on a PostgreSQL server, as libpq takes it (`postgresql://…`); empty: SQLite in the
    data folder. May hold a password, so it is shown nowhere."""
    host: str = _text("AMANA_HOST", "127.0.0.1")
    """Address the web process listens on."""
    port: int = _number("AMANA_PORT", 8420)
    """TCP port the web process listens on; 0 for any free one."""
    address: str = _address("AMANA_ADDRESS")
    """What people type, e.g. `https://amana.example`; empty: made from host and port."""
    tls: str = _text("AMANA_TLS")
    """`local`: the service speaks TLS itself, with the certificate that `amana tls make` made; empty: it
    speaks HTTP, on loopback or behind a proxy."""
    node: str = _text("AMANA_NODE", "1")
    """This machine's name among those of the center: `a-z`, `0-9`, `-`."""
    node_address: str = _address("AMANA_NODE_ADDRESS")
    """Where the other machines of the center reach this one: `https://HOST[:PORT]`, or `http://` with an IP
    address of a private network. Empty: there are none."""
    organisation: str = _text("AMANA_ORGANISATION", "one-stop-center")
    """The center's code in statements (`a-z`, `0-9`, `.`, `_`, `-`)."""
    media_addresses: tuple[str, ...] = _list("AMANA_MEDIA_ADDRESSES")
    """IP addresses of this machine that the recorder offers to cameras, separated by commas; empty: every one
    but loopback."""
    reserve: int = _number("AMANA_RESERVE_MIB", 64, unit=MIB)
    """Bytes kept free on the spool's disk per recording, so that a full disk can still be sealed."""
    first_copy: str = _text("AMANA_FIRST_COPY")
    """Where the first copy is: a folder, or a bucket as `https://HOST[:PORT]/BUCKET?…`
    (`vault.stores.bucket_address`); empty: a folder below `data`."""
    first_copy_credentials: Path | None = _path("AMANA_FIRST_COPY_CREDENTIALS")
    """File with the keys of that bucket's user, mode 0600."""
    second_copy: str = _text("AMANA_SECOND_COPY")
    """The same for the second copy."""
    second_copy_credentials: Path | None = _path("AMANA_SECOND_COPY_CREDENTIALS")
    presigned: str = _text("AMANA_PRESIGNED")
    """The copy whose ciphertext viewers' browsers read themselves, `first-copy` or `second-copy`, a bucket;
    empty: through this service."""
    presigned_address: str = _address("AMANA_PRESIGNED_ADDRESS")
    """Where browsers reach that store, `https://HOST[:PORT]`; empty: where we do."""
    first_keys: str = _text("AMANA_FIRST_KEYS")
    """Where the first copy of the wrapped keys is, which the keyholder process alone reaches: a folder or a
    bucket as for the copies; empty: a folder below `data`."""
    first_keys_credentials: Path | None = _path("AMANA_FIRST_KEYS_CREDENTIALS")
    """Of a user who may do nothing else."""
    second_keys: str = _text("AMANA_SECOND_KEYS")
    """The same for the second copy of the wrapped keys."""
    second_keys_credentials: Path | None = _path("AMANA_SECOND_KEYS_CREDENTIALS")
    renew_within: int = _number("AMANA_RENEW_TIMESTAMPS_DAYS", 180)
    """Days before the end of an authority's certificate at which its timestamps are renewed; 0: only by
    `amana timestamps renew`."""
    scrub_every: int = _number("AMANA_SCRUB_DAYS", 30)
    """Days between the beginnings of two passes that read every copy again; 0: only by `amana scrub`, and
    what is noticed in passing."""
    scrub_rate: int = _number("AMANA_SCRUB_MB_S", 20, unit=MB)
    """Bytes a second that are read for it at most."""
    pkcs11_module: Path | None = _path("AMANA_PKCS11_MODULE")
    """The vendor's PKCS#11 library, for keys that a token protects."""
    pkcs11_pin: Path | None = _path("AMANA_PKCS11_PIN_FILE")
    """File with the PIN of the token that protects the signing keys, mode 0600."""
    openbao: str = _address("AMANA_OPENBAO")
    """The OpenBao or Vault server, for keys that its transit engine protects: `https://HOST[:PORT]`."""
    openbao_authority: Path | None = _path("AMANA_OPENBAO_CA")
    """PEM file with the authorities that vouch for it; None: the system's."""
    openbao_credentials: Path | None = _path("AMANA_OPENBAO_CREDENTIALS")
    """File with which this machine signs in there, for the signing keys, mode 0600."""
    metrics_token: Path | None = _path("AMANA_METRICS_TOKEN_FILE")
    """File with the token that opens `/metrics`, mode 0600; None: nothing does."""
    unsigned_acts: str = _text("AMANA_UNSIGNED_ACTS")
    """Whether signed acts of people who have no passkey are accepted: `allowed`, `refused`; empty: only
    while the keys are trial keys."""
    log_level: str = _text("AMANA_LOG_LEVEL", "info")
    """`debug`, `info`, `warning` or `error`."""
    programs: str = _text("PATH", os.defpath)
    """Folders in which programs of the system are looked for (FFmpeg)."""

    def __post_init__(self) -> None:
        if not _has_room(self.run):
            raise SettingInvalid(
                f"--data and TMPDIR: both lie too deep for the service's sockets ({self.run}); the system "
                f"takes {MAX_SOCKET_PATH} bytes of path"
            )
        if not 0 <= self.port <= 65535:
            raise SettingInvalid(f"AMANA_PORT or --port: {self.port} is no TCP port (0 to 65535)")
        if self.reserve < MIB:
            raise SettingInvalid("AMANA_RESERVE_MIB: at least 1 MiB has to stay free for sealing")
        if not 0 <= self.renew_within <= 36_500:
            raise SettingInvalid("AMANA_RENEW_TIMESTAMPS_DAYS: 0 to 36500 days")
        if not 0 <= self.scrub_every <= 36_500:
            raise SettingInvalid("AMANA_SCRUB_DAYS: 0 to 36500 days")
        if self.scrub_rate < 1_000_000:
            raise SettingInvalid("AMANA_SCRUB_MB_S: at least 1 MB a second")
        if self.unsigned_acts not in ("", "allowed", "refused"):
            raise SettingInvalid("AMANA_UNSIGNED_ACTS: allowed or refused")
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise SettingInvalid("AMANA_LOG_LEVEL: debug, info, warning or error")
        if not re.fullmatch(r"[a-z0-9._-]{1,64}", self.organisation):
            raise SettingInvalid("AMANA_ORGANISATION: a code of a-z, 0-9, . _ and -, such as ramallah-center")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.node):
            raise SettingInvalid("AMANA_NODE: a short name of a-z, 0-9 and -, such as 1 or ramallah-2")
        if self.tls not in ("", "local"):
            raise SettingInvalid("AMANA_TLS: local, or nothing")
        if self.tls and not self.address.startswith("https://"):
            raise SettingInvalid(
                "AMANA_TLS=local needs AMANA_ADDRESS, with the name that amana tls make was given: "
                "https://NAME:PORT"
            )
        if self.tls and self.node_address:
            raise SettingInvalid("AMANA_TLS=local is for one machine; several stand behind a proxy")
        if self.node_address and not is_node_address(self.node_address):
            raise SettingInvalid(
                "AMANA_NODE_ADDRESS: https://HOST[:PORT], or http:// with an IP address of a private "
                "network, such as http://10.0.0.2:8420"
            )
        if self.server:
            from casework.database import postgresql  # only where there is one

            try:
                postgresql.parameters(self.server)
            except ValueError as said:
                raise SettingInvalid(f"AMANA_DATABASE: {said}") from None
        if self.address:
            parts = urlsplit(self.address)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise SettingInvalid(
                    "AMANA_ADDRESS or --address: a scheme and a host alone, such as https://amana.example"
                )
        for text in self.media_addresses:
            try:
                ipaddress.ip_address(text)
            except ValueError:
                raise SettingInvalid(f"AMANA_MEDIA_ADDRESSES: {text} is no IP address") from None
        if self.openbao:
            from vault.key_protection import openbao  # only where there is one

            try:
                openbao.check_address(self.openbao)
            except ValueError as said:
                raise SettingInvalid(f"AMANA_OPENBAO: {said}") from None
        self._check_places()
        self._check_presigned()

    def _check_presigned(self) -> None:
        if self.presigned and not isinstance(self.copies.get(self.presigned), Bucket):
            raise SettingInvalid("AMANA_PRESIGNED: first-copy or second-copy, where that is a bucket")
        if self.presigned_address:
            parts = urlsplit(self.presigned_address)
            known = parts.scheme in ("http", "https") and re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc)
            if not self.presigned or not known or parts.path or parts.query or parts.fragment:
                raise SettingInvalid(
                    "AMANA_PRESIGNED_ADDRESS: a scheme and a host, such as https://objects.example, beside "
                    "AMANA_PRESIGNED"
                )

    def _check_places(self) -> None:
        """Two copies in one place, or behind one credential, are one copy; and who may reach the media may
        not reach their keys."""
        seen: list[tuple[str, Path | Bucket]] = []
        for name, place in {**self.copies, **self.key_stores}.items():
            setting = f"AMANA_{name.upper().replace('-', '_')}"
            for other, there in seen:
                there_too = other.replace("-", " ")
                if isinstance(place, Bucket) and isinstance(there, Bucket):
                    if (place.host, place.name) == (there.host, there.name):
                        raise SettingInvalid(f"{setting}: this is the bucket of the {there_too}")
                    if place.credentials == there.credentials:
                        raise SettingInvalid(
                            f"{setting}_CREDENTIALS: each copy, of media or keys, needs a user of its own, "
                            "so that a thief of one has not both"
                        )
                elif place == there:
                    raise SettingInvalid(f"{setting}: this is the folder of the {there_too}")
            seen.append((name, place))

    @property
    def public_address(self) -> str:
        """Where people reach the pages, without a slash at the end.

        On a loopback address by this machine's own name: browsers make passkeys for names alone.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in LOOPBACK:
            host = "localhost"
        return self.address or f"http://{host}:{self.port}"

    @property
    def database(self) -> Path:
        """Where SQLite keeps the working database, if it is not on a server."""
        return self.data / "database.sqlite"

    @property
    def database_url(self) -> str:
        """For `casework.database.engine.connect`; may hold a password."""
        return self.server or f"sqlite:///{self.database.absolute()}"

    @property
    def database_place(self) -> str:
        """Which database this is, as people may be told."""
        if not self.server:
            return f"SQLite, {self.database.absolute()}"
        from casework.database import postgresql

        return f"PostgreSQL, {postgresql.place(self.server)}"

    @property
    def keys(self) -> Path:
        """Folder of the keys, and of the state that belongs to them."""
        return self.data / "keys"

    @property
    def certificates(self) -> Path:
        """The center's own authority for a local network (`local_authority`)."""
        return self.data / "tls"

    @property
    def key_access(self) -> Access:
        """How the keyholder's process reaches what protects the keys."""
        pkcs11 = openbao = None
        if self.pkcs11_module is not None:
            pkcs11 = Pkcs11(self.pkcs11_module, self.pkcs11_pin, self.keys / "refused-pin")
        if self.openbao:
            openbao = OpenBao(self.openbao, self.openbao_authority, self.openbao_credentials)
        return Access(pkcs11, openbao)

    @property
    def signed_checkpoints(self) -> Path:
        """The keyholder's memory of what it signed."""
        return self.keys / "signed-checkpoints"

    @property
    def spool(self) -> Path:
        """Folder where evidence is written, and stays until both copies have it."""
        return self.data / "spool"

    @property
    def run(self) -> Path:
        """Folder of the sockets. The system takes at most 107 bytes of path for one, so a data folder that
        lies deep gets a folder of its own in the system's place for temporary files."""
        near = self.data.absolute() / "run"
        if _has_room(near):
            return near
        digest = hashlib.sha256(os.fsencode(self.data.absolute())).hexdigest()
        return Path(tempfile.gettempdir()) / f"amana-{os.getuid()}-{digest[:16]}"

    @property
    def scratch(self) -> Path:
        """Where packages are put together before they are sealed; in clear, and removed again."""
        return self.data / "scratch"

    @property
    def trust(self) -> Path:
        """The policy's lines about witnesses, their quorum and authorities of time."""
        return self.data / "trust.txt"

    @property
    def retention(self) -> Path:
        """How long cases are kept, by type of case (`casework.retention.schedules`)."""
        return self.data / "retention.txt"

    @property
    def protocols(self) -> Path:
        """What is to be done and said before and during an interview (`casework.interviews.checklists`)."""
        return self.data / "protocols.txt"

    @property
    def alarms(self) -> Path:
        """Proofs of what witnesses contradicted: files, apart from the database that they are about."""
        return self.data / "alarms"

    @property
    def log(self) -> Path:
        """Folder of the log files and of the incidents."""
        return self.data / "log"

    @property
    def copies(self) -> Mapping[str, Path | Bucket]:
        """The two copies by name. In production they belong on two machines with two credentials."""
        return {
            "first-copy": self._place("first-copy", self.first_copy, self.first_copy_credentials),
            "second-copy": self._place("second-copy", self.second_copy, self.second_copy_credentials),
        }

    @property
    def key_stores(self) -> Mapping[str, Path | Bucket]:
        """The two copies of the wrapped keys by name; known rightly to the keyholder process alone."""
        return {
            "first-keys": self._place("first-keys", self.first_keys, self.first_keys_credentials),
            "second-keys": self._place("second-keys", self.second_keys, self.second_keys_credentials),
        }

    def _place(self, name: str, place: str, credentials: Path | None) -> Path | Bucket:
        setting = f"AMANA_{name.upper().replace('-', '_')}"
        if not place.startswith(("https://", "http://")):
            if "://" in place:
                raise SettingInvalid(f"{setting}: a folder, or https://HOST[:PORT]/BUCKET")
            return Path(place).absolute() if place else self.data / name
        if credentials is None:
            raise SettingInvalid(f"{setting}_CREDENTIALS: a bucket needs the file with the keys of its user")
        try:
            return Bucket.parse(place, credentials.absolute())
        except ValueError as error:
            raise SettingInvalid(f"{setting}: {error}") from None

    @property
    def renewal(self) -> Path:
        """How far the renewal of locks is, for the health page and `amana status`."""
        return self.data / "renewal.json"

    @property
    def incidents(self) -> Path:
        """What happened to the service by itself, for the health page and `amana status`."""
        return self.log / "incidents.jsonl"

    @property
    def key_renewal(self) -> Path:
        """The same of the wrapped keys' locks, by the keyholder."""
        return self.keys / "renewal.json"

    @property
    def keyholder_socket(self) -> Path:
        """Unix socket of the keyholder process."""
        return self.run / "keyholder.sock"

    @property
    def supervisor_socket(self) -> Path:
        """Unix socket of the supervisor."""
        return self.run / "supervisor.sock"

    @property
    def served_port(self) -> Path:
        """Written by the supervisor: the port at which the service answers."""
        return self.run / "port"

    def recorder_socket(self, interview: str) -> Path:
        """Unix socket of the recorder child of an interview, or of the part that a child recovers."""
        return self.run / f"recorder-{interview}.sock"


def _has_room(folder: Path) -> bool:
    """Whether a socket in this folder has a path that the system takes."""
    return len(os.fsencode(folder)) + len("/recorder-.sock") + 32 <= MAX_SOCKET_PATH


_VARIABLES: Mapping[str, _Variable] = {one.name: one.metadata["variable"] for one in fields(Settings)}
"""By the name of the field."""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment, defaults for the rest. Raises `SettingInvalid`."""
    given = {}
    for setting, variable in _VARIABLES.items():
        if text := environ.get(variable.name, "").strip():
            try:
                given[setting] = variable.read(text)
            except ValueError:
                raise SettingInvalid(f"{variable.name}: {text!r} is no whole number") from None
    return Settings(**given)


def is_node_address(address: str) -> bool:
    """Whether sessions may be sent there: encrypted, or over a network that is the machines' own."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    try:
        private = ipaddress.ip_address(parts.hostname or "").is_private
    except ValueError:
        private = False
    known = parts.scheme == "https" or (parts.scheme == "http" and private)
    alone = address == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return known and bool(parts.hostname) and alone


def to_environ(settings: Settings) -> dict[str, str]:
    """The environment in which `read_settings` gives `settings` again, but for where the wrapped keys are:
    for the processes that are started."""
    return without_key_store(_written(replace(settings, data=settings.data.absolute())))


def key_store_environ(settings: Settings) -> dict[str, str]:
    """What tells where the wrapped keys are, and whose credentials reach them: for the keyholder alone."""
    return {name: value for name, value in _written(settings).items() if name.startswith(_KEY_STORES)}


def _written(settings: Settings) -> dict[str, str]:
    ours = {setting: one for setting, one in _VARIABLES.items() if one.name.startswith("AMANA_")}
    return {one.name: one.write(getattr(settings, setting)) for setting, one in ours.items()}


def without_key_store(environ: Mapping[str, str]) -> dict[str, str]:
    """For every process but the keyholder."""
    return {name: value for name, value in environ.items() if not name.startswith(_KEY_STORES)}


def without_database(environ: Mapping[str, str]) -> dict[str, str]:
    """For processes that must not reach the database: neither its address, nor what libpq itself reads."""
    return {
        name: value
        for name, value in environ.items()
        if name != "AMANA_DATABASE" and not name.startswith("PG")
    }


def without_protections(environ: Mapping[str, str]) -> dict[str, str]:
    """For every process but the keyholder: not even where the PIN or the credentials for its keys lie."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("AMANA_PKCS11_", "AMANA_OPENBAO", "BAO_", "VAULT_"))
    }
