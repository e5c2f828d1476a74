"""`amana policy …`: the parties a court has to trust, in one file that it registers beforehand.

Changes are written to the trust file in the data folder at once. The registry states them once the service
runs.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from amana.centers import attached_center
from amana.commands.parser import Run, as_unusable, command, group, new_folder
from amana.errors import Unusable
from amana.install import installation
from amana.settings import Settings
from casework.errors import Refused
from casework.witnesses import trust_file
from chain_of_custody.errors import Malformed
from chain_of_custody.trust.named_parties import ThirdParties
from player.package.published_policy import SHEET, published, sheet_of
from vault.errors import VaultError

Change = Callable[[argparse.Namespace, ThirdParties], ThirdParties]
"""Takes the arguments of a command and the parties; returns the parties as they are to be."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    policy = group(parser)
    command(policy, "show", _show, "print the policy that a court registers beforehand, to verify with")

    publish = command(policy, "publish", _publish, "the trust sheet: what a court registers, to hand over")
    publish.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="must not exist yet")

    witness = command(
        policy,
        "add-witness",
        _changing(
            lambda arguments, parties: trust_file.with_witness(
                parties, arguments.name, arguments.url, arguments.vkeys
            )
        ),
        "ask one more witness for its cosignatures",
    )
    witness.add_argument("name", metavar="NAME", help="a code: a-z, 0-9, . _ -")
    witness.add_argument("url", metavar="URL", help="where it answers, such as https://witness.court.example")
    witness.add_argument(
        "vkeys", nargs="+", metavar="VKEY", help="its keys, as its `amana witness keys` prints them"
    )
    removal = command(
        policy,
        "remove-witness",
        _changing(lambda arguments, parties: trust_file.without_witness(parties, arguments.name)),
        "ask a witness no more",
    )
    removal.add_argument("name", metavar="NAME")
    quorum = command(
        policy,
        "quorum",
        _changing(
            lambda arguments, parties: trust_file.with_quorum(parties, arguments.rule, arguments.names)
        ),
        "which witnesses must have cosigned",
    )
    quorum.add_argument("rule", metavar="all|any|K|none", help="all of these, any one, K of them; or nobody")
    quorum.add_argument("names", nargs="*", metavar="NAME")

    authority = command(
        policy, "add-authority", _changing(_with_authority), "one more RFC 3161 authority of time"
    )
    authority.add_argument("name", metavar="NAME", help="a code: a-z, 0-9, . _ -")
    authority.add_argument("url", metavar="URL", help="where it answers, such as http://time.example/tsr")
    authority.add_argument("certificate", type=Path, metavar="CERTFILE", help="its trust anchor, PEM or DER")
    removal = command(
        policy,
        "remove-authority",
        _changing(lambda arguments, parties: trust_file.without_authority(parties, arguments.name)),
        "ask an authority no more",
    )
    removal.add_argument("name", metavar="NAME")
    stamps = command(
        policy,
        "timestamps",
        _changing(lambda arguments, parties: trust_file.with_timestamps(parties, arguments.count)),
        "how many authorities must have stamped each seal",
    )
    stamps.add_argument("count", type=int, metavar="K")


def _show(_: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        sys.stdout.write(trust_file.policy(center).data.decode())


def _publish(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        policy, files = published(center)
    folder = new_folder(parsed.to)
    for name, content in {**files, SHEET: sheet_of(policy, files)}.items():
        (folder / name).write_bytes(content)
    print(f"Written to {parsed.to}. Print {SHEET} and hand it over in person, with the other files:")
    for name, content in files.items():
        print(f"    {name.removesuffix('.der'):12} {_groups(sha256(content).hexdigest())}")
    if policy.trial:
        print("TRIAL KEYS are in use: do not let a court register this for real testimony.")


def _groups(digest: str) -> str:
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _changing(change: Change) -> Run:
    """Return the command that makes this change."""
    return lambda parsed, settings: _change(settings, functools.partial(change, parsed))


def _change(settings: Settings, change: Callable[[ThirdParties], ThirdParties]) -> None:
    installation.read(settings)
    with as_unusable(Refused, Malformed):
        before = trust_file.read(settings.trust)
        after = change(before)
        # A policy that cannot be read back must not be written.
        if len(after.lines()) > trust_file.MAX_LINES:
            raise Refused("the policy would be too long for a verifier")
    trust_file.write(settings.trust, after)
    if after.published() == before.published():
        print("Changed. What a court registers stays as it is.")
    else:
        print("The policy has changed. Courts have to register the new one: amana policy publish --to FOLDER")
        _state(settings)


def _with_authority(arguments: argparse.Namespace, parties: ThirdParties) -> ThirdParties:
    return trust_file.with_authority(
        parties, arguments.name, arguments.url, _certificate(arguments.certificate)
    )


def _state(settings: Settings) -> None:
    """Have the registry state the policy, if the service runs."""
    try:
        with attached_center(settings) as center:
            print(f"Its fingerprint is {trust_file.policy(center).fingerprint}")
            trust_file.state_policy(center)
    except VaultError:
        print("Amana is not running; the ledger will say so at the next start.")


def _certificate(path: Path) -> bytes:
    """Return an X.509 certificate in DER, from a DER or PEM file. Raises `Unusable`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror}") from None
    try:
        if b"-----BEGIN" in data:
            certificates = x509.load_pem_x509_certificate(data)
        else:
            certificates = x509.load_der_x509_certificate(data)
    except ValueError:
        raise Unusable(f"{path} is no X.509 certificate") from None
    return certificates.public_bytes(Encoding.DER)
