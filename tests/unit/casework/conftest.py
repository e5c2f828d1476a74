"""Makes the `world` of `casework_world`, and its copies, fixtures of all tests here."""

from casework_world import world
from copied_world import copied

__all__ = ["copied", "world"]
