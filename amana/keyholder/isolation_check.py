"""Trial requests that check whether the users of media and of wrapped keys are separated.

Wrapped keys are stored separately, so that a user with access to the media has none to the keys. In buckets,
this depends on the object store's own users and policies, which we cannot read. So the keyholder tries, once
for each copy after its start: with each medium's credentials at the keys' bucket, and with the keys'
credentials at each medium's bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vault.errors import StoreRefused
from vault.stores.bucket_address import Bucket

Place = Path | Bucket


def crossings(name: str, keys: Mapping[str, Place], media: Mapping[str, Place]) -> list[str]:
    """Return a sentence for each user with too much access, about the key store's copy `name`.

    Folders have no separate users, so they are not checked. Raises `StoreUnavailable` where that is unknown.
    """
    here = keys[name]
    if not isinstance(here, Bucket):
        return []
    found = []
    for other, medium in media.items():
        if not isinstance(medium, Bucket):
            continue
        if _reaches(medium, here):
            found.append(f"the user of the {other} can read the {name}")
        if _reaches(here, medium):
            found.append(f"the user of the {name} can read the {other}")
    return found


def _reaches(user: Bucket, bucket: Bucket) -> bool:
    """Whether the user of one bucket may list another."""
    from vault.stores.s3_client import Connection  # slow to import: only for a bucket

    try:
        next(iter(Connection(replace(bucket, credentials=user.credentials)).versions("")), None)
    except StoreRefused:
        return False
    return True
