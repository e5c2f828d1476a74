"""Photographs and documents of a case."""
