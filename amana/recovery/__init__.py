"""A center from its copies and its escrow."""
