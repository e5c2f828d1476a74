"""The trust file: the witnesses, the quorum, the timestamping authorities; and the policy made from it.

    witness court-ed25519 court.example/witness+0a1b2c3d+… https://witness.court.example
    …
    quorum quorum

Its lines are those of the policy (docs/spec/witnessing.md), and the addresses, which are never published. The
administrator changes it with `amana policy`, or by hand. An existing but invalid file stops everything that
needs a policy: a typing mistake must not drop a witness.

When the published policy changes, the registry states it (`policy.changed`). So it can be shown when an
earlier one was valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from casework.center import Center
from casework.database.models import Person
from casework.errors import Refused
from casework.ledger import custody_log, registry_statements, statement_index
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import VerifierKey
from chain_of_custody.errors import ChainConflict, Malformed
from chain_of_custody.timestamping.certificate_chain import parse_anchor
from chain_of_custody.trust.named_parties import (
    KEYWORDS,
    NO_QUORUM,
    Group,
    ThirdParties,
    ThirdPartyLines,
    policy_lines,
)
from chain_of_custody.trust.policy import MAX_POLICY, TrustPolicy
from vault import disk

MAX_LINES = MAX_POLICY - 4_096
"""Bytes of the trust file: the published policy has the ledger's own keys besides, and the same limit."""
ATTEMPTS = 100
"""How often to read the registry again because another process appended first."""
QUORUM = "quorum"
"""The name of the group for a quorum of several."""
_TITLE = "# Whom Amana asks to witness its ledger and to stamp its time. Changed by: amana policy\n"
_SUFFIXES = {0x04: "ed25519", 0x06: "mldsa44"}


def read(path: Path | None) -> ThirdParties:
    """Read the trust file; no parties if there is none. Raises `Malformed`, `OSError`."""
    if path is None:
        return ThirdParties()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_POLICY + 1)
    except FileNotFoundError:
        return ThirdParties()
    try:
        lines = ThirdPartyLines()
        for what, keyword, values in policy_lines(data, MAX_POLICY):
            if keyword not in KEYWORDS:
                raise Malformed(f"{what}: {keyword[:40]!r} is not known")
            lines.add(what, keyword, values)
        return lines.end()
    except Malformed as error:
        raise Malformed(f"{path.name}: {error}") from None


def write(path: Path, parties: ThirdParties) -> None:
    """Write the trust file: atomic, durable on return; comments are not preserved.

    Raises `vault.errors.WriteFailed`.
    """
    disk.replace(disk.DISK, path, (_TITLE + parties.lines()).encode("ascii"))


def policy(center: Center) -> TrustPolicy:
    """Return the center's published trust policy, which courts register and viewers check against.

    Raises `Malformed` for an invalid trust file.
    """
    public = center.keyholder.public_keys()
    return TrustPolicy.make(
        center.log_keys,
        public.center,
        trial=center.keyholder.status().trial,
        third_parties=read(center.trust),
    )


def state_policy(center: Center, by: Person | None = None) -> bool:
    """State the current policy in the registry, unless it is the last one stated; return whether it did.

    `by`: who changed it; None: the system, which found it changed.
    """
    fingerprint = policy(center).fingerprint
    draft = registry_statements.draft(center, by, "policy.changed", {"policy": fingerprint})
    for _ in range(ATTEMPTS):
        head = custody_log.head(center, center.deployment)
        if stated(center) == fingerprint:
            return False
        try:
            custody_log.append_together(center, [draft], {} if head is None else {center.deployment: head})
        except ChainConflict:
            continue  # another process may have stated the same: check again
        return True
    raise ChainConflict("the registry keeps moving on")


def stated(center: Center) -> str | None:
    """Return the fingerprint of the policy that the registry stated last."""
    last = statement_index.last_statement(center, center.deployment, "policy.changed")
    return None if last is None else str(last.statement.body["policy"])


# --- changes; each returns the new content of the file ----------------------------------------------------


def with_witness(parties: ThirdParties, name: str, url: str, vkeys: Sequence[str]) -> ThirdParties:
    """Add a witness: with two keys, two lines and the group `name` of both; with one, one line.

    Raises `Malformed` for invalid keys or name, `Refused` for an invalid address or a name in use.
    """
    canonical_json.code(name, "the witness's name")
    keys = [VerifierKey.parse(vkey) for vkey in vkeys]
    address = _address(url)
    if len({key.kind for key in keys}) != len(keys) or not all(key.kind in _SUFFIXES for key in keys):
        raise Malformed("a witness has one key of type 04, or one of type 06, or one of each")
    if {name, *(f"{name}-{suffix}" for suffix in _SUFFIXES.values())} & {*parties.witnesses, *parties.groups}:
        raise Refused(f"{name} is there already")
    lines = {f"{name}-{_SUFFIXES[key.kind]}" if len(keys) > 1 else name: key for key in keys}
    group = {name: Group(len(lines), tuple(lines))} if len(keys) > 1 else {}
    return replace(
        parties,
        witnesses={**parties.witnesses, **lines},
        groups={**parties.groups, **group},
        urls={**parties.urls, **{("witness", line): address for line in lines}},
    )


def without_witness(parties: ThirdParties, name: str) -> ThirdParties:
    """Remove a witness. Raises `Refused` if it does not exist, or if the quorum needs it."""
    group = parties.groups.get(name)
    lines = set(group.members if group is not None else (name,)) & parties.witnesses.keys()
    if not lines:
        raise Refused(f"there is no witness {name}")
    removed = lines | {name}
    users = [other for other, one in parties.groups.items() if other != name and removed & set(one.members)]
    if users or parties.quorum in removed:
        raise Refused(f"the quorum counts on {name}; change it first: amana policy quorum …")
    return replace(
        parties,
        witnesses={line: key for line, key in parties.witnesses.items() if line not in removed},
        groups={other: one for other, one in parties.groups.items() if other not in removed},
        urls={key: url for key, url in parties.urls.items() if key not in {("witness", n) for n in lines}},
    )


def with_quorum(parties: ThirdParties, rule: str, names: Sequence[str]) -> ThirdParties:
    """Change the quorum: `rule` is "none", "all", "any" or a number, of these witnesses or groups.

    Raises `Malformed`, `Refused`.
    """
    groups = {name: one for name, one in parties.groups.items() if name != QUORUM}
    if rule == NO_QUORUM:
        if names:
            raise Refused("quorum none has no names")
        return replace(parties, groups=groups, quorum=NO_QUORUM)
    named = {"all": len(names), "any": 1}
    if rule not in named and not (rule.isascii() and rule.isdigit() and len(rule) < 4):
        raise Refused(f"{rule!r} is no quorum: none, all, any, or a number")
    unknown = [name for name in names if name not in parties.witnesses and name not in groups]
    if unknown or not names:
        raise Refused(f"no witness and no group {', '.join(unknown)}" if unknown else "a quorum of whom?")
    groups[QUORUM] = Group(named[rule] if rule in named else int(rule), tuple(names))
    return replace(parties, groups=groups, quorum=QUORUM)


def with_authority(parties: ThirdParties, name: str, url: str, certificate: bytes) -> ThirdParties:
    """Add an RFC 3161 authority, by its trust anchor in DER. Raises `Malformed`, `Refused`."""
    if name in parties.authorities:
        raise Refused(f"{name} is there already")
    parse_anchor(certificate)
    return replace(
        parties,
        authorities={**parties.authorities, name: certificate},
        urls={**parties.urls, ("authority", name): _address(url)},
    )


def without_authority(parties: ThirdParties, name: str) -> ThirdParties:
    """Remove an authority. Raises `Refused` if it does not exist, or if too few remain for `timestamps`."""
    if name not in parties.authorities:
        raise Refused(f"there is no authority {name}")
    if parties.timestamps == len(parties.authorities):
        raise Refused(f"each seal needs {parties.timestamps}; ask for fewer first: amana policy timestamps …")
    return replace(
        parties,
        authorities={other: one for other, one in parties.authorities.items() if other != name},
        urls={key: url for key, url in parties.urls.items() if key != ("authority", name)},
    )


def with_timestamps(parties: ThirdParties, count: int) -> ThirdParties:
    """Require timestamps of this many different authorities for every seal. Raises `Malformed`."""
    return replace(parties, timestamps=count)


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise Refused(f"{url!r} is no address such as https://witness.court.example")
    return url
