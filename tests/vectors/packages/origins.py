"""Where a package comes from: made wholly anew with other keys, or given under another policy."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages import court_packages as made
from tests.support.packages.alterations import changed, lines, listed
from tests.vectors.packages.cases import CENTER, CONSISTENT, SMALL, Case, refused
from tests.vectors.packages.centers import Deployment, honest

POLICY = "data/policy.txt"
OTHER = "it is not the policy that was registered"


def forged(folder: Path) -> None:
    """Every byte as an honest center would make it, with keys of the forger's own, for the same deployment;
    the witnesses, the authority and the person are the forger's friends."""
    center, recording = honest(Deployment(seed=60))
    center.export(folder, [recording])


def under_the_genuine_policy(folder: Path) -> None:
    (folder / POLICY).write_bytes(base_policy())
    made.list_again(folder)


def base_policy() -> bytes:
    return Deployment().policy.data


CASES = (
    Case(
        "forged",
        "Made wholly anew, with the forger's keys, policy and ledger.",
        refused(3, "NotProved", OTHER, POLICY),
        forged,
    ),
    Case(
        "forged-unregistered",
        "Made wholly anew; no policy was registered, so its origin is not known.",
        CONSISTENT,
        forged,
        policy=None,
    ),
    Case(
        "forged-under-the-genuine-policy",
        "Made wholly anew, with the center's policy put in.",
        refused(
            4, "SignatureInvalid", "no Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2"
        ),
        forged,
        under_the_genuine_policy,
    ),
    Case(
        "forged-under-the-genuine-policy-unregistered",
        "The same, and no policy was registered.",
        refused(
            4, "SignatureInvalid", "no Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2"
        ),
        forged,
        under_the_genuine_policy,
        policy=None,
    ),
    Case(
        "policy-of-another-center",
        "Another policy was registered.",
        refused(3, "NotProved", OTHER, POLICY),
        policy=SMALL,
    ),
    Case(
        "policy-with-other-key",
        "A letter of a key in the policy.",
        refused(3, "Malformed", "policy center is not standard base64"),
        alter=listed(changed(POLICY, b"center ", b"center A")),
        policy=None,
    ),
    Case(
        "policy-without-a-log-key",
        "The ledger's second key is left out of the policy.",
        refused(3, "Malformed", "policy: there must be two log lines, and one each of center, keys, quorum"),
        alter=listed(lines(POLICY, lambda each: [line for number, line in enumerate(each) if number != 2])),
        policy=None,
    ),
    Case(
        "policy-without-quorum",
        "The policy asks for no witnesses any more.",
        refused(14, "Altered", "the package is not the one that was exported", "statement 8"),
        alter=listed(changed(POLICY, b"quorum two", b"quorum none")),
        policy=None,
    ),
    Case(
        "policy-without-quorum-registered",
        "The same, where the center's policy was registered.",
        refused(3, "NotProved", OTHER, POLICY),
        alter=listed(changed(POLICY, b"quorum two", b"quorum none")),
        policy=CENTER,
    ),
    Case(
        "policy-with-a-lower-threshold",
        "A group of the policy asks for fewer.",
        refused(3, "NotProved", OTHER, POLICY),
        alter=listed(changed(POLICY, b"group two 2", b"group two 1")),
    ),
    Case(
        "policy-in-another-spelling",
        "The same policy in another order.",
        refused(3, "NotProved", OTHER, POLICY),
        alter=listed(lines(POLICY, lambda each: [each[0], each[2], each[1], *each[3:]])),
    ),
)
