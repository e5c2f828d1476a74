"""What a bucket was found to be able to do is remembered; that it is not able to, only for a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.errors import StoreUnavailable
from vault.stores import s3
from vault.stores.bucket_address import Bucket
from vault.stores.object_lock import Abilities
from vault.stores.s3 import S3Store

ABLE, UNABLE = Abilities(True, True), Abilities(False, False, ("objects are taken without their lock",))


def test_a_policy_that_is_put_right_is_noticed_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Abilities | Exception] = [UNABLE, StoreUnavailable("away"), ABLE]

    def tried(_: object) -> Abilities:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(s3, "Connection", lambda bucket: None)
    monkeypatch.setattr(s3, "try_out", tried)
    store = S3Store(Bucket("127.0.0.1:1", "wraps", tmp_path / "credentials"))
    assert store.abilities() == store.abilities() == UNABLE
    assert len(answers) == 2, "it was tried out once"
    monkeypatch.setattr(s3, "TRIED_AGAIN", -1.0)
    assert store.abilities() == UNABLE, "while it is away, what is known holds on"
    assert store.abilities() == store.abilities() == ABLE
    assert answers == []
