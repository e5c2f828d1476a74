"""The errors of the application that are for the person at the terminal.

Unusable
├── SettingInvalid     (`amana.settings`)
├── NotInstalled       (`amana.install.installation`)
├── CannotStart        (`amana.supervisor.supervisor`)
├── NoWitness          (`amana.witness.store`)
└── NoMonitor          (`amana.monitor.store`)
"""

from __future__ import annotations


class Unusable(Exception):  # shown to the person as it is
    """The request cannot be carried out now; the message says why and what to do."""
