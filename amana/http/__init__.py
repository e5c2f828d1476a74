"""Shared by every page: sessions, security headers, errors, templates."""
