"""C2SP signed-note: a text and the signatures under it.

`Note.parse` checks only the form of a note, and trusts nothing in it. What a signature covers depends on its
type, so the code that knows the type checks it: plain Ed25519 here (`verify_ed25519`), cosignatures of
checkpoints in `checkpoint`.

Lines by unknown keys are preserved and ignored, as the specification demands: witnesses and successor keys
sign the same notes. Specification: https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.errors import Malformed, SignatureInvalid

ED25519 = 0x01
"""Signature type: Ed25519 over the note text, public key of 32 bytes."""
ED25519_COSIGNATURE = 0x04
"""Signature type: timestamped Ed25519 cosignature, public key of 32 bytes (C2SP tlog-cosignature)."""
MLDSA44_COSIGNATURE = 0x06
"""Signature type: timestamped ML-DSA-44 cosignature, public key of 1312 bytes (C2SP tlog-cosignature)."""

PUBLIC_KEY_SIZES = {ED25519: 32, ED25519_COSIGNATURE: 32, MLDSA44_COSIGNATURE: 1312}

MAX_NOTE_SIZE = 1_000_000
"""Maximum bytes. Sixteen post-quantum signatures, which must be accepted, are about 100 kB."""
MAX_SIGNATURES = 100
"""Maximum lines. The specification demands at least 16."""

MAX_COSIGNER = 255
"""Maximum bytes of UTF-8 of a cosigner's name: the ML-DSA-44 message gives its length in one byte."""

_CONTROL = bytes(byte for byte in range(0x20) if byte != 0x0A)
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the claimed signer (`name`, `key_id` of 4 bytes), and the rest of the line."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the signature line of the note, with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Parse a line without its newline. Raises `Malformed`."""
        if not line.startswith(_DASH):
            raise Malformed("a signature line of the note does not begin with an em dash and a space")
        name, separator, encoded = line[len(_DASH) :].partition(" ")
        if not separator:
            raise Malformed("a signature line of the note has no signature")
        check_key_name(name)
        decoded = decode_base64(encoded, "a signature of the note")
        if len(decoded) < 5:
            raise Malformed("a signature of the note is shorter than a key id and one byte")
        return cls(name, decoded[:4], decoded[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending in a newline) and one or more signatures, all unverified."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Parse bytes. Raises `Malformed` for anything that `serialise` would not return byte for byte."""
        if len(data) > MAX_NOTE_SIZE:
            raise Malformed(f"the note is larger than {MAX_NOTE_SIZE} bytes")
        # Deleting the characters that are allowed nowhere is the fastest search for them.
        if len(data.translate(None, _CONTROL)) != len(data):
            raise Malformed("the note contains a control character")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise Malformed("the note is not valid UTF-8") from None
        text, separator, lines = whole.rpartition("\n\n")
        if not separator:
            raise Malformed("the note has no empty line between text and signatures")
        if not lines.endswith("\n"):
            raise Malformed("the note does not end in signature lines, each ending in a newline")
        if lines.count("\n") > MAX_SIGNATURES:
            raise Malformed(f"the note has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines[:-1].split("\n")))

    def serialise(self) -> bytes:
        """Return the note's bytes: the text, an empty line, the signature lines."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    def by(self, key: VerifierKey) -> bytes:
        """Return the one signature made under this key, not yet verified.

        Raises `SignatureInvalid` if there is none, or more than one: verifiers that check the first and
        verifiers that check the last must never get different results.
        """
        key_id = key.key_id
        signatures = [s.signature for s in self.signatures if s.name == key.name and s.key_id == key_id]
        if not signatures:
            raise SignatureInvalid("signature", f"no {key.algorithm} signature by {key}")
        if len(signatures) > 1:
            raise SignatureInvalid("signature", f"repeated {key.algorithm} signature by {key}")
        return signatures[0]

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """Return the same text with further lines after the present ones, without repeating lines."""
        added = tuple(line for line in more if line not in self.signatures)
        return Note(self.text, self.signatures + tuple(dict.fromkeys(added)))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, for one signature type. Its text form is the *vkey*.

    Raises `Malformed`. Of an ML-DSA-44 key only the length is checked: any 1312 bytes are one.
    """

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.kind not in PUBLIC_KEY_SIZES:
            raise Malformed(f"signature type {self.kind:#04x} is not known here")
        if len(self.public_key) != PUBLIC_KEY_SIZES[self.kind]:
            raise Malformed(f"the {self.algorithm} public key has a wrong length")
        if self.kind != MLDSA44_COSIGNATURE:
            Ed25519Key(self.public_key)

    @property
    def algorithm(self) -> str:
        """Return the algorithm's name, for people."""
        return "ML-DSA-44" if self.kind == MLDSA44_COSIGNATURE else "Ed25519"

    @property
    def key_id(self) -> bytes:
        """Return SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]: an identifier of 4 bytes, not a commitment."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """Return name and key id, for messages."""
        return f"{self.name}+{self.key_id.hex()}"

    def vkey(self) -> str:
        """Return `<name>+<key id, 8 hex digits>+<base64 of type ‖ public key>`."""
        return f"{self}+{encode_base64(bytes([self.kind]) + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Parse its text form. Raises `Malformed`, also if the key id is not that of the key."""
        name, _, rest = vkey.partition("+")
        key_id, separator, encoded = rest.partition("+")
        if not separator:
            raise Malformed("a verifier key is not of the form name+id+key")
        material = decode_base64(encoded, "a verifier key")
        if not material:
            raise Malformed("a verifier key is empty")
        key = cls(name, material[0], material[1:])
        if key.key_id.hex() != key_id:
            raise Malformed("the id of a verifier key is not that of its key")
        return key


def verify_ed25519(note: Note, key: VerifierKey) -> None:
    """Prove that `key` (type 01) signed the note's text, once. Raises `SignatureInvalid` otherwise."""
    if key.kind != ED25519:
        raise ValueError("not a key for plain note signatures")
    signature = note.by(key)
    try:
        Ed25519Key(key.public_key).verify(signature, note.text.encode())
    except SignatureInvalid:
        raise SignatureInvalid("signature", f"wrong Ed25519 signature by {key}") from None


def check_key_name(name: str) -> None:
    """Raise `Malformed` unless `name` is non-empty without Unicode spaces, plus or control characters."""
    if not name or "+" in name or any(c.isspace() or c < " " or "\ud800" <= c <= "\udfff" for c in name):
        raise Malformed("a key name is empty or contains a space, a plus or what is not a character")


def encode_base64(data: bytes) -> str:
    """Encode in standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(encoded: str, what: str) -> bytes:
    """Decode standard, padded base64 in the one form its encoder gives. Raises `Malformed` naming `what`."""
    # Versions of Python differ in what their strict decoder accepts, and each accepts stray bits in the last
    # character; two texts must not mean the same bytes.
    with suppress(ValueError):  # binascii.Error, and characters beyond ASCII
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
        if binascii.b2a_base64(decoded, newline=False).decode("ascii") == encoded:
            return decoded
    raise Malformed(f"{what} is not standard base64")
