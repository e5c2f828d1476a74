"""Films and pictures made from recordings."""
