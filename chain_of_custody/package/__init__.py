"""Court packages: their contents, how they are written and opened."""
