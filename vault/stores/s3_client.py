"""Client for one bucket: a few typed requests, bounded in time, that fail with the vault's errors.

Nothing the server says is believed here; `vault.stores.s3` judges its answers. No request is repeated
automatically: the caller knows whether a repeat is harmless.

Behaviour of real servers, and consequences (Ceph RGW 18 is the one that is tested):

- an upload in parts loses its lock silently: everything goes in one request;
- the date of a lock has nine fractional digits, which the client library cannot read: the header is read;
- `If-None-Match` is ignored where there are locks: no code here relies on it.
"""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.retention import Retention
from urllib3.exceptions import HTTPError

from vault.errors import StoreRefused, StoreUnavailable
from vault.stores.bucket_address import Bucket
from vault.stores.s3_credentials import FileCredentials
from vault.stores.s3_errors import BeyondTheEnd, NoLocks, error_of, network_error

COMPLIANCE = "COMPLIANCE"
"""The mode in which no one, not even the server's administrator through S3, can shorten a lock."""
SMALLEST_PART = 5 * 1024 * 1024
"""Bytes: the client library splits what is larger than a part, and accepts no smaller parts."""

_META = "x-amz-meta-amana-"
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ObjectHead:
    """One version of an object as the server describes it (HEAD)."""

    version: str
    size: int
    """Bytes."""
    etag: str
    sha256: str
    """As stated by its writer; empty if it is not ours."""
    stated_size: str
    mode: str
    """Of its lock; empty without one."""
    until: datetime | None
    """The end of its lock, which may be in the past."""
    held: bool
    """Under legal hold."""

    @property
    def ours(self) -> bool:
        """Whether its metadata is what we write, and its length is the one stated."""
        return bool(self.sha256) and self.stated_size == str(self.size)

    @property
    def has_md5(self) -> bool:
        """Whether its ETag can be an MD5. With some kinds of server-side encryption it is not."""
        return _MD5.fullmatch(self.etag) is not None

    @property
    def locked(self) -> bool:
        """Whether it was written with a lock. An expired lock does not make it foreign."""
        return self.mode == COMPLIANCE and self.until is not None


@dataclass(frozen=True)
class Listed:
    """One version in a listing."""

    key: str
    version: str
    size: int


def client(bucket: Bucket, pool: urllib3.PoolManager | None = None) -> Minio:
    """Return the client library's object for this bucket. `pool`: sends its requests."""
    made = Minio(
        bucket.host,
        secure=bucket.secure,
        region=bucket.region,  # named, so that no server has to be queried for it
        credentials=FileCredentials(bucket.credentials),
        http_client=pool,
    )
    if bucket.host_style:
        made.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
    else:
        made.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
    return made


class Connection:
    """The requests. Any may raise `StoreUnavailable`, `StoreRefused`. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._client = client(
            bucket,
            urllib3.PoolManager(
                maxsize=16,
                timeout=urllib3.Timeout(connect=bucket.connect_within, read=bucket.answer_within),
                retries=False,
                ssl_context=_trusting(bucket) if bucket.secure else None,
            ),
        )

    def put(self, key: str, data: bytes, sha256: str, until: datetime | None) -> str:
        """Store a version locked until then (whole seconds); return its id. Raises `WriteFailed`, `DiskFull`.

        After any failure the version may exist all the same.
        """
        with self._translated_errors(key, writing=True):
            done = self._client.put_object(
                self.bucket.name,
                key,
                io.BytesIO(data),
                len(data),
                part_size=max(len(data), SMALLEST_PART),
                metadata={"amana-sha256": sha256, "amana-size": str(len(data))},
                retention=None if until is None else Retention(COMPLIANCE, until),
            )
        return done.version_id or "null"

    def head(self, key: str, version: str) -> ObjectHead:
        """Return the version as the server describes it. Raises `ObjectMissing`."""
        with self._translated_errors(key):
            described = self._client.stat_object(self.bucket.name, key, version_id=version)
        return _head_from(version, described.size or 0, described.metadata or {})

    def get(
        self, key: str, version: str, start: int = 0, length: int | None = None
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return bytes and headers. `length` is not 0. Raises `ObjectMissing`; no bytes beyond the end."""
        try:
            with self._translated_errors(key):
                response = self._client.get_object(
                    self.bucket.name, key, start, length or 0, version_id=version
                )
                try:
                    if (start or length is not None) and response.status != 206:
                        raise StoreUnavailable(f"{self.bucket.place} does not give parts of an object")
                    return response.read(), response.headers
                finally:
                    response.close()
                    response.release_conn()
        except BeyondTheEnd:
            return b"", {}

    def versions(self, prefix: str) -> Iterator[Listed]:
        """Yield every version of every key below `prefix`: keys in order, each key's newest version first.

        Delete markers are left out: they hide nothing here.
        """
        with self._translated_errors(prefix):
            for listed in self._client.list_objects(
                self.bucket.name, prefix, recursive=True, include_version=True
            ):
                if not listed.is_delete_marker and listed.object_name is not None:
                    yield Listed(listed.object_name, listed.version_id or "null", listed.size or 0)

    def lock(self, key: str, version: str, until: datetime) -> None:
        """Request a lock until then (whole seconds). `head` shows whether it is set."""
        with self._translated_errors(key):
            self._client.set_object_retention(
                self.bucket.name, key, Retention(COMPLIANCE, until), version_id=version
            )

    def hold(self, key: str, version: str, held: bool) -> None:
        """Request legal hold, or its end. `head` shows whether it is set."""
        change = self._client.enable_object_legal_hold if held else self._client.disable_object_legal_hold
        with self._translated_errors(key):
            change(self.bucket.name, key, version_id=version)

    def delete(self, key: str, version: str) -> None:
        """Request the deletion of one version."""
        with self._translated_errors(key):
            self._client.remove_object(self.bucket.name, key, version_id=version)

    def lacks(self) -> list[str]:
        """Return what the bucket reports as missing. One that refuses this is judged by its behaviour."""
        missing = []
        with suppress(StoreRefused), self._translated_errors():
            if self._client.get_bucket_versioning(self.bucket.name).status != "Enabled":
                missing.append("versioning is not enabled")
        try:
            with self._translated_errors():
                self._client.get_object_lock_config(self.bucket.name)
        except NoLocks:
            missing.append("object lock is not enabled")
        except StoreRefused:
            pass
        return missing

    @contextmanager
    def _translated_errors(self, key: str = "", *, writing: bool = False) -> Iterator[None]:
        """Translate any failure within into one of the vault's errors."""
        place = self.bucket.place
        try:
            yield
        except S3Error as error:
            raise error_of(place, key, error.code or "", error.response.status, writing) from error
        except ServerError as error:
            raise error_of(place, key, "", error.status_code, writing) from error
        except InvalidResponseError as error:
            # A failure without a message, or a foreign page, whose text does not belong in our logs.
            status = error._code  # not available elsewhere
            if status >= 500:
                raise error_of(place, key, "", status, writing) from None
            raise StoreUnavailable(f"{place} answers, and not as an object store does") from None
        except HTTPError as error:
            raise StoreUnavailable(f"{place} {network_error(error)}") from error
        except (MinioException, ParseError, OSError, ValueError) as error:
            raise StoreUnavailable(f"{place} gives a wrong answer ({type(error).__name__})") from error


def _trusting(bucket: Bucket) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if bucket.authority is None else str(bucket.authority))
    except OSError as error:
        raise StoreRefused(
            f"the authority of {bucket.place} cannot be read: {type(error).__name__}"
        ) from None


def _head_from(version: str, size: int, headers: Mapping[str, str]) -> ObjectHead:
    def stated(name: str) -> str:
        return headers.get(_META + name, "")

    return ObjectHead(
        version=version,
        size=size,
        etag=headers.get("etag", "").strip('"'),
        sha256=stated("sha256"),
        stated_size=stated("size"),
        mode=headers.get("x-amz-object-lock-mode", ""),
        until=_date(headers.get("x-amz-object-lock-retain-until-date", "")),
        held=headers.get("x-amz-object-lock-legal-hold", "") == "ON",
    )


def head_of(version: str, headers: Mapping[str, str]) -> ObjectHead:
    """Read the headers of a `get`: they describe the version, of which the bytes may be a part."""
    total = headers.get("content-range", "").rpartition("/")[2] or headers.get("content-length", "0")
    return _head_from(version, int(total) if total.isascii() and total.isdecimal() else -1, headers)


def _date(text: str) -> datetime | None:
    """Parse an RFC 3339 date in UTC, with any number of fractional digits; None for anything else."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", text, re.ASCII)
    try:
        return None if match is None else datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
