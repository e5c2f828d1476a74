"""Making working copies in their turn, and once more."""
