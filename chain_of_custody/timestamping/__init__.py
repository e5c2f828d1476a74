"""RFC 3161 timestamps and their renewal."""
