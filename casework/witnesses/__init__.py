"""Cosignatures, timestamps, the trust file, alarms, and who reads the ledger."""
