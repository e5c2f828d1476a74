"""Sealed items: recordings, files, derivatives."""
