"""Encodings: canonical JSON, notes, DER, archives, chunked encryption."""
