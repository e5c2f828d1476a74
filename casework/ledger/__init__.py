"""The custody log in the center's ledger: appending, sealed details, storage, projections."""
