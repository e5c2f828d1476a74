"""Derivatives: the queue that makes them, and their reproduction."""
