"""The trust policy: the public keys a verifier must know from a trusted source, in one small text file.

A folder from the center carries its policy with it. Checked against that alone, a folder proves only that
it agrees with itself: whoever makes a whole false folder makes its policy too. So courts register the
policy beforehand, by the fingerprint on the center's trust sheet, and the verifier compares bytes.

The form is that of C2SP tlog-policy, narrowed and with two lines of our own, `center` and `keys`. What this
version cannot check (witnesses, other quorums) is refused, never skipped.

Trusts nothing; whether a policy is *the* policy is for its reader to know.

Specification: docs/spec/court-folder.md; https://c2sp.org/tlog-policy; https://c2sp.org/signed-note (vkeys).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from chain_of_custody import canonical
from chain_of_custody.checkpoints import LogKeys
from chain_of_custody.errors import Malformed
from chain_of_custody.keys import KeyRecord
from chain_of_custody.notes import ED25519, MLDSA44_COSIGNATURE, VerifierKey, encode_base64

MAX_POLICY = 65_536
"""Bytes of a policy that are read; one without witnesses has about two thousand."""

_ORIGIN = re.compile(r"amana/([0-9a-f]{32})")
_NOT_ALLOWED = bytes(byte for byte in range(0x20) if byte not in (0x09, 0x0A)) + b"\x7f"
_KEYS = {"trial": True, "protected": False}
_TITLE = "# Amana trust policy. Register it by the SHA-256 of this whole file.\n"


@dataclass(frozen=True)
class TrustPolicy:
    """`log_keys`: the ledger's origin and two public keys, both required. `center`: 32-byte Ed25519 key that
    signs what people and the system do. `trial`: the center's private keys lie unprotected on its server.
    `data`: the file's bytes."""

    log_keys: LogKeys
    center: bytes
    trial: bool
    data: bytes

    @classmethod
    def make(cls, log_keys: LogKeys, center: bytes, *, trial: bool) -> TrustPolicy:
        """The policy of a center with these public keys. Raises `Malformed` if they are no such keys."""
        ed25519, mldsa44 = log_keys.vkeys()
        lines = (
            f"log {ed25519}\n",
            f"log {mldsa44}\n",
            f"center {encode_base64(center)}\n",
            f"keys {'trial' if trial else 'protected'}\n",
            "quorum none\n",
        )
        return cls.parse((_TITLE + "".join(lines)).encode())

    @classmethod
    def parse(cls, data: bytes) -> TrustPolicy:
        """Read a policy file. Raises `Malformed` if a line is not known, missing, or there twice."""
        logs: dict[int, VerifierKey] = {}
        once: dict[str, str] = {}
        for number, (keyword, value) in _lines(data):
            what = f"policy line {number}"
            if keyword == "log":
                key = VerifierKey.parse(value)
                if key.kind not in (ED25519, MLDSA44_COSIGNATURE):
                    raise Malformed(f"{what}: a log signs with Ed25519 (01) and ML-DSA-44 (06) only")
                if key.kind in logs:
                    raise Malformed(f"{what}: a second {key.algorithm} key of the log")
                logs[key.kind] = key
            elif keyword not in ("center", "keys", "quorum"):
                raise Malformed(f"{what}: {keyword[:40]!r} is not known")
            elif keyword in once:
                raise Malformed(f"{what}: a second {keyword} line")
            else:
                once[keyword] = value
        missing = [name for name in ("center", "keys", "quorum") if name not in once]
        if missing or len(logs) != 2:
            raise Malformed("policy: there must be two log lines, and one each of center, keys, quorum")
        return cls._from_lines(logs, once, data)

    @classmethod
    def _from_lines(cls, logs: dict[int, VerifierKey], once: dict[str, str], data: bytes) -> TrustPolicy:
        if logs[ED25519].name != logs[MLDSA44_COSIGNATURE].name:
            raise Malformed("policy: the two log keys are of different logs")
        log_keys = LogKeys(logs[ED25519].name, logs[ED25519].public_key, logs[MLDSA44_COSIGNATURE].public_key)
        if not _ORIGIN.fullmatch(log_keys.origin):
            raise Malformed("policy: the log is not called amana/ and a deployment's id")
        center = canonical.base64_bytes(once["center"], 32, "policy center")
        if center == log_keys.ed25519:
            raise Malformed("policy: the center signs with a key of its own, not the log's")
        if once["keys"] not in _KEYS:
            raise Malformed("policy: keys are neither trial nor protected")
        if once["quorum"] != "none":
            raise Malformed("policy: this version does not check witnesses, so the quorum must be none")
        return cls(log_keys, center, _KEYS[once["keys"]], data)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal: what a court registers."""
        return sha256(self.data).hexdigest()

    @property
    def deployment(self) -> str:
        """The center's id, which its ledger's origin names."""
        return self.log_keys.origin.removeprefix("amana/")

    @property
    def center_key(self) -> KeyRecord:
        """The center's key, as statements are verified with."""
        return KeyRecord(self.center, "center", "center")


def _lines(data: bytes) -> list[tuple[int, tuple[str, str]]]:
    """The lines that mean something: (line number, (keyword, value)), values without spaces."""
    if len(data) > MAX_POLICY:
        raise Malformed(f"policy: longer than {MAX_POLICY} bytes")
    if not data.endswith(b"\n") or len(data.translate(None, _NOT_ALLOWED)) != len(data):
        raise Malformed("policy: not lines of text, each ended by a newline")
    found = []
    for number, raw in enumerate(data[:-1].split(b"\n"), start=1):
        # Octets beyond ASCII are opaque to C2SP tlog-policy; Latin-1 keeps each as it is.
        line = raw.decode("latin-1").strip(" \t")
        if not line or line.startswith("#"):
            continue
        fields = re.split(r"[ \t]+", line)
        if fields[0] in ("witness", "group"):
            raise Malformed(f"policy line {number}: this version does not check witnesses, and skips none")
        if len(fields) != 2:
            raise Malformed(f"policy line {number}: not a keyword and one value")
        found.append((number, (fields[0], fields[1])))
    return found
