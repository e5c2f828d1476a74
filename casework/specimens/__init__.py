"""Specimens: taking them, who has them from then on, and how they end (docs/spec/specimen.md)."""
