"""Transcripts: drafts, versions, import."""
