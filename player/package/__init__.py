"""Court packages, as they are ordered and made."""
