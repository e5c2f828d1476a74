"""Photographs, documents and derivatives on their way into the spool: no database."""
