"""Sealing and key wrapping."""
