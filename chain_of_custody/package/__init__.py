"""Court packages: what lies in them, how they are written and opened."""
