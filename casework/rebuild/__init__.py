"""Restoring a center from its copies: catalogue, replication, rebuild."""
