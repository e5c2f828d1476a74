"""The center's pages."""
