"""The messages of the interview room to people (`messages.toml`): checks, losses, refusals.

Every sentence has a code, so that programs can act on it and pages can translate it.
"""

from __future__ import annotations

from casework.translations import Counted
from casework.web import messages

REFUSALS = messages.messages("recorder", "refused")


def table() -> dict[str, str | Counted]:
    """Return all sentences as the flat table for a page's script: ``check.camera.fine.says`` and so on."""
    # Refusals of the application itself are shown here like our own.
    applications = messages.sentences("recorder", "application")
    shown = {f"refused.{name.removeprefix('application.')}": text for name, text in applications.items()}
    return {**shown, **messages.sentences("recorder", "name", "check", "lost", "refused")}
