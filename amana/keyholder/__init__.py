"""The keyholder process, its client and its protocol."""
