"""The key store: wrapped keys, holds on them, their end."""
