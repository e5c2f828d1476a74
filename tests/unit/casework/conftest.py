"""Makes the `world` of `casework_world` a fixture of all tests here."""

from casework_world import world

__all__ = ["world"]
