"""Sealing of items, recordings and files: their tickets, logs and staging areas; no database."""
