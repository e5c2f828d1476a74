"""Tracks: from frames to fragments, and what is missing."""
