"""Sending requested files from outside."""
