"""Sources of the numbers for Prometheus, part by part; `METRICS` has their meanings and labels.

A part is a function that yields (metric, labels, value), and may fail as a whole. Nothing here waits for an
object store: the state of a copy is derived from what was last written to it and read from it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TypeAlias

from sqlalchemy import select

from amana.health import copies as copies_health
from amana.health import facts
from amana.settings import Settings
from casework import nodes
from casework.center import Center
from casework.copies import scrub_schedule
from casework.database.models import StatementIndex
from casework.rebuild import database_replication_status
from casework.witnesses import alarms, timestamps, trust_file
from chain_of_custody.trust.named_parties import NO_QUORUM
from recorder.interview.preflight import hours_left, synchronised
from vault.errors import VaultError
from vault.spool.reader import evidence_in

Labels: TypeAlias = tuple[str, ...]
Reading: TypeAlias = tuple[str, Labels, float]
Readings: TypeAlias = dict[str, dict[Labels, float]]


@dataclass(frozen=True)
class MetricDescription:
    """The help text and the label names of a metric."""

    help: str
    labels: Labels = ()


METRICS: Mapping[str, MetricDescription] = {
    "amana_info": MetricDescription("1; which version runs, and the machine's name.", ("version", "node")),
    "amana_looked": MetricDescription(
        "Whether the numbers of a part could be seen; 0: they are missing.", ("part",)
    ),
    "amana_recorders_live": MetricDescription("Recorders that answer, on this machine."),
    "amana_parts_unfinished": MetricDescription(
        "Recording parts of this machine that are not sealed: running, or left."
    ),
    "amana_parts_unfinished_elsewhere": MetricDescription("The same of other machines.", ("node",)),
    "amana_machine_heard_seconds": MetricDescription(
        "Seconds since a machine last said that it works.", ("node",)
    ),
    "amana_spool_parts": MetricDescription("Recording parts in this machine's spool."),
    "amana_spool_waiting_objects": MetricDescription("Objects that a copy has not got yet.", ("copy",)),
    "amana_spool_waiting_bytes": MetricDescription("Bytes of these.", ("copy",)),
    "amana_copy_failing_seconds": MetricDescription(
        "Seconds since carrying to a copy began to fail; 0: it works.", ("copy",)
    ),
    "amana_database_timeline": MetricDescription(
        "Timeline of the PostgreSQL server in use; it grows when a standby takes over."
    ),
    "amana_database_standbys": MetricDescription(
        "Standbys connected to that server, where some are expected."
    ),
    "amana_database_confirmed": MetricDescription("Whether commits wait for one of them."),
    "amana_ledger_statements": MetricDescription("Statements in the ledger."),
    "amana_ledger_age_seconds": MetricDescription("Seconds since the newest checkpoint was signed."),
    "amana_ledger_rolled_back": MetricDescription("1: the database is older than what the keyholder signed."),
    "amana_checkpoints_abandoned_total": MetricDescription(
        "Checkpoints signed here and never kept, since the beginning."
    ),
    "amana_ledger_behind_statements": MetricDescription("Statements that a copy has not got yet.", ("copy",)),
    "amana_unwitnessed_statements": MetricDescription("Statements that no quorum of witnesses has cosigned."),
    "amana_unwitnessed_seconds": MetricDescription("Age of the oldest of these; 0: there are none."),
    "amana_timestamp_waiting_seconds": MetricDescription(
        "Seconds for which a seal waits for a timestamp.", ("authority",)
    ),
    "amana_alarms_unseen": MetricDescription("Alarms about the ledger that nobody has said to have seen."),
    "amana_scrub_findings": MetricDescription(
        "Objects of a copy that are not as recorded, and not put right.", ("copy",)
    ),
    "amana_scrub_found_total": MetricDescription("Objects ever found not as recorded.", ("copy",)),
    "amana_scrub_repaired_total": MetricDescription("Of these, those put right.", ("copy",)),
    "amana_scrub_whole_timestamp_seconds": MetricDescription(
        "When a copy had last been read whole.", ("copy",)
    ),
    "amana_scrub_pass_items": MetricDescription("Items in the pass over a copy.", ("copy",)),
    "amana_scrub_pass_done": MetricDescription("Of these, those that were looked at.", ("copy",)),
    "amana_lock_renewal_timestamp_seconds": MetricDescription(
        "When the locks of a copy were last walked to the end.", ("copy",)
    ),
    "amana_lock_renewal_failed": MetricDescription(
        "Objects whose lock could not be renewed in the last walk.", ("copy",)
    ),
    "amana_keyholder_up": MetricDescription("Whether the keyholder answers."),
    "amana_vault_unlocked": MetricDescription("Whether recordings can be opened."),
    "amana_trial_keys": MetricDescription("1: trial keys are in use, which protect nothing."),
    "amana_signing_keys_well": MetricDescription(
        "Whether the signing keys are open, and will open at the next start."
    ),
    "amana_wrapped_keys_waiting": MetricDescription(
        "Wrapped keys that a copy of their store has not got yet."
    ),
    "amana_key_copy_well": MetricDescription(
        "Whether a copy of that store answers, is right, and its locks hold.", ("copy",)
    ),
    "amana_disk_free_bytes": MetricDescription("Free bytes on the disk of the data folder."),
    "amana_recording_seconds_left": MetricDescription(
        "How long one recording could go on until that disk is full."
    ),
    "amana_clock_synchronised": MetricDescription("Whether a time source keeps this machine's clock right."),
    "amana_process_resident_bytes": MetricDescription(
        "Memory of the processes of a kind, together.", ("process",)
    ),
    "amana_process_starts_total": MetricDescription(
        "How often a process was started by this supervisor.", ("process",)
    ),
}
"""Every metric, by name."""


@dataclass(frozen=True)
class MetricInputs:
    """Inputs of every part."""

    center: Center
    settings: Settings
    processes: Mapping[str, Any] | None
    """As the supervisor reports them; None if it does not answer."""


def _about(inputs: MetricInputs) -> Iterator[Reading]:
    yield "amana_info", (version("amana"), inputs.settings.node), 1


def _recorders(inputs: MetricInputs) -> Iterator[Reading]:
    recorders, unfinished = facts.recorders(inputs.center)
    yield "amana_recorders_live", (), sum(recorders.values())
    yield "amana_parts_unfinished", (), unfinished
    for node, parts in nodes.unfinished_elsewhere(inputs.center).items():
        yield "amana_parts_unfinished_elsewhere", (node,), len(parts)


def _machines(inputs: MetricInputs) -> Iterator[Reading]:
    moment = datetime.now(UTC)
    if not inputs.settings.server:
        return  # a single machine sends no heartbeat
    for row in nodes.listed(inputs.center):
        yield "amana_machine_heard_seconds", (row.name,), _age(moment, row.seen_at)


def _spool(inputs: MetricInputs) -> Iterator[Reading]:
    center, moment = inputs.center, time.time()
    held = evidence_in(center.spool)
    yield "amana_spool_parts", (), len(held)
    objects, sizes, since = (dict.fromkeys(center.stores, 0.0) for _ in range(3))
    for evidence in held:
        for copy, status in center.copies.status(evidence).items():
            objects[copy] += status.waiting
            sizes[copy] += status.waiting_bytes
            if status.failing_since is not None:
                since[copy] = max(since[copy], moment - status.failing_since)
    for copy in center.stores:
        yield "amana_spool_waiting_objects", (copy,), objects[copy]
        yield "amana_spool_waiting_bytes", (copy,), sizes[copy]
        yield "amana_copy_failing_seconds", (copy,), max(0.0, since[copy])


def _database(inputs: MetricInputs) -> Iterator[Reading]:
    found = facts.database(inputs.center, inputs.settings)
    if found.primary is not None:
        yield "amana_database_timeline", (), found.primary.timeline
    if found.standbys is not None:
        yield "amana_database_standbys", (), found.standbys.connected
        yield "amana_database_confirmed", (), float(found.standbys.confirming)


def _ledger(inputs: MetricInputs) -> Iterator[Reading]:
    checkpoint = facts.checkpoint(inputs.center)
    yield "amana_ledger_statements", (), checkpoint.size
    if checkpoint.signed_at is not None:
        yield "amana_ledger_age_seconds", (), max(0.0, time.time() - checkpoint.signed_at)
    ledger = facts.ledger(inputs.center)  # last: it needs the keyholder, which may be unavailable
    if ledger.abandoned is not None:
        yield "amana_ledger_rolled_back", (), float(ledger.rolled_back)
        yield "amana_checkpoints_abandoned_total", (), ledger.abandoned


def _published(inputs: MetricInputs) -> Iterator[Reading]:
    for one in database_replication_status.published_copies(inputs.center):
        yield "amana_ledger_behind_statements", (one.copy,), one.behind


def _witnesses(inputs: MetricInputs) -> Iterator[Reading]:
    center = inputs.center
    parties = trust_file.read(center.trust)
    if parties.quorum == NO_QUORUM:
        return
    met = facts.cosigned(center, parties)
    with center.database() as session:
        oldest = session.scalar(select(StatementIndex.at).where(StatementIndex.position == met))
    yield "amana_unwitnessed_statements", (), max(0, center.ledger.size - met)
    yield "amana_unwitnessed_seconds", (), 0.0 if oldest is None else _age(datetime.now(UTC), oldest)


def _timestamps(inputs: MetricInputs) -> Iterator[Reading]:
    moment = datetime.now(UTC)
    for one in timestamps.authority_statuses(inputs.center):
        if one.authority.url is not None:
            waits = 0.0 if one.since is None else _age(moment, one.since)
            yield "amana_timestamp_waiting_seconds", (one.authority.name,), waits


def _alarms(inputs: MetricInputs) -> Iterator[Reading]:
    yield "amana_alarms_unseen", (), alarms.unseen(inputs.center)


def _scrub(inputs: MetricInputs) -> Iterator[Reading]:
    for status in scrub_schedule.scrub_statuses(inputs.center):
        label = (status.copy,)
        yield "amana_scrub_findings", label, status.found - status.repaired
        yield "amana_scrub_found_total", label, status.found
        yield "amana_scrub_repaired_total", label, status.repaired
        yield "amana_scrub_pass_items", label, status.items
        yield "amana_scrub_pass_done", label, status.done
        if status.full_at is not None:
            yield "amana_scrub_whole_timestamp_seconds", label, status.full_at.timestamp()


def _locks(inputs: MetricInputs) -> Iterator[Reading]:
    for copy, one in facts.lock_renewals(inputs.center, inputs.settings).items():
        yield "amana_lock_renewal_failed", (copy,), one.failed
        if one.ended is not None:
            yield "amana_lock_renewal_timestamp_seconds", (copy,), one.ended


def _keys(inputs: MetricInputs) -> Iterator[Reading]:
    try:
        status = inputs.center.keyholder.status()
    except VaultError:
        yield "amana_keyholder_up", (), 0
        return
    yield "amana_keyholder_up", (), 1
    yield "amana_vault_unlocked", (), float(status.unlocked)
    yield "amana_trial_keys", (), float(status.trial)
    yield "amana_signing_keys_well", (), float(not status.trouble)
    waiting, copies = copies_health.key_store(inputs.center)
    yield "amana_wrapped_keys_waiting", (), waiting
    for copy, part in copies.items():
        yield "amana_key_copy_well", (copy,), float(part["well"])


def _machine(inputs: MetricInputs) -> Iterator[Reading]:
    yield "amana_disk_free_bytes", (), shutil.disk_usage(inputs.settings.data).free
    yield "amana_recording_seconds_left", (), 3600 * hours_left(inputs.settings.data, inputs.settings.reserve)
    yield "amana_clock_synchronised", (), float(synchronised())


def _processes(inputs: MetricInputs) -> Iterator[Reading]:
    if inputs.processes is None:
        raise ProcessLookupError("the supervisor does not answer")
    # The supervisor measures: a confined process sees no other in /proc.
    for name, size in inputs.processes["resident"].items():
        yield "amana_process_resident_bytes", (name,), size
    for name in ("web", "keyholder"):
        yield "amana_process_starts_total", (name,), inputs.processes[name]["starts"]


SECTIONS: Mapping[str, Callable[[MetricInputs], Iterator[Reading]]] = {
    "about": _about,
    "recorders": _recorders,
    "machines": _machines,
    "spool": _spool,
    "database": _database,
    "ledger": _ledger,
    "published": _published,
    "witnesses": _witnesses,
    "timestamps": _timestamps,
    "alarms": _alarms,
    "scrub": _scrub,
    "locks": _locks,
    "keys": _keys,
    "machine": _machine,
    "processes": _processes,
}
"""The parts; each is read independently."""


def _age(moment: datetime, at: datetime) -> float:
    return max(0.0, (moment - at).total_seconds())
