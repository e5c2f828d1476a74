"""The interview room's pages."""
