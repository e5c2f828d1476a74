"""Interviews and their parts, rooms, checklists, safety recordings."""
