"""Unlocking and locking the vault from the health page.

The passphrase is sealed to the keyholder in the browser (`health/unlock.js`); this process cannot read it
(docs/spec/unlocking.md).
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.access.permissions import Act, require
from casework.errors import Refused
from casework.web.request import Caller, OurCenter, see_other
from chain_of_custody.encoding.canonical_json import base64_bytes
from chain_of_custody.errors import Malformed
from vault.keyholders.unlocking import PUBLIC_SIZE, SEALED_SIZE
from vault.sealing.key_wrapping import recipient_id

router = APIRouter()


def _base64_size(size: int) -> int:
    return 4 * -(-size // 3)


@router.post("/vault/key")
def unlock_key(center: OurCenter, person: Caller) -> Response:
    """Return a key of the keyholder to which the page seals one passphrase. Raises `Forbidden`."""
    require(person, Act.UNLOCK_VAULT)
    public, vault = center.keyholder.unlock_key(), center.keyholder.public_keys().vault
    return JSONResponse({"key": base64.b64encode(public).decode(), "vault": recipient_id(vault)})


@router.post("/vault/unlock")
def unlock(
    request: Request,
    center: OurCenter,
    person: Caller,
    key: Annotated[str, Form(max_length=_base64_size(PUBLIC_SIZE))],
    sealed: Annotated[str, Form(max_length=_base64_size(SEALED_SIZE))],
) -> Response:
    """Unlock the vault key with what was sealed to `key`, then return to the health page.

    Raises `Forbidden`, `Refused` for what is not base64 of the right length, and as
    `Keyholder.unlock_sealed`.
    """
    require(person, Act.UNLOCK_VAULT)
    try:
        public = base64_bytes(key, PUBLIC_SIZE, "key")
        passphrase = base64_bytes(sealed, SEALED_SIZE, "sealed passphrase")
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
    center.keyholder.unlock_sealed(public, passphrase)
    request.app.state.trial_keys = center.keyholder.status().trial
    return see_other("/health")


@router.post("/vault/lock")
def lock(center: OurCenter, person: Caller) -> Response:
    """Lock the vault key, then return to the health page. Raises `Forbidden`."""
    require(person, Act.UNLOCK_VAULT)
    center.keyholder.lock()
    return see_other("/health")
