"""Addresses at which somebody without credentials may read one version of one object, for a few minutes.

A presigned URL (AWS Signature Version 4 in the query) names bucket, key, version id and when it ends, and is
signed with the keys of the copy's user: nothing else can be done with it, and nothing in it can be changed.
What is read there is ciphertext; the keys to it are released elsewhere, after a statement.

Where the store is reached by browsers under another address than by us, that one is signed: the host is part
of what is signed. Signing asks the server nothing, but for the version of a key that was never looked at.

Specification: AWS, "Authenticating Requests: Using Query Parameters".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlsplit

from minio import Minio

from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store
from vault.stores.s3_credentials import FileCredentials

LASTS = timedelta(minutes=5)
"""How long an address works."""


class PresignedReads:
    """Of one copy. For several threads."""

    def __init__(self, copy: str, store: S3Store, address: str = "") -> None:
        """`copy`: its name among the stores. `address`: where browsers reach the store, `https://HOST[:PORT]`;
        empty: as we do."""
        self.copy = copy
        self._store = store
        self._bucket = _seen_from_outside(store.bucket, address)

    @property
    def origin(self) -> str:
        """Scheme, host and port of every address given out, as a browser writes an origin."""
        bucket = self._bucket
        host = f"{bucket.name}.{bucket.host}" if bucket.host_style else bucket.host
        return f"{'https' if bucket.secure else 'http'}://{host}"

    def url(self, key: str) -> str:
        """The address of what `key` stands for; it works for `LASTS`.

        Raises `ObjectMissing`, `StoreUnavailable`, `InvalidObjectKey`.
        """
        version = self._store.version(key)
        return self._signer.presigned_get_object(
            self._bucket.name, key, expires=LASTS, version_id=None if version == "null" else version
        )

    @cached_property
    def _signer(self) -> Minio:
        bucket = self._bucket
        signer = Minio(
            bucket.host,
            secure=bucket.secure,
            region=bucket.region,  # named, so that no server is asked for it
            credentials=FileCredentials(bucket.credentials),
        )
        if bucket.host_style:
            signer.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
        else:
            signer.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
        return signer


def _seen_from_outside(bucket: Bucket, address: str) -> Bucket:
    if not address:
        return bucket
    parts = urlsplit(address)
    return replace(bucket, host=parts.netloc, secure=parts.scheme == "https")
