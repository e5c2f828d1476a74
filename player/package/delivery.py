"""Court packages, ready for a USB stick: the testimony, the page that verifies it, and instructions.

    testimony.amana   one sealed file under nine words (or, on explicit request, a folder: testimony/)
    verify.html       opens it, verifies it, plays it; without network or installation
    READ-ME.txt       Arabic and English

By default a whole interview is exported: an interrupted testimony has several parts, and a court that gets
only one of them could not know of the others. Permission, statements and keys are the gateway's
(`casework.evidence.gateway`); the package's format is `chain_of_custody`'s; this module makes the papers and
combines the three files.

The package is first written as a folder, in `scratch`, which must be on this machine and private to its user,
never on the USB stick: deleted files can be recovered from a stick.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from casework.access.permissions import Act
from casework.database.models import Evidence
from casework.errors import WrongState
from casework.evidence import export_orders, gateway
from casework.evidence.export import ExportFacts
from casework.interviews import interviews
from casework.sandbox import scratch_folders
from casework.witnesses import alarms
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.package.sealed_file import ITERATIONS, seal_folder
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import witnessed
from player.package import content_credentials, verifier_page
from player.package.passphrase import new_passphrase
from player.papers import typeset
from player.papers.case_uco import custody_record
from player.papers.certificate_facts import certificate_facts
from player.papers.cover_sheet import READ_ME

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Person

SEALED, PLAIN, VERIFIER, SHEET = "testimony.amana", "testimony", "verify.html", "READ-ME.txt"


@dataclass(frozen=True)
class Delivered:
    """The finished package, and its passphrase in numbers, stored nowhere else; None for a plain folder."""

    folder: Path
    passphrase: str | None
    confirmed: bool
    """Whether the witnesses and timestamping authorities that the policy requires confirm it. If not,
    verifiers report *not yet witnessed*, which the person who hands it over should know beforehand."""
    uncredited: tuple[str, ...] = ()
    """Evidence ids of the films and pictures whose content credential could not be made. The package is
    complete and proved without; a program that looks for credentials finds none."""


def wanted(
    center: Center, person: Person, ids: Sequence[str], excerpt: tuple[int, int] | None = None
) -> list[gateway.ItemExtent]:
    """Resolve ids to items: a part, a photograph or a document as it is, an interview as all its parts.

    Raises `Forbidden`, `Missing`, `WrongState` for an interview that has a part not sealed yet, or none.
    """
    extents: list[gateway.ItemExtent] = []
    for one in ids:
        parts = [one] if _may_leave(center, person, one) else _parts_of(center, person, one)
        extents += [gateway.ItemExtent(part, excerpt) for part in parts]
    return extents


def _may_leave(center: Center, person: Person, id_: str) -> bool:
    """Return whether this is a part, a photograph or a document. Raises `Forbidden` for a part that this
    person may not export: the order is refused at once, not when the package is made."""
    with center.database() as session:
        part = session.get(Evidence, id_)
    if part is not None and part.interview_id is not None:
        interviews.get(center, person, part.interview_id, Act.EXPORT_EVIDENCE)
    return part is not None


def _parts_of(center: Center, person: Person, interview_id: str) -> list[str]:
    interview = interviews.get(center, person, interview_id, Act.EXPORT_EVIDENCE)
    items = interviews.list_items(interview)
    if not items:
        raise WrongState(f"interview {interview_id} has nothing recorded")
    if any(not one.state.sealed for one in items):
        raise WrongState(f"interview {interview_id} has a part that is not sealed")
    return [one.evidence for one in items]


def deliver(
    center: Center,
    person: Person,
    items: Sequence[gateway.ItemExtent],
    purpose: str,
    folder: Path,
    scratch: Path,
    *,
    plain: bool = False,
    viewing_copies: bool = True,
    despite_alarm: bool = False,
    order: str | None = None,
    excluded: bool = False,
    progress: Callable[[int, int], None] | None = None,
    iterations: int = ITERATIONS,
) -> Delivered:
    """Make a package and its accompanying files in the new folder `folder`. `order`, `excluded`: as for
    `gateway`; excluded passages are exported only under an order, which is placed here if there is none.
    `iterations`: as in `SealHeader`.

    Raises as `casework.evidence.gateway.export_package` and `casework.evidence.export_orders.place`,
    `FileExistsError`, `OSError`, and `UnseenAlarm` unless `despite_alarm`; leaves nothing behind then.
    """
    if not despite_alarm:
        alarms.require_seen(center)
    if folder.exists():
        raise FileExistsError(f"{folder} exists")
    if excluded and order is None:
        order = export_orders.place(center, person, items, purpose, viewing_copies, excluded=True)
        excluded = export_orders.get(center, person, order).excluded
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    passphrase = None if plain else new_passphrase()
    exported: list[ExportFacts] = []
    credited: dict[str, bytes] = {}

    try:
        with scratch_folders.scratch_folder(scratch) as bench:
            bag = (made if passphrase is None else bench) / PLAIN

            def documents(facts: ExportFacts) -> Mapping[str, bytes]:
                exported.append(facts)
                credited.update(content_credentials.sign(facts, typeset.SOFTWARE, bench))
                named = {content_credentials.name_of(evidence): one for evidence, one in credited.items()}
                return {**_papers(center, facts), **named}

            gateway.export_package(
                center,
                person,
                items,
                purpose,
                bag,
                documents,
                viewing_copies=viewing_copies,
                order=order,
                excluded=excluded,
                progress=progress,
            )
            confirmed = _confirmed(bag, exported[-1])
            if passphrase is not None:
                seal_folder(bag, made / SEALED, passphrase, iterations)
        (made / VERIFIER).write_bytes(verifier_page.build())
        (made / SHEET).write_text(READ_ME, encoding="utf-8")
        if plain:
            made.chmod(0o755)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    lacking = [
        one.evidence for one in content_credentials.credited(exported[-1]) if one.evidence not in credited
    ]
    return Delivered(folder, passphrase, confirmed, tuple(lacking))


def _confirmed(bag: Path, facts: ExportFacts) -> bool:
    proof = TlogProof.parse(next((bag / "data" / "statements").glob("*.tlog-proof")).read_bytes())
    note = Note.parse(proof.checkpoint_note)
    required = facts.policy.third_parties.timestamps
    stamps = [item.stamps for item in facts.items] + [one.stamps for one in facts.exhibits]
    return witnessed(note, Checkpoint.parse(note.text), facts.policy).quorum_met and all(
        len({stamp.authority for stamp in each}) >= required for each in stamps
    )


def _papers(center: Center, facts: ExportFacts) -> Mapping[str, bytes]:
    certificate = typeset.signed(
        center,
        "certificate",
        certificate_facts(facts),
        facts.at,
        facts.authority,
        "Certificate of a court package",
    )
    return {"certificate.pdf": certificate, "custody.jsonld": custody_record(facts)}
