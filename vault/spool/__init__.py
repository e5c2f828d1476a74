"""The spool: sealed segments on this machine's disk."""
