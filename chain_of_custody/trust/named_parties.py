"""Named parties of a policy: the ledger's witnesses with their quorum, and timestamping authorities.

The lines `witness`, `group`, `quorum` are those of C2SP tlog-policy; `authority` and `timestamps` are ours.
They are in the trust policy (`policy`) and, with these parties' addresses, in the center's trust file. The
form is narrower than C2SP: meaningful lines are ASCII, and there are limits.

Trusts nothing. The reader of the policy must know whether these are the right witnesses.

Specification: docs/spec/witnessing.md; https://c2sp.org/tlog-policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import (
    ED25519_COSIGNATURE,
    MAX_COSIGNER,
    MLDSA44_COSIGNATURE,
    VerifierKey,
    decode_base64,
    encode_base64,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.timestamping.certificate_form import key_bits
from chain_of_custody.tlog.checkpoint import parse_decimal

MAX_WITNESSES = 64
"""Maximum witness lines: 32 witnesses that sign with both algorithms."""
MAX_GROUPS = 32
MAX_AUTHORITIES = 8
MAX_CERTIFICATE = 8_192
"""Maximum bytes of DER."""
NO_QUORUM = "none"
KEYWORDS = frozenset({"witness", "group", "quorum", "authority", "timestamps"})

_NAME = re.compile(r"[\x21-\x7e]{1,64}")
_URL = re.compile(r"[\x21-\x7e]{1,500}")
_NOT_ALLOWED = bytes(byte for byte in range(0x20) if byte not in (0x09, 0x0A)) + b"\x7f"


@dataclass(frozen=True, slots=True)
class Group:
    """A group. It has witnessed what at least `threshold` of its `members` (witnesses or groups) have."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedWitness:
    """A witness as people count them. `keys`: the policy's names of its keys, one or two."""

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class ThirdParties:
    """Witnesses, groups and authorities, by name. Raises `Malformed` if they are inconsistent.

    `witnesses`: keys of types 04 and 06. `quorum`: the witness or group that must have witnessed, or "none".
    `authorities`: trust anchors (X.509 in DER) of RFC 3161 authorities. `timestamps`: how many different
    authorities every seal needs. `urls`: addresses of these parties, by "witness" or "authority" and name;
    never published.
    """

    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NO_QUORUM
    authorities: Mapping[str, bytes] = field(default_factory=dict)
    timestamps: int = 0
    urls: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, found, limit in (
            ("witness lines", self.witnesses, MAX_WITNESSES),
            ("groups", self.groups, MAX_GROUPS),
            ("authorities", self.authorities, MAX_AUTHORITIES),
        ):
            if len(found) > limit:
                raise Malformed(f"policy: more than {limit} {what}")
        self._check_witnesses()
        self._check_groups()
        if self.quorum != NO_QUORUM and self.quorum not in {*self.witnesses, *self.groups}:
            raise Malformed(f"policy: the quorum {self.quorum!r} is no witness and no group")
        for name, certificate in self.authorities.items():
            canonical_json.code(name, "policy authority")
            _check_der(certificate, name)
        # Two certificates of one key are one authority: one token would count twice.
        if len(set(map(_identity, self.authorities.values()))) != len(self.authorities):
            raise Malformed("policy: one authority under two names")
        if not 0 <= self.timestamps <= len(self.authorities):
            raise Malformed("policy: more timestamps are asked for than there are authorities")

    def _check_witnesses(self) -> None:
        for name, key in self.witnesses.items():
            _check_name(name)
            if key.kind not in (ED25519_COSIGNATURE, MLDSA44_COSIGNATURE):
                raise Malformed(f"policy: witness {name} does not sign with type 04 or 06")
            if len(key.name.encode()) > MAX_COSIGNER:
                raise Malformed(f"policy: witness {name} has a key with a name of over {MAX_COSIGNER} bytes")
        keys = self.witnesses.values()
        # One key under two names would count twice; with two keys of one id, a line's key would be unclear.
        if len({key.public_key for key in keys}) != len(keys) or len({str(key) for key in keys}) != len(keys):
            raise Malformed("policy: one witness key under two names")

    def _check_groups(self) -> None:
        if both := self.witnesses.keys() & self.groups.keys():
            raise Malformed(f"policy: {min(both)} is a witness and a group")
        defined, members = set(self.witnesses), set[str]()
        for name, group in self.groups.items():
            _check_name(name)
            if not 1 <= group.threshold <= len(group.members):
                raise Malformed(f"policy: group {name} asks for more members than it has, or for none")
            for member in group.members:
                if member not in defined:
                    raise Malformed(f"policy: {member[:64]!r} in group {name} is not defined before it")
                if member in members:
                    raise Malformed(f"policy: {member} is in groups twice, so it would count twice")
                members.add(member)
            defined.add(name)

    def quorum_met(self, cosigned: Iterable[str]) -> bool:
        """Return whether these witnesses, whose cosignatures were verified, meet the quorum."""
        done = set(cosigned)
        for name, group in self.groups.items():  # members are defined before their group
            if sum(member in done for member in group.members) >= group.threshold:
                done.add(name)
        return self.quorum == NO_QUORUM or self.quorum in done

    @property
    def named_witnesses(self) -> tuple[NamedWitness, ...]:
        """Return the witnesses as people count them, by name: a signer with two keys is one, not two.

        A group that requires all its members, which are two keys of one signer, is one witness with the
        group's name. Any other key counts alone in the quorum, and so is a witness of its own here.
        """
        pairs = [NamedWitness(name, one.members) for name, one in self.groups.items() if self._is_pair(one)]
        paired = {key for pair in pairs for key in pair.keys}
        alone = [NamedWitness(name, (name,)) for name in self.witnesses if name not in paired]
        return tuple(sorted((*pairs, *alone), key=lambda witness: witness.name))

    def _is_pair(self, group: Group) -> bool:
        keys = [self.witnesses[member] for member in group.members if member in self.witnesses]
        whole = len(group.members) == len(keys) == group.threshold == 2
        return whole and len({key.name for key in keys}) == 1

    @property
    def quorum_of(self) -> Group | None:
        """Return the quorum for people: how many of whom. None if the policy requires no witness."""
        if self.quorum == NO_QUORUM:
            return None
        if self.quorum in {witness.name for witness in self.named_witnesses}:
            return Group(1, (self.quorum,))
        return self.groups[self.quorum]

    def published(self) -> ThirdParties:
        """Return the same without addresses."""
        return replace(self, urls={})

    def lines(self) -> str:
        """Return the canonical lines: witnesses, groups, quorum, authorities, timestamps (if required)."""

        def url(kind: str, name: str) -> str:
            return f" {self.urls[kind, name]}" if (kind, name) in self.urls else ""

        return "".join(
            (
                *(f"witness {n} {key.vkey()}{url('witness', n)}\n" for n, key in self.witnesses.items()),
                *(f"group {n} {_spell(g)} {' '.join(g.members)}\n" for n, g in self.groups.items()),
                f"quorum {self.quorum}\n",
                *(
                    f"authority {n} {encode_base64(certificate)}{url('authority', n)}\n"
                    for n, certificate in self.authorities.items()
                ),
                *((f"timestamps {self.timestamps}\n",) if self.timestamps else ()),
            )
        )


class ThirdPartyLines:
    """Collects the lines of one file, in their order. `add` and `end` raise `Malformed`."""

    def __init__(self) -> None:
        self._witnesses: dict[str, VerifierKey] = {}
        self._groups: dict[str, Group] = {}
        self._authorities: dict[str, bytes] = {}
        self._urls: dict[tuple[str, str], str] = {}
        self._quorum: str | None = None
        self._timestamps: int | None = None

    def add(self, what: str, keyword: str, values: list[str]) -> None:
        """Add one line. `what`: its name in messages; `keyword`: one of `KEYWORDS`."""
        match keyword, values:
            case "witness", [name, vkey, *url] if len(url) <= 1:
                self._new(what, name, self._witnesses, self._groups)
                self._witnesses[name] = VerifierKey.parse(vkey)
                self._address(what, "witness", name, url)
            case "group", [name, threshold, *members] if members:
                self._new(what, name, self._witnesses, self._groups)
                # C2SP tlog-policy: only names from earlier lines, so there are no cycles.
                if unknown := set(members) - self._witnesses.keys() - self._groups.keys():
                    raise Malformed(f"{what}: {min(unknown)[:64]!r} is not defined before it")
                self._groups[name] = Group(_threshold(what, threshold, len(members)), tuple(members))
            case "quorum", [name]:
                if self._quorum is not None:
                    raise Malformed(f"{what}: a second quorum line")
                if name != NO_QUORUM and name not in {*self._witnesses, *self._groups}:
                    raise Malformed(f"{what}: the quorum {name[:64]!r} is not defined before it")
                self._quorum = name
            case "authority", [name, certificate, *url] if len(url) <= 1:
                self._new(what, name, self._authorities)
                self._authorities[name] = decode_base64(certificate, f"{what}: the certificate")
                self._address(what, "authority", name, url)
            case "timestamps", [count]:
                if self._timestamps is not None:
                    raise Malformed(f"{what}: a second timestamps line")
                self._timestamps = parse_decimal(count, f"{what}: the number of timestamps")
            case _:
                raise Malformed(f"{what}: not the values that {keyword} has")

    def end(self) -> ThirdParties:
        """Return the parties that all lines define."""
        if self._quorum is None:
            raise Malformed("policy: there must be one quorum line")
        return ThirdParties(
            self._witnesses,
            self._groups,
            self._quorum,
            self._authorities,
            self._timestamps or 0,
            self._urls,
        )

    @staticmethod
    def _new(what: str, name: str, *taken: Mapping[str, object]) -> None:
        if any(name in names for names in taken):
            raise Malformed(f"{what}: a second {name[:64]!r}")

    def _address(self, what: str, kind: str, name: str, url: list[str]) -> None:
        if url:
            if not _URL.fullmatch(url[0]):
                raise Malformed(f"{what}: the address is longer than 500 characters")
            self._urls[kind, name] = url[0]


def policy_lines(data: bytes, limit: int) -> list[tuple[str, str, list[str]]]:
    """Return the meaningful lines: (name for messages, keyword, values). Raises `Malformed`."""
    if len(data) > limit:
        raise Malformed(f"policy: longer than {limit} bytes")
    if not data.endswith(b"\n") or len(data.translate(None, _NOT_ALLOWED)) != len(data):
        raise Malformed("policy: not lines of text, each ended by a newline")
    lines = []
    for number, raw in enumerate(data[:-1].split(b"\n"), start=1):
        line = raw.strip(b" \t")
        if not line or line.startswith(b"#"):
            continue  # comments may have any octets beyond ASCII
        if not line.isascii():
            raise Malformed(f"policy line {number}: characters beyond ASCII outside of a remark")
        keyword, *values = re.split(r"[ \t]+", line.decode("ascii"))
        lines.append((f"policy line {number}", keyword, values))
    return lines


def _threshold(what: str, text: str, members: int) -> int:
    named = {"all": members, "any": 1}
    return named[text] if text in named else parse_decimal(text, f"{what}: the group's threshold")


def _spell(group: Group) -> str:
    if group.threshold == len(group.members):
        return "all"
    return "any" if group.threshold == 1 else str(group.threshold)


def _check_name(name: str) -> None:
    if name == NO_QUORUM or not _NAME.fullmatch(name):
        raise Malformed(f"policy: {name[:64]!r} is no name (1 to 64 visible ASCII characters, and not none)")


def _identity(certificate: bytes) -> bytes:
    """Return the authority's public key, or the whole certificate if no key can be read.

    In that case no token is valid.
    """
    try:
        return key_bits(certificate)
    except Malformed:
        return certificate


def _check_der(certificate: bytes, name: str) -> None:
    """Check for one DER SEQUENCE with nothing after it; verifying a token under it checks more."""
    size = len(certificate)
    # No certificate is so short that its length takes less than two bytes (0x82).
    if not 260 <= size <= MAX_CERTIFICATE or certificate[:4] != b"\x30\x82" + (size - 4).to_bytes(2, "big"):
        raise Malformed(
            f"policy: authority {name} has no certificate in DER of 260 to {MAX_CERTIFICATE} bytes"
        )
