"""The trust policy: the public keys a verifier must know from a trusted source, in one small text file.

A package from the center contains its policy. Checked only against that, a package proves only that it agrees
with itself: the author of an entirely false package makes its policy too. So courts register the policy
beforehand, by the fingerprint on the center's trust sheet, and the verifier compares bytes.

The form is that of C2SP tlog-policy, narrowed and with lines of our own: `center` and `keys` here,
`authority` and `timestamps` with the witnesses in `named_parties`. Unknown lines are refused, never skipped.

Trusts nothing; its reader must know whether a policy is *the* policy.

Specification: docs/spec/witnessing.md; https://c2sp.org/tlog-policy; https://c2sp.org/signed-note (vkeys).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.encoding.signed_note import ED25519, MLDSA44_COSIGNATURE, VerifierKey, encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.tlog.origin import parse_origin
from chain_of_custody.trust.named_parties import KEYWORDS, Group, ThirdParties, ThirdPartyLines, policy_lines

MAX_POLICY = 65_536
"""Maximum bytes of a policy; one without witnesses has about two thousand."""

_KEYS = {"trial": True, "protected": False}
_TITLE = "# Amana trust policy. Register it by the SHA-256 of this whole file.\n"


@dataclass(frozen=True)
class TrustPolicy:
    """The public keys and parties that a verifier trusts, as one file lists them.

    `log_keys`: the ledger's origin and two public keys, both required. `center`: 32-byte Ed25519 key that
    signs what people and the system do. `trial`: the center's private keys are unprotected on its server.
    `third_parties`: witnesses, their quorum, timestamping authorities. `data`: the file's bytes.
    """

    log_keys: LogKeys
    center: bytes
    trial: bool
    third_parties: ThirdParties
    data: bytes

    @classmethod
    def make(
        cls,
        log_keys: LogKeys,
        center: bytes,
        *,
        trial: bool,
        third_parties: ThirdParties = ThirdParties(),  # noqa: B008  # frozen, and empty
    ) -> TrustPolicy:
        """Return the policy of a center with these public keys, in canonical order and without addresses.

        Raises `Malformed` if the keys are invalid or inconsistent.
        """
        ed25519, mldsa44 = log_keys.vkeys()
        lines = (
            _TITLE,
            f"log {ed25519}\n",
            f"log {mldsa44}\n",
            f"center {encode_base64(center)}\n",
            f"keys {'trial' if trial else 'protected'}\n",
            third_parties.published().lines(),
        )
        return cls.parse("".join(lines).encode())

    @classmethod
    def parse(cls, data: bytes) -> TrustPolicy:
        """Read a policy file. Raises `Malformed` if a line is unknown, missing, or present twice."""
        logs: dict[int, VerifierKey] = {}
        once: dict[str, str] = {}
        others = ThirdPartyLines()
        for what, keyword, values in policy_lines(data, MAX_POLICY):
            if keyword in KEYWORDS:
                others.add(what, keyword, values)
                continue
            if keyword not in ("log", "center", "keys"):
                raise Malformed(f"{what}: {keyword[:40]!r} is not known")
            if len(values) != 1:
                raise Malformed(f"{what}: not {keyword} and one value")
            if keyword == "log":
                key = VerifierKey.parse(values[0])
                if key.kind not in (ED25519, MLDSA44_COSIGNATURE):
                    raise Malformed(f"{what}: a log signs with Ed25519 (01) and ML-DSA-44 (06) only")
                if key.kind in logs:
                    raise Malformed(f"{what}: a second {key.algorithm} key of the log")
                logs[key.kind] = key
            elif keyword in once:
                raise Malformed(f"{what}: a second {keyword} line")
            else:
                once[keyword] = values[0]
        if len(once) != 2 or len(logs) != 2:
            raise Malformed("policy: there must be two log lines, and one each of center, keys, quorum")
        return cls._from_lines(logs, once, others.end(), data)

    @classmethod
    def _from_lines(
        cls, logs: dict[int, VerifierKey], once: dict[str, str], others: ThirdParties, data: bytes
    ) -> TrustPolicy:
        if logs[ED25519].name != logs[MLDSA44_COSIGNATURE].name:
            raise Malformed("policy: the two log keys are of different logs")
        log_keys = LogKeys(logs[ED25519].name, logs[ED25519].public_key, logs[MLDSA44_COSIGNATURE].public_key)
        parse_origin(log_keys.origin, "policy log")
        center = Ed25519Key(canonical_json.base64_bytes(once["center"], 32, "policy center")).raw
        if center == log_keys.ed25519:
            raise Malformed("policy: the center signs with a key of its own, not the log's")
        if once["keys"] not in _KEYS:
            raise Malformed("policy: keys are neither trial nor protected")
        own = {log_keys.ed25519, log_keys.mldsa44, center}
        own_lines = {str(key) for key in logs.values()}
        if any(key.public_key in own or str(key) in own_lines for key in others.witnesses.values()):
            # Otherwise the log would vouch for itself.
            raise Malformed("policy: a witness signs with a key of the center's own")
        return cls(log_keys, center, _KEYS[once["keys"]], others, data)

    def published(self) -> TrustPolicy:
        """Return the policy as courts register it: in canonical order, without addresses and comments."""
        return self.make(self.log_keys, self.center, trial=self.trial, third_parties=self.third_parties)

    @property
    def witnesses(self) -> Mapping[str, VerifierKey]:
        """Return the cosigning keys (types 04 and 06) by the names that groups and the quorum use."""
        return self.third_parties.witnesses

    @property
    def groups(self) -> Mapping[str, Group]:
        """Return the policy's groups of witnesses, by name."""
        return self.third_parties.groups

    @property
    def quorum(self) -> str:
        """Return the witness or group that must have witnessed a checkpoint, or "none"."""
        return self.third_parties.quorum

    @property
    def authorities(self) -> Mapping[str, bytes]:
        """Return the trust anchors (X.509 in DER) of the RFC 3161 authorities, by code."""
        return self.third_parties.authorities

    @property
    def timestamps(self) -> int:
        """Return how many different authorities must have stamped every seal."""
        return self.third_parties.timestamps

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the file's bytes, in hexadecimal, which a court registers."""
        return sha256(self.data).hexdigest()

    @property
    def deployment(self) -> str:
        """Return the center's id, which its ledger's origin names."""
        return parse_origin(self.log_keys.origin)[0]

    @property
    def center_key(self) -> KeyRecord:
        """Return the center's key record, for verifying statements."""
        return KeyRecord(self.center, "center", "center")
