"""The guide, as pages of the service."""
