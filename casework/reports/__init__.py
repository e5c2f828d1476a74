"""Statistics and disclosure."""
