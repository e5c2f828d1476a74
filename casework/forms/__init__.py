"""Forms that a center defines as text files: read, checked, filled in."""
