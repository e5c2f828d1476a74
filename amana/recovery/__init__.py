"""Recovery of a center from its copies and its escrow."""
