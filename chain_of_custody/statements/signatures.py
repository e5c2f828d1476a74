"""The signatures of a leaf: their two kinds, and who must have signed what.

- `ed25519`: a recorder's key on what it recorded; the center's key on everything else.
- `webauthn`: the person's own signature, in addition to the center's: an assertion over the root of the sheet
  on which the statement has its place (`sheets`).

The center signs for people too. A person signed only if the person's credential signed as well; otherwise the
center's system recorded the act (`signed_by`).

Trusts: the key records passed in (`registry` makes them). Raises `Malformed` for the form, else
`SignatureInvalid`.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.errors import Incomplete, Malformed, SignatureInvalid
from chain_of_custody.statements.keys import Holder, KeyRecord, verify_ed25519
from chain_of_custody.statements.sheets import SheetPlace
from chain_of_custody.statements.types import RECORDER_TYPES
from chain_of_custody.statements.webauthn import Assertion, verify_assertion

MAX_SIGNATURES = 8

_STEP = "signature"
_NOT_WHOLE = "a sheet that its person signed is not whole"
_ED25519_KEYS = frozenset(("key", "kind", "signature"))
_WEBAUTHN_KEYS = _ED25519_KEYS | {"authenticator", "client", "sheet"}


@dataclass(frozen=True, slots=True)
class Ed25519Signature:
    """A signature by a recorder or the center: key id (16 hexadecimal digits) and 64 bytes."""

    key: str
    signature: bytes

    def to_json(self) -> dict[str, str]:
        """Return the JSON object of the signature in a leaf; binary members in base64."""
        return {"key": self.key, "kind": "ed25519", "signature": encode_base64(self.signature)}


@dataclass(frozen=True, slots=True)
class WebAuthnSignature:
    """A signature by a person: the credential's key id and the assertion of its authenticator.

    `place`: of the statement on the sheet that was signed.
    """

    key: str
    assertion: Assertion
    place: SheetPlace

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the signature in a leaf; the members of the assertion in base64."""
        return {
            "authenticator": encode_base64(self.assertion.authenticator),
            "client": encode_base64(self.assertion.client),
            "key": self.key,
            "kind": "webauthn",
            "sheet": self.place.to_json(),
            "signature": encode_base64(self.assertion.signature),
        }


Signature: TypeAlias = Ed25519Signature | WebAuthnSignature


def parse_signatures(listed: object) -> tuple[Signature, ...]:
    """Parse the signatures of a leaf.

    Raises `Malformed` unless they are one to eight of known kind, ordered by key id, no key twice.
    """
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise Malformed(f"leaf: not 1 to {MAX_SIGNATURES} signatures")
    signatures = tuple(_parse(item) for item in listed)
    keys = [signature.key for signature in signatures]
    if keys != sorted(set(keys)):
        raise Malformed("leaf: signatures not ordered by key, or a key twice")
    return signatures


def list_signatures(signatures: Sequence[Signature]) -> list[dict[str, Any]]:
    """Return the JSON list of the signatures in a leaf."""
    return [signature.to_json() for signature in sorted(signatures, key=lambda signature: signature.key)]


def verify_signatures(
    signatures: Sequence[Signature],
    *,
    type_: str,
    actor: str,
    message: Callable[[int], bytes],
    keys: Mapping[str, KeyRecord],
    index: int | None,
) -> tuple[KeyRecord, ...]:
    """Check every signature of a statement of `type_` by the actor with this id.

    `message`: what is signed of the statement as number 0, 1, … of a sheet (`Statement.signed_message`).

    1. Each is by a key in `keys` that was valid at `index` (`KeyRecord.check_valid`).
    2. Each holder may sign this. A recorder signs its own types, alone. The center has signed all others; in
       addition, only credentials of the person who acts may sign.
    3. Each signature is valid. An invalid one is an alteration even beside a valid one.

    Returns the keys that signed, in the same order.
    """
    signers = tuple(_signer(signature, keys) for signature in signatures)
    for signer in signers:
        signer.check_valid(index)  # 1
        _check_may_sign(signer, type_, actor)  # 2
    if type_ in RECORDER_TYPES:
        if len(signers) != 1:
            raise SignatureInvalid(_STEP, f"{type_} is not signed by its recorder alone")
    elif not any(signer.holder == "center" for signer in signers):
        raise SignatureInvalid(_STEP, "the center's own signature is missing")
    for signature, signer in zip(signatures, signers, strict=True):
        _verify(signature, signer, message)  # 3
    return signers


def check_sheet(before: Sequence[Signature], after: Sequence[Signature]) -> None:
    """Check that sheets are whole and in order, from one statement of a chain to the next.

    `before`, `after`: their verified signatures; none where there is no such statement. A sheet that
    `before` does not end continues in `after`, and no other does. Raises `Incomplete`.
    """
    left = {
        (one.key, one.assertion, one.place.size, one.place.index + 1)
        for one in before
        if isinstance(one, WebAuthnSignature) and one.place.index + 1 < one.place.size
    }
    continued = {
        (one.key, one.assertion, one.place.size, one.place.index)
        for one in after
        if isinstance(one, WebAuthnSignature) and one.place.index > 0
    }
    if continued - left:
        raise Incomplete(_STEP, f"{_NOT_WHOLE}: the act before this one is missing")
    if left - continued:
        raise Incomplete(_STEP, f"{_NOT_WHOLE}: its next act is missing")


def signed_by(signers: Sequence[KeyRecord]) -> Holder:
    """Return who answers for a verified statement.

    "recorder"; "person": the person's own key signed; "center": recorded by the center's system, not signed
    by the person.
    """
    holders = {signer.holder for signer in signers}
    if "recorder" in holders:
        return "recorder"
    return "person" if "person" in holders else "center"


def _parse(value: object) -> Signature:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "webauthn":
        fields = canonical_json.exact_keys(value, _WEBAUTHN_KEYS, "signature")
        assertion = Assertion(*(_bytes(fields, name) for name in ("authenticator", "client", "signature")))
        return WebAuthnSignature(_key(fields), assertion, SheetPlace.from_json(fields["sheet"]))
    fields = canonical_json.exact_keys(value, _ED25519_KEYS, "signature")
    if kind != "ed25519":
        # A verifier must not ignore a signature type that it cannot check.
        raise Malformed("signature: signature type not known")
    return Ed25519Signature(_key(fields), canonical_json.base64_bytes(fields["signature"], 64, "signature"))


def _key(fields: Mapping[str, Any]) -> str:
    return canonical_json.hexadecimal(fields["key"], 8, "signature key")


def _bytes(fields: Mapping[str, Any], name: str) -> bytes:
    value = fields[name]
    if not isinstance(value, str):
        raise Malformed(f"signature {name}: not base64")
    return decode_base64(value, f"signature {name}")


def _signer(signature: Signature, keys: Mapping[str, KeyRecord]) -> KeyRecord:
    record = keys.get(signature.key)
    if record is None:
        raise SignatureInvalid(_STEP, f"signed by key {signature.key}, which nobody has vouched for")
    if isinstance(signature, WebAuthnSignature) != (record.holder == "person"):
        raise SignatureInvalid(_STEP, f"key {signature.key} does not make signatures of this kind")
    return record


def _check_may_sign(signer: KeyRecord, type_: str, actor: str) -> None:
    if (signer.holder == "recorder") != (type_ in RECORDER_TYPES):
        raise SignatureInvalid(_STEP, f"a {signer.holder} key may not sign statements of type {type_}")
    if signer.holder == "person" and signer.person != actor:
        raise SignatureInvalid(_STEP, f"key {signer.id} is another person's than the one who acts")


def _verify(signature: Signature, signer: KeyRecord, message: Callable[[int], bytes]) -> None:
    if isinstance(signature, Ed25519Signature):
        verify_ed25519(signer.public, signature.signature, message(0))
        return
    try:
        challenge = signature.place.challenge(message(signature.place.index))
        verify_assertion(
            signature.assertion,
            algorithm=signer.algorithm,
            key=signer.public,
            rp=signer.rp,
            challenge=challenge,
        )
    except SignatureInvalid as error:
        raise SignatureInvalid(error.step, f"key {signer.id}: {error.reason}") from error
