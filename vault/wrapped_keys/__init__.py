"""The key store: wrapped keys, their holds, their destruction."""
