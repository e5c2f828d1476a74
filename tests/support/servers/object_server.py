"""The S3 server that tests share, with what they need to use it and to harm it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from minio import Minio

from tests.support.servers.ceph import Ceph, User
from vault.stores.bucket_address import Bucket

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class ObjectServer:
    """A real S3 server with two users, and two more for wrapped keys; each has the key file that the settings
    ask for."""

    ceph: Ceph
    first: User
    second: User
    folder: Path

    @cached_property
    def keys(self) -> tuple[User, User]:
        """Those who own the buckets of wrapped keys; made when they are first wanted."""
        return self.ceph.add_user("firstkeys"), self.ceph.add_user("secondkeys")

    def environ(self, *, keys: bool = True) -> dict[str, str]:
        """Settings of a center whose copies are in new buckets, each of its own user; `keys`: and its
        wrapped keys."""
        users = {"FIRST_COPY": self.first, "SECOND_COPY": self.second}
        if keys:
            users |= {"FIRST_KEYS": self.keys[0], "SECOND_KEYS": self.keys[1]}
        environ = {}
        for setting, user in users.items():
            bucket = self.new_bucket(user)
            environ[f"AMANA_{setting}"] = f"{self.address(bucket.name)}?lock=required"
            environ[f"AMANA_{setting}_CREDENTIALS"] = str(bucket.credentials)
        return environ

    def new_bucket(self, user: User | None = None, *, locks: bool = True) -> Bucket:
        """A bucket that nobody has used."""
        user = user or self.first
        name = f"bucket-{next(_NUMBERS)}"
        self.client(user).make_bucket(name, object_lock=locks)
        return Bucket.parse(self.address(name), self.credentials(user))

    def address(self, name: str) -> str:
        """Of a bucket, as it stands in the settings."""
        return f"http://127.0.0.1:{self.ceph.port}/{name}"

    def credentials(self, user: User) -> Path:
        path = self.folder / f"{user.name}.keys"
        path.touch(0o600)
        path.write_text(f"access-key {user.access_key}\nsecret-key {user.secret_key}\n")
        return path

    def client(self, user: User | None = None) -> Minio:
        """What a thief of that user's credentials has."""
        return self.ceph.client(user or self.first)
