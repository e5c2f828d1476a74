"""A center from its copies: catalogue, replication, restoring."""
