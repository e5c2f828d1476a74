"""All external settings, read in this one place.

Settings come from the environment (`AMANA_…`) and from the command line, which wins. All other code gets this
frozen object, or values from it; no other module reads the environment. Amana can be tried out without any
setting.
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

from amana.errors import Unusable
from amana.mail import MailServer
from casework.recording.child_config import LOG_LEVELS
from vault.key_protection.access import Access, OpenBao, Pkcs11
from vault.stores.bucket_address import Bucket

MIB = 1024 * 1024
MB = 1_000_000
MAX_SOCKET_PATH = 107  # bytes: sun_path of unix(7), without its final zero

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names by which only this machine reaches itself."""
COPIES = ("first-copy", "second-copy")
"""Names of the copies of the media."""
KEY_COPIES = ("first-keys", "second-keys")
"""Names of the copies of the wrapped keys."""
_KEY_STORES = ("AMANA_FIRST_KEYS", "AMANA_SECOND_KEYS")


class SettingInvalid(Unusable, ValueError):
    """A setting is invalid; the message names it and the valid values."""


@dataclass(frozen=True)
class _Variable:
    """How the environment represents a setting. An empty variable counts as missing."""

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
    """Return a field for a whole number of `unit`s."""
    return _variable(default * unit, _Variable(name, lambda text: int(text) * unit, lambda n: str(n // unit)))


def _path(name: str, default: Path | None = None) -> Any:
    return _variable(default, _Variable(name, Path, lambda path: "" if path is None else str(path)))


def _list(name: str) -> Any:
    def read(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    return _variable((), _Variable(name, read, ",".join))


@dataclass(frozen=True)
class _Below:
    """A file or folder below a folder of the settings."""

    folder: str
    name: str

    def __get__(self, settings: Settings, owner: type[Settings]) -> Path:
        folder: Path = getattr(settings, self.folder)
        return folder / self.name


@dataclass(frozen=True)
class Settings:
    """Locations and limits."""

    data: Path = _path("AMANA_DATA", Path("var/amana"))
    """Folder of all data of Amana on this machine."""
    server: str = _text("AMANA_DATABASE", shown=False)
    """The working database on a PostgreSQL server, in libpq's form (`postgresql://…`); empty: SQLite in the
    data folder. It may contain a password, so it is never shown."""
    host: str = _text("AMANA_HOST", "127.0.0.1")
    """Address the web process listens on."""
    port: int = _number("AMANA_PORT", 8420)
    """TCP port the web process listens on; 0 for any free one."""
    address: str = _address("AMANA_ADDRESS")
    """The address that people type, e.g. `https://amana.example`; empty: made from host and port."""
    tls: str = _text("AMANA_TLS")
    """`local`: the service speaks TLS itself, with the certificate from `amana tls make`; empty: it speaks
    HTTP, on loopback or behind a proxy."""
    node: str = _text("AMANA_NODE", "1")
    """This machine's name among the center's machines: `a-z`, `0-9`, `-`."""
    node_address: str = _address("AMANA_NODE_ADDRESS")
    """Address at which the center's other machines reach this one: `https://HOST[:PORT]`, or `http://` with
    an IP address of a private network. Empty: the center has one machine."""
    trusted_proxies: tuple[str, ...] = _list("AMANA_TRUSTED_PROXIES")
    """IP addresses of the reverse proxies in front of this machine, separated by commas: they alone may name
    the address of a browser. Empty: no proxy names any."""
    proxy_header: str = _text("AMANA_PROXY_HEADER", "x-forwarded-for")
    """The header in which they do: `x-forwarded-for` or `forwarded`."""
    organisation: str = _text("AMANA_ORGANISATION", "one-stop-center")
    """The center's code in statements (`a-z`, `0-9`, `.`, `_`, `-`)."""
    media_addresses: tuple[str, ...] = _list("AMANA_MEDIA_ADDRESSES")
    """IP addresses of this machine that the recorder offers to cameras, separated by commas; empty: every
    address but loopback."""
    reserve: int = _number("AMANA_RESERVE_MIB", 64, unit=MIB)
    """Bytes left free on the spool's disk per recording, so that a recording can be sealed on a full disk."""
    first_copy: str = _text("AMANA_FIRST_COPY")
    """Location of the first copy: a folder, or a bucket as `https://HOST[:PORT]/BUCKET?…`
    (`vault.stores.bucket_address`); empty: a folder below `data`."""
    first_copy_credentials: Path | None = _path("AMANA_FIRST_COPY_CREDENTIALS")
    """File with the keys of that bucket's user, mode 0600."""
    second_copy: str = _text("AMANA_SECOND_COPY")
    """Location of the second copy, in the same form."""
    second_copy_credentials: Path | None = _path("AMANA_SECOND_COPY_CREDENTIALS")
    presigned: str = _text("AMANA_PRESIGNED")
    """The copy from which viewers' browsers read ciphertext directly, `first-copy` or `second-copy`, a
    bucket; empty: browsers read it through this service."""
    presigned_address: str = _address("AMANA_PRESIGNED_ADDRESS")
    """Address at which browsers reach that store, `https://HOST[:PORT]`; empty: the address we use."""
    first_keys: str = _text("AMANA_FIRST_KEYS")
    """Location of the first copy of the wrapped keys, which only the keyholder process reaches: a folder or
    a bucket, as for the copies; empty: a folder below `data`."""
    first_keys_credentials: Path | None = _path("AMANA_FIRST_KEYS_CREDENTIALS")
    """File with the credentials of a user who has no other permission."""
    second_keys: str = _text("AMANA_SECOND_KEYS")
    """Location of the second copy of the wrapped keys, in the same form."""
    second_keys_credentials: Path | None = _path("AMANA_SECOND_KEYS_CREDENTIALS")
    renew_within: int = _number("AMANA_RENEW_TIMESTAMPS_DAYS", 180)
    """Days before the end of an authority's certificate at which its timestamps are renewed; 0: only by
    `amana timestamps renew`."""
    scrub_every: int = _number("AMANA_SCRUB_DAYS", 30)
    """Days between the starts of two passes that read every copy again; 0: only `amana scrub`, and damage
    that is found in passing."""
    scrub_rate: int = _number("AMANA_SCRUB_MB_S", 20, unit=MB)
    """Bytes a second that scrubbing reads at most."""
    pkcs11_module: Path | None = _path("AMANA_PKCS11_MODULE")
    """The vendor's PKCS#11 library, for keys that a token protects."""
    pkcs11_pin: Path | None = _path("AMANA_PKCS11_PIN_FILE")
    """File with the PIN of the token that protects the signing keys, mode 0600."""
    pkcs11_paths: tuple[str, ...] = _list("AMANA_PKCS11_PATHS")
    """Files, folders and devices that the vendor's library reads and changes, separated by commas; beside
    them it can read the system's libraries, `/opt` and its own folder."""
    openbao: str = _address("AMANA_OPENBAO")
    """The OpenBao or Vault server, for keys that its transit engine protects: `https://HOST[:PORT]`."""
    openbao_authority: Path | None = _path("AMANA_OPENBAO_CA")
    """PEM file with the authorities for its certificate; None: the system's."""
    openbao_credentials: Path | None = _path("AMANA_OPENBAO_CREDENTIALS")
    """File with this machine's credentials there, for the signing keys, mode 0600."""
    smtp: str = _address("AMANA_SMTP")
    """The mail server for notices: `smtps://HOST[:PORT]`, or `smtp://HOST[:PORT]` with STARTTLS (`mail`);
    empty: no notices are sent."""
    smtp_sender: str = _text("AMANA_SMTP_SENDER")
    """The address from which notices come."""
    smtp_credentials: Path | None = _path("AMANA_SMTP_CREDENTIALS")
    """File with user and password at that server, a line each, mode 0600."""
    smtp_authority: Path | None = _path("AMANA_SMTP_CA")
    """PEM file with the authorities for its certificate; None: the system's."""
    sandbox: Path | None = _path("AMANA_SANDBOX")
    """Socket of the service that starts sandboxes for the web process (`amana-sandbox.socket`); None: it has
    them started by a child of its own."""
    metrics_token: Path | None = _path("AMANA_METRICS_TOKEN_FILE")
    """File with the token that grants access to `/metrics`, mode 0600; None: no access."""
    unsigned_acts: str = _text("AMANA_UNSIGNED_ACTS")
    """Whether signed acts of people who have no passkey are accepted: `allowed`, `refused`; empty: only
    while the keys are trial keys."""
    session_idle: int = _number("AMANA_SESSION_IDLE_MINUTES", 30)
    """Minutes after which an unused session ends; a page of a running interview uses its session."""
    receipt_hours: int = _number("AMANA_RECEIPT_HOURS", 24)
    """Hours within which the receipt of a specimen is to be confirmed, unless its giver chooses others."""
    log_level: str = _text("AMANA_LOG_LEVEL", "info")
    """`debug`, `info`, `warning` or `error`."""
    programs: str = _text("PATH", os.defpath)
    """Folders in which system programs are searched (FFmpeg)."""

    working = _Below("data", "web")
    """Folder of files that only the web process changes, beside evidence."""
    rules = _Below("data", "rules")
    """Folder of rules that people set for this center; the service only reads it."""
    database = _Below("working", "database.sqlite")
    """File of SQLite's working database, if the database is not on a server."""
    heartbeat = _Below("working", "heartbeat")
    """File with the count of this machine's heartbeats, where a center may have several machines."""
    primary = _Below("working", "primary.json")
    """File with the newest PostgreSQL server that this machine saw (`casework.database.failover`)."""
    keys = _Below("data", "keys")
    """Folder of the keys, and of their state."""
    certificates = _Below("data", "tls")
    """The center's own authority for a local network (`local_authority`)."""
    spool = _Below("data", "spool")
    """Folder where evidence is written, and stays until both copies have it."""
    scratch = _Below("data", "scratch")
    """Folder where packages are assembled before they are sealed; in clear, and removed afterwards."""
    installed = _Below("rules", "installation.json")
    """File with what every process may know of this installation; written at each start."""
    trust = _Below("rules", "trust.txt")
    """File of the policy's lines about witnesses, their quorum and time-stamping authorities."""
    retention = _Below("rules", "retention.txt")
    """File of the retention periods of cases, by type of case (`casework.retention.schedules`)."""
    protocols = _Below("rules", "protocols.txt")
    """File of the checklists before and during an interview (`casework.interviews.checklists`)."""
    forms = _Below("rules", "forms")
    """Folder of the center's own forms of examinations (`casework.forms.form_files`)."""
    alarms = _Below("data", "alarms")
    """Folder of proofs that witnesses contradict the ledger, separate from the database that they concern."""
    log = _Below("data", "log")
    """Folder of the log files and of the incidents."""
    renewal = _Below("working", "renewal.json")
    """File with the progress of lock renewal, for the health page and `amana status`."""
    key_renewal = _Below("keys", "renewal.json")
    """The same for the wrapped keys' locks, written by the keyholder."""
    signed_checkpoints = _Below("keys", "signed-checkpoints")
    """The keyholder's record of the checkpoints it signed."""
    incidents = _Below("log", "incidents.jsonl")
    """File of events of the service itself, for the health page and `amana status`."""
    supervisor_socket = _Below("run", "supervisor.sock")
    """Unix socket of the supervisor, for commands."""
    served_port = _Below("run", "port")
    """File that the supervisor writes: the port at which the service answers."""

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
        if not 5 <= self.session_idle <= 720:
            raise SettingInvalid("AMANA_SESSION_IDLE_MINUTES: 5 to 720 minutes")
        if not 1 <= self.receipt_hours <= 720:
            raise SettingInvalid("AMANA_RECEIPT_HOURS: 1 to 720 hours")
        if self.log_level not in LOG_LEVELS:
            *levels, last = LOG_LEVELS
            raise SettingInvalid(f"AMANA_LOG_LEVEL: {', '.join(levels)} or {last}")
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
            from casework.database import postgresql  # imported only if it is used

            try:
                postgresql.parameters(self.server)
            except ValueError as error:
                raise SettingInvalid(f"AMANA_DATABASE: {error}") from None
        if self.address:
            parts = urlsplit(self.address)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise SettingInvalid(
                    "AMANA_ADDRESS or --address: a scheme and a host alone, such as https://amana.example"
                )
        _check_addresses("AMANA_MEDIA_ADDRESSES", self.media_addresses)
        _check_addresses("AMANA_TRUSTED_PROXIES", self.trusted_proxies)
        if self.proxy_header not in ("x-forwarded-for", "forwarded"):
            raise SettingInvalid("AMANA_PROXY_HEADER: x-forwarded-for or forwarded")
        if self.openbao:
            from vault.key_protection import openbao  # imported only if it is used

            try:
                openbao.check_address(self.openbao)
            except ValueError as error:
                raise SettingInvalid(f"AMANA_OPENBAO: {error}") from None
        try:
            _ = self.mail_server
        except ValueError as error:
            raise SettingInvalid(f"AMANA_SMTP, AMANA_SMTP_SENDER: {error}") from None
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
        """Refuse copies that share a location or a credential: they would be one copy.

        A user with access to the media must have none to their keys. So no folder of a copy may be in another
        one, or in one of ours, or contain one: a process that reads or empties it would reach the other as
        well.
        """
        checked: list[tuple[str, Path | Bucket]] = []
        ours = {
            "keys": self.keys,
            "database": self.working,
            "rules": self.rules,
            "certificates": self.certificates,
            "spool": self.spool,
            "scratch folder": self.scratch,
            "alarms": self.alarms,
            "log": self.log,
            "sockets": self.run,
        }
        for name, place in {**self.copies, **self.key_stores}.items():
            setting = variable_of(name)
            for other, other_place in checked:
                other_name = other.replace("-", " ")
                if isinstance(place, Bucket) and isinstance(other_place, Bucket):
                    if (place.host, place.name) == (other_place.host, other_place.name):
                        raise SettingInvalid(f"{setting}: this is the bucket of the {other_name}")
                    if place.credentials == other_place.credentials:
                        raise SettingInvalid(
                            f"{setting}_CREDENTIALS: each copy, of media or keys, needs a user of its own, "
                            "so that a thief of one has not both"
                        )
                elif isinstance(place, Path) and isinstance(other_place, Path):
                    _require_apart(setting, place, other_name, other_place)
            if isinstance(place, Path):
                for what, own in ours.items():
                    _require_apart(setting, place, what, own)
            checked.append((name, place))

    @property
    def public_address(self) -> str:
        """The address of the pages, without a slash at the end.

        On a loopback address the host is `localhost`: browsers make passkeys for names only.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in LOOPBACK:
            host = "localhost"
        return self.address or f"http://{host}:{self.port}"

    @property
    def database_url(self) -> str:
        """The URL for `casework.database.engine.connect`; it may contain a password."""
        return self.server or f"sqlite:///{self.database.absolute()}"

    @property
    def database_place(self) -> str:
        """A description of the database that may be shown to people."""
        if not self.server:
            return f"SQLite, {self.database.absolute()}"
        from casework.database import postgresql

        return f"PostgreSQL, {postgresql.place(self.server)}"

    @property
    def key_access(self) -> Access:
        """How the keyholder process reaches what protects the keys."""
        pkcs11 = openbao = None
        if self.pkcs11_module is not None:
            pkcs11 = Pkcs11(self.pkcs11_module, self.pkcs11_pin, self.keys / "refused-pin")
        if self.openbao:
            openbao = OpenBao(self.openbao, self.openbao_authority, self.openbao_credentials)
        return Access(pkcs11, openbao)

    @property
    def mail_server(self) -> MailServer | None:
        """The server that sends notices; None: none are sent. Raises `ValueError`."""
        if not self.smtp:
            return None
        return MailServer.parse(self.smtp, self.smtp_sender, self.smtp_credentials, self.smtp_authority)

    @property
    def run(self) -> Path:
        """Folder of the sockets.

        The system allows at most 107 bytes for a socket's path. So a deeply nested data folder gets a socket
        folder in the system's folder for temporary files."""
        near = self.data.absolute() / "run"
        if _has_room(near):
            return near
        digest = hashlib.sha256(os.fsencode(self.data.absolute())).hexdigest()
        return Path(tempfile.gettempdir()) / f"amana-{os.getuid()}-{digest[:16]}"

    @property
    def copies(self) -> Mapping[str, Path | Bucket]:
        """The two copies by name. In production they are on two machines with two credentials."""
        return {name: self._place(name) for name in COPIES}

    @property
    def key_stores(self) -> Mapping[str, Path | Bucket]:
        """The two copies of the wrapped keys by name; only the keyholder process should know them."""
        return {name: self._place(name) for name in KEY_COPIES}

    def _place(self, name: str) -> Path | Bucket:
        setting, member = variable_of(name), name.replace("-", "_")
        place: str = getattr(self, member)
        credentials: Path | None = getattr(self, f"{member}_credentials")
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

    def recorder_socket(self, interview: str) -> Path:
        """Unix socket of the recorder child of an interview, or of the part that a child recovers."""
        return self.run / f"recorder-{interview}.sock"


def variable_of(copy: str) -> str:
    """Return the variable with the place of a copy."""
    return f"AMANA_{copy.upper().replace('-', '_')}"


def _require_apart(setting: str, place: Path, what: str, other: Path) -> None:
    """Raise `SettingInvalid` if one of two folders is the other or contains it; links are followed."""
    ours, theirs = (Path(os.path.realpath(one)) for one in (place, other))
    if ours == theirs:
        raise SettingInvalid(f"{setting}: this is the folder of the {what}")
    if ours in theirs.parents:
        raise SettingInvalid(
            f"{setting}: {place} contains the {what}, {other}. Choose a folder that holds nothing else"
        )
    if theirs in ours.parents:
        raise SettingInvalid(
            f"{setting}: {place} lies within the {what}, {other}. Choose a folder outside of it"
        )


def _check_addresses(name: str, addresses: tuple[str, ...]) -> None:
    for text in addresses:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise SettingInvalid(f"{name}: {text} is no IP address") from None


def _has_room(folder: Path) -> bool:
    """Whether the path of a socket in this folder is short enough for the system."""
    return len(os.fsencode(folder)) + len("/recorder-.sock") + 32 <= MAX_SOCKET_PATH


_VARIABLES: Mapping[str, _Variable] = {one.name: one.metadata["variable"] for one in fields(Settings)}
"""Variables by the name of their field."""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in the environment, with defaults for the rest. Raises `SettingInvalid`."""
    given = {}
    for setting, variable in _VARIABLES.items():
        if text := environ.get(variable.name, "").strip():
            try:
                given[setting] = variable.read(text)
            except ValueError:
                raise SettingInvalid(f"{variable.name}: {text!r} is no whole number") from None
    return Settings(**given)


def is_node_address(address: str) -> bool:
    """Whether sessions may be sent to this address: it is encrypted, or in a private network."""
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
    """Return the environment from which `read_settings` reads `settings` again.

    It is for child processes, so the location of the wrapped keys is left out."""
    return without_key_store(_written(replace(settings, data=settings.data.absolute())))


def key_store_environ(settings: Settings) -> dict[str, str]:
    """Return the location of the wrapped keys and the credentials for it: for the keyholder alone."""
    return {name: value for name, value in _written(settings).items() if name.startswith(_KEY_STORES)}


def _written(settings: Settings) -> dict[str, str]:
    ours = {setting: one for setting, one in _VARIABLES.items() if one.name.startswith("AMANA_")}
    return {one.name: one.write(getattr(settings, setting)) for setting, one in ours.items()}


def without_key_store(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out the key store: for every process but the keyholder."""
    return _without(environ, *_KEY_STORES)


def without_database(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out the database's address and libpq's variables: for processes that must not reach it."""
    return _without(environ, "AMANA_DATABASE", "PG")


def without_protections(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out the key protections, even the paths of PIN and credentials: for every process but the
    keyholder."""
    return _without(environ, "AMANA_PKCS11_", "AMANA_OPENBAO", "BAO_", "VAULT_")


def _without(environ: Mapping[str, str], *beginnings: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(beginnings)}


def variable_names() -> frozenset[str]:
    """Return the names of all variables of the environment that are settings of Amana."""
    return frozenset(one.name for one in _VARIABLES.values() if one.name.startswith("AMANA_"))


def secret_files(settings: Settings) -> Mapping[str, Path]:
    """Return the files with credentials, PINs and tokens that are set, by the name of their variable."""
    ends = ("_CREDENTIALS", "_PIN_FILE", "_TOKEN_FILE")
    named = {one.name: getattr(settings, setting) for setting, one in _VARIABLES.items()}
    return {name: file for name, file in named.items() if name.endswith(ends) and file is not None}
