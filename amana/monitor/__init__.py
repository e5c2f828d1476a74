"""The monitor of other ledgers."""
