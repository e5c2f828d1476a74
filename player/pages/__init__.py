"""The court room's pages."""
