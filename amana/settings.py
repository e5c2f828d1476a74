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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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


class SettingInvalid(ValueError):
    """A setting that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is allowed."""

    data: Path = Path("var/amana")
    """Folder of everything Amana keeps on this machine. `AMANA_DATA`."""
    server: str = field(default="", repr=False)
    """The working database on a PostgreSQL server, as libpq takes it (`postgresql://…`); empty: SQLite in the
    data folder. May hold a password, so it is shown nowhere. `AMANA_DATABASE`."""
    host: str = "127.0.0.1"
    """Address the web process listens on. `AMANA_HOST`."""
    port: int = 8420
    """TCP port the web process listens on; 0 for any free one. `AMANA_PORT`."""
    address: str = ""
    """What people type, e.g. `https://amana.example`; empty: made from host and port. `AMANA_ADDRESS`."""
    tls: str = ""
    """`local`: the service speaks TLS itself, with the certificate that `amana tls make` made; empty: it
    speaks HTTP, on loopback or behind a proxy. `AMANA_TLS`."""
    node: str = "1"
    """This machine's name among those of the center: `a-z`, `0-9`, `-`. `AMANA_NODE`."""
    node_address: str = ""
    """Where the other machines of the center reach this one: `https://HOST[:PORT]`, or `http://` with an IP
    address of a private network. Empty: there are none. `AMANA_NODE_ADDRESS`."""
    organisation: str = "one-stop-center"
    """The center's code in statements (`a-z`, `0-9`, `.`, `_`, `-`). `AMANA_ORGANISATION`."""
    media_addresses: tuple[str, ...] = ()
    """IP addresses of this machine that the recorder offers to cameras; empty: loopback when listening on
    loopback, else every other. `AMANA_MEDIA_ADDRESSES`, separated by commas."""
    reserve: int = 64 * MIB
    """Bytes kept free on the spool's disk per recording, so that a full disk can still be sealed.
    `AMANA_RESERVE_MIB`, in MiB."""
    first_copy: str = ""
    """Where the first copy is: a folder, or a bucket as `https://HOST[:PORT]/BUCKET?…`
    (`vault.stores.bucket_address`); empty: a folder below `data`. `AMANA_FIRST_COPY`."""
    first_copy_credentials: Path | None = None
    """File with the keys of that bucket's user, mode 0600. `AMANA_FIRST_COPY_CREDENTIALS`."""
    second_copy: str = ""
    """The same for the second copy. `AMANA_SECOND_COPY`."""
    second_copy_credentials: Path | None = None
    """`AMANA_SECOND_COPY_CREDENTIALS`."""
    presigned: str = ""
    """The copy whose ciphertext viewers' browsers read themselves, `first-copy` or `second-copy`, a bucket;
    empty: through this service. `AMANA_PRESIGNED`."""
    presigned_address: str = ""
    """Where browsers reach that store, `https://HOST[:PORT]`; empty: where we do.
    `AMANA_PRESIGNED_ADDRESS`."""
    first_keys: str = ""
    """Where the first copy of the wrapped keys is, which the keyholder process alone reaches: a folder or a
    bucket as for the copies; empty: a folder below `data`. `AMANA_FIRST_KEYS`."""
    first_keys_credentials: Path | None = None
    """`AMANA_FIRST_KEYS_CREDENTIALS`: of a user who may do nothing else."""
    second_keys: str = ""
    """The same for the second copy of the wrapped keys. `AMANA_SECOND_KEYS`."""
    second_keys_credentials: Path | None = None
    """`AMANA_SECOND_KEYS_CREDENTIALS`."""
    renew_within: int = 180
    """Days before the end of an authority's certificate at which its timestamps are renewed; 0: only by
    `amana timestamps renew`. `AMANA_RENEW_TIMESTAMPS_DAYS`."""
    scrub_every: int = 30
    """Days between the beginnings of two passes that read every copy again; 0: only by `amana scrub`, and
    what is noticed in passing. `AMANA_SCRUB_DAYS`."""
    scrub_rate: int = 20_000_000
    """Bytes a second that are read for it at most. `AMANA_SCRUB_MB_S`, in MB a second."""
    pkcs11_module: Path | None = None
    """The vendor's PKCS#11 library, for keys that a token protects. `AMANA_PKCS11_MODULE`."""
    pkcs11_pin: Path | None = None
    """File with the PIN of the token that protects the signing keys, mode 0600. `AMANA_PKCS11_PIN_FILE`."""
    openbao: str = ""
    """The OpenBao or Vault server, for keys that its transit engine protects: `https://HOST[:PORT]`.
    `AMANA_OPENBAO`."""
    openbao_authority: Path | None = None
    """PEM file with the authorities that vouch for it; None: the system's. `AMANA_OPENBAO_CA`."""
    openbao_credentials: Path | None = None
    """File with which this machine signs in there, for the signing keys, mode 0600.
    `AMANA_OPENBAO_CREDENTIALS`."""
    metrics_token: Path | None = None
    """File with the token that opens `/metrics`, mode 0600; None: nothing does.
    `AMANA_METRICS_TOKEN_FILE`."""
    unsigned_acts: str = ""
    """Whether grave acts of people who have no passkey are taken: `allowed`, `refused`; empty: only while the
    keys are trial keys. `AMANA_UNSIGNED_ACTS`."""
    log_level: str = "info"
    """`debug`, `info`, `warning` or `error`. `AMANA_LOG_LEVEL`."""
    programs: str = os.defpath
    """Folders in which programs of the system are looked for (FFmpeg). `PATH`."""

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
    def offered_addresses(self) -> tuple[str, ...]:
        """IP addresses that the recorder offers to cameras; empty: every one but loopback."""
        if not self.media_addresses and self.host in ("127.0.0.1", "localhost"):
            return ("127.0.0.1",)
        return self.media_addresses

    @property
    def workshop(self) -> Path:
        """Where packages are put together before they are sealed; in clear, and removed again."""
        return self.data / "workshop"

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
        return self.run / "keyholder.sock"

    @property
    def supervisor_socket(self) -> Path:
        return self.run / "supervisor.sock"

    @property
    def served_port(self) -> Path:
        """Written by the supervisor: the port at which the service answers."""
        return self.run / "port"

    def recorder_socket(self, interview: str) -> Path:
        return self.run / f"recorder-{interview}.sock"


def _has_room(folder: Path) -> bool:
    """Whether a socket in this folder has a path that the system takes."""
    return len(os.fsencode(folder)) + len("/recorder-.sock") + 32 <= MAX_SOCKET_PATH


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment, defaults for the rest. Raises `SettingInvalid`."""

    def number(name: str, default: int) -> int:
        text = environ.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise SettingInvalid(f"{name}: {text!r} is no whole number") from None

    def file(name: str) -> Path | None:
        return Path(environ[name]) if environ.get(name) else None

    default = Settings()
    return Settings(
        data=Path(environ.get("AMANA_DATA") or default.data),
        server=environ.get("AMANA_DATABASE", "").strip(),
        host=environ.get("AMANA_HOST") or default.host,
        port=number("AMANA_PORT", default.port),
        address=environ.get("AMANA_ADDRESS", "").rstrip("/"),
        tls=environ.get("AMANA_TLS", "").strip(),
        node=environ.get("AMANA_NODE") or default.node,
        node_address=environ.get("AMANA_NODE_ADDRESS", "").strip().rstrip("/"),
        organisation=environ.get("AMANA_ORGANISATION") or default.organisation,
        media_addresses=tuple(
            part.strip() for part in environ.get("AMANA_MEDIA_ADDRESSES", "").split(",") if part.strip()
        ),
        reserve=number("AMANA_RESERVE_MIB", default.reserve // MIB) * MIB,
        first_copy=environ.get("AMANA_FIRST_COPY", ""),
        first_copy_credentials=file("AMANA_FIRST_COPY_CREDENTIALS"),
        second_copy=environ.get("AMANA_SECOND_COPY", ""),
        second_copy_credentials=file("AMANA_SECOND_COPY_CREDENTIALS"),
        presigned=environ.get("AMANA_PRESIGNED", "").strip(),
        presigned_address=environ.get("AMANA_PRESIGNED_ADDRESS", "").strip().rstrip("/"),
        first_keys=environ.get("AMANA_FIRST_KEYS", ""),
        first_keys_credentials=file("AMANA_FIRST_KEYS_CREDENTIALS"),
        second_keys=environ.get("AMANA_SECOND_KEYS", ""),
        second_keys_credentials=file("AMANA_SECOND_KEYS_CREDENTIALS"),
        renew_within=number("AMANA_RENEW_TIMESTAMPS_DAYS", default.renew_within),
        scrub_every=number("AMANA_SCRUB_DAYS", default.scrub_every),
        scrub_rate=number("AMANA_SCRUB_MB_S", default.scrub_rate // MB) * MB,
        pkcs11_module=file("AMANA_PKCS11_MODULE"),
        pkcs11_pin=file("AMANA_PKCS11_PIN_FILE"),
        openbao=environ.get("AMANA_OPENBAO", "").strip().rstrip("/"),
        openbao_authority=file("AMANA_OPENBAO_CA"),
        openbao_credentials=file("AMANA_OPENBAO_CREDENTIALS"),
        metrics_token=file("AMANA_METRICS_TOKEN_FILE"),
        unsigned_acts=environ.get("AMANA_UNSIGNED_ACTS", "").strip(),
        log_level=environ.get("AMANA_LOG_LEVEL") or default.log_level,
        programs=environ.get("PATH") or default.programs,
    )


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
    return {
        "AMANA_DATA": str(settings.data.absolute()),
        "AMANA_DATABASE": settings.server,
        "AMANA_HOST": settings.host,
        "AMANA_PORT": str(settings.port),
        "AMANA_ADDRESS": settings.address,
        "AMANA_TLS": settings.tls,
        "AMANA_NODE": settings.node,
        "AMANA_NODE_ADDRESS": settings.node_address,
        "AMANA_ORGANISATION": settings.organisation,
        "AMANA_MEDIA_ADDRESSES": ",".join(settings.media_addresses),
        "AMANA_RESERVE_MIB": str(settings.reserve // MIB),
        "AMANA_FIRST_COPY": settings.first_copy,
        "AMANA_FIRST_COPY_CREDENTIALS": str(settings.first_copy_credentials or ""),
        "AMANA_SECOND_COPY": settings.second_copy,
        "AMANA_SECOND_COPY_CREDENTIALS": str(settings.second_copy_credentials or ""),
        "AMANA_PRESIGNED": settings.presigned,
        "AMANA_PRESIGNED_ADDRESS": settings.presigned_address,
        "AMANA_RENEW_TIMESTAMPS_DAYS": str(settings.renew_within),
        "AMANA_SCRUB_DAYS": str(settings.scrub_every),
        "AMANA_SCRUB_MB_S": str(settings.scrub_rate // MB),
        "AMANA_PKCS11_MODULE": str(settings.pkcs11_module or ""),
        "AMANA_PKCS11_PIN_FILE": str(settings.pkcs11_pin or ""),
        "AMANA_OPENBAO": settings.openbao,
        "AMANA_OPENBAO_CA": str(settings.openbao_authority or ""),
        "AMANA_OPENBAO_CREDENTIALS": str(settings.openbao_credentials or ""),
        "AMANA_METRICS_TOKEN_FILE": str(settings.metrics_token or ""),
        "AMANA_UNSIGNED_ACTS": settings.unsigned_acts,
        "AMANA_LOG_LEVEL": settings.log_level,
    }


def key_store_environ(settings: Settings) -> dict[str, str]:
    """What tells where the wrapped keys are, and whose credentials reach them: for the keyholder alone."""
    return {
        "AMANA_FIRST_KEYS": settings.first_keys,
        "AMANA_FIRST_KEYS_CREDENTIALS": str(settings.first_keys_credentials or ""),
        "AMANA_SECOND_KEYS": settings.second_keys,
        "AMANA_SECOND_KEYS_CREDENTIALS": str(settings.second_keys_credentials or ""),
    }


def without_key_store(environ: Mapping[str, str]) -> dict[str, str]:
    """For every process but the keyholder."""
    return {name: value for name, value in environ.items() if name not in key_store_environ(Settings())}


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
