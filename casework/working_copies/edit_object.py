"""Base of the JSON objects in the `edits` of a recipe and of an order. A malformed one is `Refused`."""

from __future__ import annotations

from typing import Self

from casework.errors import Refused
from chain_of_custody.encoding.json_object import JsonObject
from chain_of_custody.errors import Malformed


class EditObject(JsonObject):
    """A `JsonObject` in a person's request. `check` raises `Refused`."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON object. Raises `Refused`."""
        try:
            return cls.from_json(value)
        except Malformed as malformed:
            raise Refused(str(malformed)) from malformed
