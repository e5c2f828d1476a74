"""Protection of a key file by a key in OpenBao's or Vault's transit engine.

The server encrypts and decrypts (AES-256-GCM) under a key that it does not disclose; everything else in the
file is the associated data. The server's audit log records every opening, and its operator can prevent all
further ones. It decrypts the seed, which is then in the keyholder's memory as with a passphrase. So the
server sees the seeds and is trusted like a token: its operators must not be those of the stores.

A person signs in with their own token. Without a person, this machine signs in with a file of mode 0600:

    token hvs.…                            or          role-id …
                                                       secret-id …

A token in a file is renewed while the keyholder runs (`renew`), since the next start needs it again.
A token from an AppRole (or a person's) serves one opening; the role's is revoked at once afterwards.

HTTP API: https://openbao.org/api-docs/secret/transit/. Nothing from the environment is used (no proxies, no
`VAULT_TOKEN`), no redirect is followed, and no message or log contains a secret.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx

from vault.errors import Altered, ProtectionAway, ProtectionRefused, WrongPassphrase
from vault.key_protection.access import Access, OpenBao, read_credentials
from vault.key_protection.canonical_file import to_bytes, to_text

SETTING = "AMANA_OPENBAO"
CREDENTIALS_SETTING = "AMANA_OPENBAO_CREDENTIALS"
TIMEOUTS = httpx.Timeout(8.0, connect=4.0)  # seconds; an unlock waits at most 30
KEY_TYPE = "aes256-gcm96"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,7}")

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class TransitKey:
    """The name of a key and of its transit engine, as written in a file."""

    mount: str
    """Mount path of the engine, preceded by its namespace if it has one: `transit`, `ns/transit`."""
    key: str
    name: ClassVar[str] = "openbao"

    def __post_init__(self) -> None:
        if not _MOUNT.fullmatch(self.mount) or not _NAME.fullmatch(self.key):
            raise ValueError("names of engines and keys are letters, digits, '.', '_' and '-'")

    @classmethod
    def find(cls, mount: str, key: str, access: Access) -> TransitKey:
        """Return the key of this name, after checking that the server does not export it.

        Raises `ValueError`, `WrongPassphrase`, `ProtectionAway`, `ProtectionRefused`, `KeyFileExposed`.
        """
        transit_key = cls(mount, key)
        with _signed_in(access) as server:
            reply = server.ask("GET", f"{mount}/keys/{key}")["data"]
        for wrong, says in (
            (reply.get("type") != KEY_TYPE, f"is of the type {reply.get('type')}, not {KEY_TYPE}"),
            (reply.get("exportable") is not False, "may be exported"),
            (reply.get("allow_plaintext_backup") is not False, "may be backed up in clear"),
            (reply.get("imported_key"), "was outside of the server once"),
            (reply.get("derived"), "needs a context"),
            (reply.get("soft_deleted"), "is deleted"),
        ):
            if wrong:
                raise ProtectionRefused(f"key {key!r} in OpenBao {says}: make one that does not do so")
        return transit_key

    def again(self) -> TransitKey:
        """See `Protection.again`. Returns itself, since the server chooses a new nonce for each sealing."""
        return self  # the server chooses a nonce for each sealing

    def fields(self) -> Mapping[str, Any]:
        """See `Protection.fields`. Gives `openbao`: the mount of the engine and the name of the key."""
        return {"openbao": {"key": self.key, "mount": self.mount}}

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> TransitKey:
        """Parse the members of a file. Raises `ValueError`, `KeyError`, `TypeError`."""
        return cls(mount=str(fields["openbao"]["mount"]), key=str(fields["openbao"]["key"]))

    def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
        """See `Protection.seal`. The server encrypts; returns its ciphertext as text."""
        with _signed_in(access) as server:
            reply = server.ask(
                "POST",
                f"{self.mount}/encrypt/{self.key}",
                plaintext=to_text(secret),
                associated_data=to_text(clear),
            )
        return str(reply["data"]["ciphertext"])

    def open(self, sealed: str, clear: bytes, access: Access) -> bytes:
        """See `Protection.open`. The server decrypts; an answer without valid base64 is `ProtectionAway`."""
        with _signed_in(access) as server:
            reply = server.ask(
                "POST", f"{self.mount}/decrypt/{self.key}", ciphertext=sealed, associated_data=to_text(clear)
            )
        try:
            return to_bytes(reply["data"]["plaintext"])
        except (ValueError, KeyError, TypeError):
            raise ProtectionAway("OpenBao gave an answer that is none") from None


def renew(access: Access) -> float | None:
    """Renew the token in this machine's credentials; return the seconds until the next renewal.

    None if there is nothing to renew: an AppRole, or a token that does not expire. Raises as `open`.
    """
    if access.openbao is None or "token" not in _credentials(access.openbao):
        return None
    with _signed_in(access) as server:
        reply = server.ask("GET", "auth/token/lookup-self")["data"]
        if not reply["ttl"]:
            return None
        if not reply["renewable"]:
            raise ProtectionRefused(
                f"the token in {CREDENTIALS_SETTING} ends in {reply['ttl'] // 3600} h, and cannot be renewed"
            )
        return float(server.ask("POST", "auth/token/renew-self")["auth"]["lease_duration"]) / 2


def check_address(address: str) -> None:
    """Raise `ValueError` for an address that would send tokens over the network in clear."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("https://HOST[:PORT] and no more")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials belong into their own file")
    if parts.scheme == "http" and parts.hostname != "localhost":
        try:
            near = ipaddress.ip_address(parts.hostname).is_loopback
        except ValueError:
            near = False
        if not near:
            raise ValueError("https, since a token goes over the network")


class _Server:
    """A connection to the server, for one operation."""

    def __init__(self, client: httpx.Client, address: str, *, typed: bool) -> None:
        self._client = client
        self._address = address
        self._typed = typed

    def sign_in(self, token: str) -> None:
        if not token.isascii() or not token.isprintable() or not token:
            raise WrongPassphrase("this is no OpenBao token")
        self._client.headers["X-Vault-Token"] = token

    def ask(self, method: str, path: str, **body: str) -> Answer:
        """Send a request. Raises `ProtectionAway`, `ProtectionRefused`, `WrongPassphrase`, `Altered`."""
        try:
            answer = self._client.request(method, f"/v1/{path}", json=body or None)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = "its certificate is not vouched for" if "CERTIFICATE_VERIFY" in str(error) else None
            raise ProtectionAway(
                f"OpenBao at {self._address} does not answer: {reason or type(error).__name__}"
            ) from None
        try:
            reply = answer.json() if answer.content else {}
            errors = [str(message) for message in reply.get("errors") or ()]
        except (ValueError, AttributeError):
            reply, errors = {}, []
        if answer.is_success and isinstance(reply, dict):
            return reply
        raise self._refusal(answer.status_code, "; ".join(errors)[:200], path)

    def _refusal(self, status: int, message: str, path: str) -> Exception:
        where = f"OpenBao at {self._address}"
        if status == 503 and "sealed" in message:
            return ProtectionAway(f"{where} is sealed: its operator has to unseal it")
        if status >= 500 or status in (429, 472, 473):
            return ProtectionAway(f"{where} does not answer now: {status} {message}".rstrip())
        if status == 403 and self._typed:
            return WrongPassphrase(f"{where} refuses this token, or does not permit it {path}")
        if status == 403:
            return ProtectionRefused(f"{where}: permission denied for {path}")
        if status == 404:
            return ProtectionRefused(f"{where} has no {path}")
        if "/decrypt/" in path and ("authentication failed" in message or "invalid ciphertext" in message):
            return Altered(
                f"{where}: this file does not open under {path.replace('/decrypt/', ' key ')}: it is another "
                "key of that name, or the file was altered"
            )
        return ProtectionRefused(f"{where} refuses {path}: {status} {message}".rstrip())


@contextlib.contextmanager
def _signed_in(access: Access) -> Iterator[_Server]:
    settings = access.openbao
    if settings is None:
        raise ProtectionRefused(f"these keys are protected by OpenBao, and {SETTING} is not set")
    credentials = {"token": access.typed.strip()} if access.typed is not None else _credentials(settings)
    try:
        trusted = ssl.create_default_context(cafile=settings.authority)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ProtectionRefused(f"no authority's certificate in {settings.authority}: {reason}") from None
    with httpx.Client(
        base_url=settings.address,
        verify=trusted,
        timeout=TIMEOUTS,
        trust_env=False,
        follow_redirects=False,
        headers={"X-Vault-Request": "true"},
    ) as client:
        server = _Server(client, settings.address, typed=access.typed is not None)
        if "token" in credentials:
            server.sign_in(credentials["token"])
            yield server
            return
        reply = server.ask(
            "POST",
            "auth/approle/login",
            role_id=credentials["role-id"],
            secret_id=credentials["secret-id"],
        )
        server.sign_in(str(reply["auth"]["client_token"]))
        try:
            yield server
        finally:
            with contextlib.suppress(ProtectionAway, WrongPassphrase, Altered):
                server.ask("POST", "auth/token/revoke-self")


def _credentials(settings: OpenBao) -> Mapping[str, str]:
    lines = [
        line.split() for line in read_credentials(settings.credentials, CREDENTIALS_SETTING).splitlines()
    ]
    pairs = {line[0]: line[1] for line in lines if len(line) == 2}
    if pairs.keys() not in ({"token"}, {"role-id", "secret-id"}) or len(lines) != len(pairs):
        raise ProtectionRefused(
            f"{CREDENTIALS_SETTING}: the file holds one line, token …, or two, role-id … and secret-id …"
        )
    return pairs
