"""Rebuild a center on an empty machine: the steps of `amana rebuild`, in a safe order.

1. Nothing else runs on this data folder; its database is empty; its keys are in place, and none is made.
2. The stores are surveyed: what they prove (`casework.rebuild.rebuild`).
3. Every party that may know a larger ledger is queried: every witness of the trust file (of the data folder,
   or else of the catalogue), and the record of this machine's keyholder. If one knows a larger one, or cannot
   be queried, the rebuild stops, and a person decides.
4. Files beside the database are written: the center's number, the trust file, the keyholder's record set to
   the proved checkpoint. All of these may be written again.
5. The database is written last, in one transaction.

The ledger gets no new signature, except to succeed one with lost statements: `--succeed`, by a person.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from amana.http.templates import moment
from amana.install import installation
from amana.keyholder import signing_guard
from amana.keyholder.signing_guard import TreeHead
from amana.settings import Settings
from amana.workers.witnessing import HttpTransport
from casework.database import migrations
from casework.database.engine import Sessions, close, connect
from casework.rebuild import ledger_succession, rebuild
from casework.rebuild.rebuild import CannotRebuild, FirstCheckpoint, Report, Survey
from casework.witnesses import trust_file, witnessed_size
from casework.witnesses.witness_client import Ask, asked_witnesses
from casework.witnesses.witnessed_size import WitnessedSize
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.trust.named_parties import ThirdParties
from vault import disk
from vault.keyholders.local_keyholder import LocalKeyholder

KEYS = ("vault-key.json", "signing-keys.json")


@dataclass(frozen=True)
class Rebuilt:
    """The result of a rebuild."""

    origin: str
    report: Report
    checkpoint: Checkpoint
    witnesses: Sequence[WitnessedSize]
    trust: str
    """Source of the names of witnesses: `file`, `catalogue` or `nobody`."""
    aside: Path | None
    """The new path of an earlier record of signed checkpoints."""


class SmallerLedger(CannotRebuild):
    """More statements were signed than the stores prove: continuing would make a second history."""

    code = "smaller-ledger"


def run(
    settings: Settings,
    *,
    without: Sequence[str] = (),
    succeed: bool = False,
    ask: Ask | None = None,
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> Rebuilt:
    """Rebuild the center's database from the stores; no other process may use the data folder.

    `without`: names of witnesses that no longer exist, and are not queried. `succeed`: begin a new ledger if
    the old one is incomplete. `progress`: called with the number of proved statements, and of all. Raises
    `CannotRebuild` (`SmallerLedger`), `amana.install.installation.NotInstalled`, and what key files, stores
    and databases raise; the database is then empty.
    """
    for name in KEYS:
        if not (settings.keys / name).exists():
            raise installation.NotInstalled(
                f"there is no {name} in {settings.keys.absolute()}: put the keys there first "
                "(docs/operations.md, When everything is lost)"
            )
    installation.make_folders(settings)
    if settings.server and settings.database.exists():
        installation.check_database(settings)  # its error gives the reason
    keyholder = LocalKeyholder.open(settings.keys, settings.key_access)
    keyholder.open_signing_keys()
    stores = installation.stores(settings)
    deployment, number = rebuild.deployment_in(stores)
    _check_deployment(settings, deployment)
    engine = connect(settings.database_url, settings.primary)
    try:
        migrations.upgrade(engine)
        database = Sessions(engine)
        rebuild.require_empty(database)
        with tempfile.TemporaryFile(dir=settings.data) as staging:
            survey = rebuild.survey(stores, keyholder, deployment, number, staging, progress)
            parties, origin_of_trust = _parties(settings, survey)
            _restore_rules(settings, survey)
            witnesses = _ask(survey, parties, without, ask or HttpTransport())
            more = _more(survey, witnesses, settings)
            if more and not succeed:
                raise SmallerLedger(_why(survey, more))
            begin = FirstCheckpoint(
                survey.keys.origin, survey.checkpoint.size, survey.checkpoint.root, survey.note
            )
            if more:
                number += 1
                begin = ledger_succession.begin(
                    survey, staging, keyholder, settings.organisation, number, _largest(more)
                )
            aside = _write_files(settings, survey, begin, number)
            report = rebuild.fill(database, keyholder, survey, parties, staging, begin)
        if settings.server:
            installation.note_database(settings)
        else:
            # The keys may come from a center with a database on a server: now the database is here.
            (settings.keys / installation.ON_SERVER).unlink(missing_ok=True)
    finally:
        close(engine)
    return Rebuilt(begin.origin, report, survey.checkpoint, witnesses, origin_of_trust, aside)


@dataclass(frozen=True)
class _More:
    """A source that knows of more than the stores prove."""

    who: str
    size: int | None
    """Statements; None: the source could not be queried, or contradicts."""
    summary: str


def _check_deployment(settings: Settings, deployment: str) -> None:
    stored = settings.keys / "deployment"
    if stored.exists() and stored.read_text("ascii").strip() != deployment:
        raise CannotRebuild("these stores are of another center than the keys")


def _restore_rules(settings: Settings, survey: Survey) -> None:
    """Restore the rules of retention, the protocols and the forms, if this machine has none of its own."""
    files = {} if survey.catalogue is None else survey.catalogue.files
    forms = {
        settings.forms / Path(name).name: text for name, text in files.items() if name.startswith("forms/")
    }
    if forms and not settings.forms.exists():
        settings.forms.mkdir(parents=True)
    named = {path: files.get(path.name) for path in (settings.retention, settings.protocols)}
    for path, text in {**named, **forms}.items():
        if text is not None and not path.exists():
            disk.replace(disk.DISK, path, text.encode())


def _parties(settings: Settings, survey: Survey) -> tuple[ThirdParties, str]:
    if settings.trust.exists():
        return trust_file.read(settings.trust), "file"
    if survey.catalogue is not None and (text := survey.catalogue.files.get("trust.txt")) is not None:
        disk.replace(disk.DISK, settings.trust, text.encode())
        return trust_file.read(settings.trust), "catalogue"
    return ThirdParties(), "nobody"


def _ask(survey: Survey, parties: ThirdParties, without: Sequence[str], ask: Ask) -> list[WitnessedSize]:
    witnesses = asked_witnesses(parties)
    unknown = set(without) - {one.name for one in witnesses}
    if unknown:
        raise CannotRebuild(f"no witness is called {min(unknown)}")
    consistency = partial(survey.ledger.consistency, survey.checkpoint)
    return [
        witnessed_size.ask_size(ask, one, survey.note, survey.checkpoint, survey.keys, consistency)
        for one in witnesses
        if one.name not in without
    ]


def _more(survey: Survey, witnesses: Sequence[WitnessedSize], settings: Settings) -> list[_More]:
    size, more = survey.checkpoint.size, []
    if survey.largest.size > size:
        lost = f"{survey.largest.size} were signed, and from statement {size} on none can be proved"
        more.append(_More("the stores", survey.largest.size, lost))
    for witnessed in witnesses:
        who = f"witness {witnessed.witness}"
        if witnessed.size is None:
            more.append(_More(who, None, f"it could not be asked ({witnessed.trouble})"))
        elif witnessed.trouble is not None:
            more.append(_More(who, None, f"it knows another ledger of {witnessed.size} statements"))
        elif witnessed.size > size:
            more.append(
                _More(
                    who, witnessed.size, f"it has signed {witnessed.size} statements{_signed_at(witnessed)}"
                )
            )
    signed, _ = signing_guard.recall(settings.signed_checkpoints, survey.keys.origin)
    if signed is not None and signed.size > size:
        more.append(_More("this machine", signed.size, f"its keyholder has signed {signed.size} statements"))
    return more


def _signed_at(one: WitnessedSize) -> str:
    if one.note is None:
        return ""
    checkpoint = Checkpoint.parse(Note.parse(one.note).text)
    return f", the last with the root {checkpoint.root.hex()[:16]}"


def _largest(more: Sequence[_More]) -> int | None:
    return max((one.size for one in more if one.size is not None), default=None)


def _why(survey: Survey, more: Sequence[_More]) -> str:
    size = survey.checkpoint.size
    signed = moment(datetime.fromtimestamp(survey.checkpoint.signed_at or 0, UTC))
    lines = [f"the stores prove {size} statements, signed {signed}, and that may not be all:"]
    lines += [f"  {one.who}: {one.summary}" for one in more]
    largest = _largest(more)
    if largest is not None:
        lines.append(f"Statements {size} to {largest - 1} are missing. Look for them first: the other copy,")
        lines.append("a backup of the database or of a store, another disk.")
    else:
        lines.append("Reach those named above and try again.")
    lines.append(
        "Nothing was signed, and the database is empty still. A witness that is gone for good is left"
    )
    lines.append(
        "out with --without NAME. If statements are lost for good, --succeed begins a new ledger upon"
    )
    lines.append("what is left, and says so in it: docs/operations.md, When everything is lost.")
    return "\n".join(lines)


def _write_files(settings: Settings, survey: Survey, begin: FirstCheckpoint, number: int) -> Path | None:
    disk.replace(disk.DISK, settings.keys / "deployment", survey.deployment.encode())
    if number > 1:
        disk.replace(disk.DISK, settings.keys / installation.LEDGER, str(number).encode())
    state = settings.signed_checkpoints
    head = TreeHead(begin.size, begin.root)
    if not begin.leaves:
        signed, tried = signing_guard.recall(state, begin.origin)
        if head == signed or head in tried:
            return None  # the record has this one, and perhaps others signed on top of it
    return signing_guard.accept(state, begin.origin, head)
