"""Tracks: from frames to fragments, and the loss map."""
