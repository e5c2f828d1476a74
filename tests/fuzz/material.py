"""What harnesses hold bytes against, and what they begin from: one small court package and all that is in it.

Made from fixed keys by the builders in tests/support, so that a seed is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.ustar import END, header, padding
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.trust.witness import AddCheckpoint
from tests.support.ledger import authenticators
from tests.support.ledger.cosigners import COURT, both_of, keys_of
from tests.support.ledger.timestamp_corpus import DATA, EC
from tests.support.packages import court_packages as made

STAMPED = DATA
"""What the timestamps of `timestamps` are over."""

_THIRD_PARTIES = ThirdParties(
    witnesses=keys_of({"court": COURT}),
    groups=both_of("court"),
    quorum="court",
    authorities={"first": EC.anchor},
    timestamps=1,
)


@cache
def _made() -> tuple[made.Center, Mapping[str, bytes]]:
    center = _center()
    return center, _packed(center, made.honest_package)


@cache
def _made_excerpt() -> Mapping[str, bytes]:
    return _packed(_center(), made.honest_excerpt)


def _center() -> made.Center:
    center = made.Center(third_parties=_THIRD_PARTIES)
    center.witnesses.append(COURT)
    return center


def _packed(center: made.Center, write: object) -> Mapping[str, bytes]:
    def stamp(checkpoint: Checkpoint) -> Mapping[str, bytes]:
        return {"first": EC.respond(checkpoint.text().encode())}

    with TemporaryDirectory() as folder:
        home = Path(folder) / "package"
        write(home, center, stamp=stamp)  # type: ignore[operator]
        return {
            path.relative_to(home).as_posix(): path.read_bytes()
            for path in sorted(home.rglob("*"))
            if path.is_file()
        }


def package() -> Mapping[str, bytes]:
    """Path → content."""
    return _made()[1]


def excerpt_package() -> Mapping[str, bytes]:
    return _made_excerpt()


@cache
def policy() -> TrustPolicy:
    return TrustPolicy.parse(package()["data/policy.txt"])


def vkeys() -> list[bytes]:
    return [key.vkey().encode() for key in COURT.keys]


def statements() -> Mapping[str, bytes]:
    return {path: content for path, content in package().items() if path.startswith("data/statements/")}


def details() -> Mapping[str, bytes]:
    return {path: content for path, content in package().items() if path.startswith("data/details/")}


def proofs() -> list[bytes]:
    return [content for path, content in package().items() if path == "data/statements/0.tlog-proof"]


@cache
def leaf() -> bytes:
    return package()["data/statements/0.json"]


def keys() -> Mapping[str, KeyRecord]:
    center = policy().center_key
    recorder = KeyRecord(made.public(_made()[0].recorder_key), "recorder", "room-1", enrolled=0)
    return {center.id: center, recorder.id: recorder}


@cache
def checkpoint() -> Checkpoint:
    return open_checkpoint(TlogProof.parse(proofs()[0]).checkpoint_note, policy().log_keys)


@cache
def notes() -> list[bytes]:
    """The common checkpoint, with the witness's lines."""
    return [TlogProof.parse(proofs()[0]).checkpoint_note]


@cache
def manifest() -> Manifest:
    [content] = [content for path, content in excerpt_package().items() if path.endswith("manifest.json")]
    return Manifest.parse(content)


def receipts() -> list[bytes]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    receipt = sign_receipt(
        key, at="2026-11-25T10:00:00.000Z", organisation="court", outcome="intact", package="ab" * 32
    )
    return [canonical_json.serialise(receipt)]


def timestamps() -> list[bytes]:
    return [EC.respond(DATA)]


def anchor() -> bytes:
    return EC.anchor


def person() -> authenticators.Authenticator:
    return authenticators.es256()


def credential_keys() -> list[bytes]:
    return [authenticators.es256().key, authenticators.eddsa().key, authenticators.rs256().key]


def assertions() -> list[bytes]:
    answer = person().answer(b"message")
    lengths = len(answer.authenticator).to_bytes(2, "big") + len(answer.client).to_bytes(2, "big")
    return [lengths + answer.authenticator + answer.client + answer.signature]


def witnessing_requests() -> list[bytes]:
    hashes = (bytes(32), bytes(range(32)))
    return [AddCheckpoint(old, proof, notes()[0]).serialise() for old, proof in ((0, ()), (3, hashes))]


def witnessing_answers() -> list[bytes]:
    return ["".join(line.line() for line in COURT.cosign(checkpoint(), 1_795_551_000)).encode()]


def init_segment(track: int) -> bytes:
    return made.init_segment(track, "init")


def archives() -> list[bytes]:
    files = {"bagit.txt": b"bag", "data/a/one.mp4": b"x" * 512, "data/b.json": b"y" * 513}
    parts = [header(path, len(content)) + content + padding(len(content)) for path, content in files.items()]
    return [END, b"".join(parts) + END]
