"""The result of a verification, in words."""
