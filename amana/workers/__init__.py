"""What runs in the background of the web process."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from casework.errors import CaseworkError
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

EXPECTED = (CaseworkError, CustodyError, VaultError, SQLAlchemyError, OSError)
"""What work here meets while a database, a store, the keyholder or the ledger is away."""
