"""Body maps: our own drawings of a body, the regions in them, and their names."""
