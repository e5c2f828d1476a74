"""Forms of bytes: canonical JSON, notes, DER, archives, encryption in pieces."""
