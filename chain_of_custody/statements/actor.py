"""The actor of a statement: a person, a recorder, or the system, by id and codes, never by name.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed

_KEYS = frozenset(("id", "organisation", "role"))


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of a statement.

    `id`: a person (32 hexadecimal digits), a key (16), or the deployment for the system itself; `role` and
    `organisation`: codes.
    """

    id: str
    role: str
    organisation: str

    def check(self) -> None:
        """Raise `Malformed` naming the first invalid field."""
        if not isinstance(self.id, str):
            raise Malformed("actor id: not text")
        canonical_json.hexadecimal(self.id, 8 if len(self.id) == 16 else 16, "actor id")
        canonical_json.code(self.role, "actor role")
        canonical_json.code(self.organisation, "actor organisation")

    def to_json(self) -> dict[str, str]:
        """Return its JSON object in a statement."""
        return {"id": self.id, "organisation": self.organisation, "role": self.role}

    @classmethod
    def from_json(cls, value: object) -> Actor:
        """Read it from a parsed statement. Raises `Malformed`."""
        fields = canonical_json.exact_keys(value, _KEYS, "actor")
        actor = cls(fields["id"], fields["role"], fields["organisation"])
        actor.check()
        return actor
