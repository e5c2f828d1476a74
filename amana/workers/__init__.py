"""Background workers of the web process."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from casework.errors import CaseworkError
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

EXPECTED = (CaseworkError, CustodyError, VaultError, SQLAlchemyError, OSError)
"""Errors that workers meet while a database, a store, the keyholder or the ledger is away."""
