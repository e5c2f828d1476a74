"""Rebuilding the database from the stores and the keys alone.

All or nothing: everything is inserted into an empty database in one transaction. After a crash at any line,
it can be started again.

1. `survey`: the newest checkpoint that both ledger keys signed and whose every entry is still in a copy and
   proved; the newest catalogue that opens, with the complete one that it names. Nothing is written.
2. The caller queries the witnesses (`witnessed_size`), and stops if one has seen a larger tree: a smaller
   tree is never signed.
3. `fill`: entries, tree and index under the rules of every commit; details; the catalogue's tables; what was
   stated after the catalogue (`restore_rows`); signatures of witnesses and authorities.

If statements are permanently lost, a person may start a new ledger from the rest (`ledger_succession`): the
proved entries at their positions, followed by `ledger.succeeded`, under another origin. No verifier confuses
the two.

Trusts: the keyholder and its public keys; no store. Specification: docs/spec/stores.md, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from casework.clock import now
from casework.database import migrations
from casework.database.engine import Sessions
from casework.database.models import (
    Base,
    Case,
    Evidence,
    Interview,
    Person,
    PublishedCatalogue,
    SealedDetails,
    StatementIndex,
)
from casework.errors import CaseworkError
from casework.ledger.sql_storage import SqlStorage
from casework.rebuild import catalogue, object_keys, restore_rows, restore_signatures
from casework.rebuild.catalogue import Catalogue, CompleteObject
from casework.rebuild.catalogue_versions import ROW
from casework.rebuild.restore_rows import LedgerSummary
from casework.rebuild.verified_ledger import Copies, ProvenLedger, Unproved
from chain_of_custody.errors import CustodyError
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.registry import Registry
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.tlog.origin import origin_of, parse_origin
from chain_of_custody.tlog.tiles import WIDTH
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.policy import TrustPolicy
from vault.errors import Altered
from vault.keyholders.protocol import Keyholder
from vault.stores.base import Store

TRUE_NUMBERS = 1_000_000_000
"""Bound of plausible catalogue numbers: one every three seconds for a century."""
INSERTED = 200
"""Rows of details in one database statement."""


class CannotRebuild(CaseworkError):
    """There is nothing to rebuild from, or rebuilding is not safe; the message says why and what to do."""

    code = "cannot-rebuild"


@dataclass(frozen=True)
class Survey:
    """Content of the stores."""

    deployment: str
    keys: LogKeys
    """Under the origin of the newest ledger in the stores."""
    checkpoint: Checkpoint
    note: bytes
    largest: Checkpoint
    """The largest signed one. Larger than `checkpoint` if entries are lost or damaged in every copy."""
    ledger: ProvenLedger
    catalogue: Catalogue | None
    """The newest that opens, complete: changes are applied to the complete one that they name."""
    unusable: Sequence[int]
    """Numbers of newer ones that open, but whose complete one is in no copy; the highest first."""
    copies: Copies
    staged: Sequence[int]
    """Bytes of each bundle in the staging file."""


@dataclass
class Report:
    """What was restored, and what was not."""

    statements: int = 0
    people: int = 0
    cases: int = 0
    items: int = 0
    details: int = 0
    catalogue: int | None = None
    away: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, int] = field(default_factory=dict)
    """Objects by copy that were missing or damaged there, and correct in another."""
    policy: bool = True
    """Whether the trust file matches the latest policy named in the registry."""
    lost: list[str] = field(default_factory=list)
    """What could not be restored and why, each as a sentence without names."""


def deployment_in(stores: Mapping[str, Store]) -> tuple[str, int]:
    """The center and the number of its newest ledger, as the stores name them; this proves nothing.

    Raises `CannotRebuild` if no copy has a ledger.
    """
    copies = Copies(stores)
    keys = [key for key in copies.list(object_keys.LEDGER) if key.endswith(f"/{object_keys.OWN}")]
    for key in sorted(keys, key=lambda key: (int(key.split("/")[1]), key), reverse=True):
        for _, note in copies.each(key):
            try:
                return parse_origin(note.split(b"\n", 1)[0].decode())
            except (CustodyError, UnicodeDecodeError):
                continue
    away = "; ".join(f"the {name} does not answer ({why})" for name, why in copies.away.items())
    raise CannotRebuild(f"no copy has a ledger{f': {away}' if away else ''}")


def survey(
    stores: Mapping[str, Store],
    keyholder: Keyholder,
    deployment: str,
    number: int,
    staging: BinaryIO,
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> Survey:
    """Read and prove the ledger, and find the catalogue. Writes the entries to the file `staging`.

    Raises `CannotRebuild` if there is no checkpoint by these keys.
    """
    public = keyholder.public_keys()
    keys = LogKeys(origin_of(deployment, number), public.ledger_ed25519, public.ledger_mldsa44)
    copies = Copies(stores)
    ledger = ProvenLedger(copies, keys)
    largest, lost = None, None
    for checkpoint, note in ledger.checkpoints():
        largest = largest or checkpoint
        if lost is not None and checkpoint.size >= lost + WIDTH:
            continue  # it needs the same bundle; a smaller one has a partial bundle of its own there
        try:
            staged = _stage(ledger, checkpoint, staging, progress)
        except Unproved as unproved:
            lost = unproved.position - unproved.position % WIDTH
            continue
        newest, unusable = _newest_catalogue(copies, keyholder)
        return Survey(deployment, keys, checkpoint, note, largest, ledger, newest, unusable, copies, staged)
    raise CannotRebuild(
        f"no copy has a checkpoint of {keys.origin} that these keys signed and whose statements are all there"
    )


def require_empty(database: Sessions) -> None:
    """Raises `CannotRebuild` for a database that holds anything: it may be the only remaining data."""
    with database() as session:
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)):
                raise CannotRebuild(f"the database is not empty: there is something in {table.name}")


@dataclass(frozen=True)
class FirstCheckpoint:
    """The first checkpoint of the database: the proved one, or a new ledger's first."""

    origin: str
    size: int
    root: bytes
    note: bytes
    leaves: Sequence[bytes] = ()
    """Statements that follow the proved ones."""


def fill(
    database: Sessions,
    keyholder: Keyholder,
    survey: Survey,
    parties: ThirdParties,
    staging: BinaryIO,
    begin: FirstCheckpoint,
) -> Report:
    """Insert everything in one transaction. Raises `CannotRebuild`, and the database's errors."""
    report = Report()
    summary = LedgerSummary(
        survey.deployment,
        Registry(survey.deployment, KeyRecord(keyholder.public_keys().center, "center", "center")),
    )
    with database.begin() as session:
        connection = session.connection()
        bundles = _summarising(staged(staging, survey.staged, begin.leaves), summary)
        storage = SqlStorage(database)
        if storage.restore(connection, bundles, begin.note) != begin.root:
            raise CannotRebuild(
                "what was staged is not what was proved: the disk under the data folder is not to be trusted"
            )
        if survey.catalogue is None:
            report.lost.append("people, cases and what else only the catalogue tells: no catalogue opens")
        else:
            _check_schema(survey.catalogue)
            catalogue.write_tables(connection, survey.catalogue.tables)
            report.catalogue = survey.catalogue.number
            # Their spools are lost; the machine that starts first handles what is unfinished.
            session.execute(update(Evidence).values(node=None))
            session.execute(update(Interview).values(node=None))
        if survey.unusable:
            first, last = survey.unusable[-1], survey.unusable[0]
            report.lost.append(
                f"the rows that only catalogues {first} to {last} have: "
                "no copy that answers has the complete catalogue that they change"
            )
        restore_rows.apply(session, summary, survey.copies, report.lost)
        session.flush()
        report.details = _details(session, summary, survey.copies, report.lost)
        if not begin.leaves:  # under another origin no earlier signature counts
            restore_signatures.restore(session, storage, survey.keys, survey.copies, parties)
        session.add(_next_number(survey))
        report.statements, report.people, report.cases, report.items = (
            session.scalar(select(func.count()).select_from(kind)) or 0
            for kind in (StatementIndex, Person, Case, Evidence)
        )
    report.policy = summary.policy is None or summary.policy in _policies(survey.keys, keyholder, parties)
    report.away = survey.copies.away
    report.wrong = {name: len(keys) for name, keys in survey.copies.wrong.items()}
    return report


# --- reading ----------------------------------------------------------------------------------------------


def _stage(
    ledger: ProvenLedger, checkpoint: Checkpoint, staging: BinaryIO, progress: Callable[[int, int], object]
) -> list[int]:
    staging.seek(0)
    staging.truncate()
    sizes, done = [], 0
    for bundle in ledger.bundles(checkpoint):
        data = b"".join(len(entry).to_bytes(4, "big") + entry for entry in bundle)
        staging.write(data)
        sizes.append(len(data))
        done += len(bundle)
        progress(done, checkpoint.size)
    return sizes


def staged(staging: BinaryIO, sizes: Sequence[int], more: Sequence[bytes] = ()) -> Iterator[list[bytes]]:
    """The staged entries, followed by `more`."""
    staging.seek(0)
    for size in sizes:
        data, at, entries = staging.read(size), 0, []
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            entries.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        yield entries
    if more:
        yield list(more)


def _summarising(bundles: Iterator[list[bytes]], summary: LedgerSummary) -> Iterator[list[bytes]]:
    position = 0
    for bundle in bundles:
        for leaf in bundle:
            summary.take(position, leaf)
            position += 1
        yield bundle


def _newest_catalogue(copies: Copies, keyholder: Keyholder) -> tuple[Catalogue | None, list[int]]:
    """The newest catalogue, complete, and the numbers of the newer ones whose complete one is lost."""
    complete: dict[CompleteObject, Catalogue | None] = {}
    unusable: list[int] = []
    for key in reversed(copies.list(object_keys.CATALOGUE)):
        if (number := object_keys.parse_catalogue_key(key)) is None:
            continue
        for found in _opened(copies, keyholder, number):
            if (named := found.changes_to) is None:
                return found, unusable
            if named not in complete:
                complete[named] = next(_opened(copies, keyholder, named.number, named.sha256), None)
            if (to := complete[named]) is not None:
                return found.applied_to(to), unusable
            if number not in unusable:
                unusable.append(number)
    return None, unusable


def _opened(
    copies: Copies, keyholder: Keyholder, number: int, digest: str | None = None
) -> Iterator[Catalogue]:
    """The catalogue of this number in each copy where it opens, and has this SHA-256."""
    key = object_keys.catalogue_key(number)
    for name, data in copies.each(key):
        try:
            if digest not in (None, sha256(data).hexdigest()):
                raise Altered("another catalogue of this number")
            yield catalogue.open_sealed(keyholder, number, data)
        except (Altered, CustodyError, ValueError):  # not if the keyholder does not answer
            copies.was_wrong(name, key)


# --- writing ----------------------------------------------------------------------------------------------


def _policies(keys: LogKeys, keyholder: Keyholder, parties: ThirdParties) -> list[str]:
    """Fingerprints of the policy with this trust file, with the keys as trial keys and as protected ones."""
    center = keyholder.public_keys().center
    return [
        TrustPolicy.make(keys, center, trial=trial, third_parties=parties).fingerprint
        for trial in (True, False)
    ]


def _check_schema(catalogue: Catalogue) -> None:
    if catalogue.schema != migrations.NEWEST:
        raise CannotRebuild(
            f"the catalogue was written by a version of Amana with schema {catalogue.schema}, and this one "
            f"has {migrations.NEWEST}: rebuild with that version, and upgrade afterwards"
        )


def _details(session: Session, summary: LedgerSummary, copies: Copies, lost: list[str]) -> int:
    cases = set(session.scalars(select(Case.id)))
    rows: list[dict[str, object]] = []
    count = 0
    for commitment, case in summary.details.items():
        if case not in cases:
            lost.append(f"the details {commitment}: case {case} could not be restored")
            continue
        sealed = _sealed(copies, object_keys.details_key(commitment))
        if sealed is None:
            lost.append(f"the details {commitment} of case {case}: in no copy that answers, or erased")
            continue
        rows.append({"commitment": commitment, "case_id": case, "sealed": sealed})
        count += 1
        if len(rows) == INSERTED:
            session.execute(insert(SealedDetails), rows)
            rows = []
    if rows:
        session.execute(insert(SealedDetails), rows)
    return count


def _sealed(copies: Copies, key: str) -> bytes | None:
    for name, data in copies.each(key):
        if (sealed := object_keys.parse_details(data)) is not None:
            return sealed
        copies.was_wrong(name, key)
    return None


def _next_number(survey: Survey) -> PublishedCatalogue:
    """The next catalogue number: after the newest that opened.

    Numbers of catalogues that do not open may have been made up by an attacker with a copy's credentials, to
    exhaust the numbers. If none opened, the plausible ones count.
    """
    if survey.unusable:
        number = survey.unusable[0]
    elif survey.catalogue is not None:
        number = survey.catalogue.number
    else:
        parsed = map(object_keys.parse_catalogue_key, survey.copies.list(object_keys.CATALOGUE))
        number = max((one for one in parsed if one is not None and one < TRUE_NUMBERS), default=0)
    return PublishedCatalogue(id=ROW, number=number, digest="", at=now())
