"""Statements, the ledger, proofs, court packages and the offline verifier.

No database, no web framework and no network: a court runs this package alone.
"""
