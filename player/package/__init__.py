"""Ordering and making court packages."""
