"""Addresses to read one version of one object without credentials, for a few minutes.

A presigned URL (AWS Signature Version 4 in the query) names bucket, key, version id and expiry, and is
signed with the keys of the copy's user: it permits nothing else, and no part of it can be changed.
It serves ciphertext; the keys are released elsewhere, after a statement.

If browsers reach the store under another address than we do, that address is signed: the host is part
of what is signed. Signing needs no request to the server, except for the version of a key not yet looked up.

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
from vault.stores.s3_client import client

LASTS = timedelta(minutes=5)
"""How long an address is valid."""


class PresignedReads:
    """Presigned reads from one copy. Thread-safe."""

    def __init__(self, copy: str, store: S3Store, address: str = "") -> None:
        """`copy`: its name among the stores. `address`: where browsers reach the store,
        `https://HOST[:PORT]`; empty: the same address as ours."""
        self.copy = copy
        self._store = store
        self._bucket = _seen_from_outside(store.bucket, address)

    @property
    def origin(self) -> str:
        """Scheme, host and port of every address given out, in the form of a browser's origin."""
        bucket = self._bucket
        host = f"{bucket.name}.{bucket.host}" if bucket.host_style else bucket.host
        return f"{'https' if bucket.secure else 'http'}://{host}"

    def url(self, key: str) -> str:
        """Return the address of the version of `key`, valid for `LASTS`.

        Raises `ObjectMissing`, `StoreUnavailable`, `InvalidObjectKey`.
        """
        version = self._store.version(key)
        return self._signer.presigned_get_object(
            self._bucket.name, key, expires=LASTS, version_id=None if version == "null" else version
        )

    @cached_property
    def _signer(self) -> Minio:
        return client(self._bucket)


def _seen_from_outside(bucket: Bucket, address: str) -> Bucket:
    if not address:
        return bucket
    parts = urlsplit(address)
    return replace(bucket, host=parts.netloc, secure=parts.scheme == "https")
