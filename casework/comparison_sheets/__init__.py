"""Photographs side by side at one scale."""
