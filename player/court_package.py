"""A court folder of a whole interview: all its sealed parts in one folder that proves itself offline.

A testimony that was interrupted lies in several parts; a court that gets one of them could not see the
others. So this, and not the single part, is what leaves the house by default. Permission, statements and
keys are the door's (`casework.evidence`), the folder's form is `chain_of_custody.packing`'s.

The place of encrypted packages, excerpts and certificates: they wrap or narrow the folder made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casework import evidence, interviews
from casework.errors import WrongState
from casework.permissions import Act

if TYPE_CHECKING:
    from casework.center import Center
    from casework.models import Person


def write_interview(center: Center, person: Person, interview_id: str, purpose: str, folder: Path) -> Path:
    """Write every part of an interview into a new court folder at `folder`; returns where it is.

    Raises `Forbidden`, `Missing`, `Refused` for a purpose that is none, `WrongState` while a part is not
    sealed yet, `VaultLocked`, `NothingReadable`, `chain_of_custody.errors.Altered`, `FileExistsError`,
    `OSError`. Nothing of the folder is left then.
    """
    interview = interviews.get(center, person, interview_id, Act.EXPORT_EVIDENCE)
    parts = interviews.list_parts(interview)
    if not parts:
        raise WrongState(f"interview {interview_id} has nothing recorded")
    if any(not part.state.sealed for part in parts):
        raise WrongState(f"interview {interview_id} has a part that is not sealed")
    return evidence.export_folder(center, person, [part.evidence for part in parts], purpose, folder)
