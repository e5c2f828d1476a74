"""Statements, their types, and whose keys sign them."""
