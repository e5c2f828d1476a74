"""Sealed items in the copies: reading them from any, scrubbing, wrapped keys."""
