"""The registry in the scripts: every chain and signature gets the answer that Python gives, in its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import NotProved
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.signatures import signed_by
from chain_of_custody.statements.statement import SignedStatement
from tests.support.ledger.authenticators import eddsa, es256, rs256
from tests.support.ledger.registry_chain import (
    CENTER,
    CENTER_RECORD,
    DEPLOYMENT,
    ENROLMENT,
    GAP,
    PERSON,
    RECORDER,
    RECORDER_ID,
    Chain,
    act,
    recorded,
)
from tests.support.packages.node_engine import NodeEngine
from tests.unit.chain_of_custody.test_signatures import BOTH, RECEIPT, ed25519, respell, transferred, without

pytestmark = pytest.mark.starts

OTHER = "b0" * 16

READ = """async (scenarios) => {
  const { Registry } = await import("/static/proof/ledger/registry.js");
  const { parseLeaf, verifyStatement } = await import("/static/proof/ledger/statements.js");
  const { signedBy } = await import("/static/proof/ledger/signatures.js");
  const { leafHash } = await import("/static/proof/merkle.js");
  const { fromBase64 } = await import("/static/proof/bytes.js");
  const answers = {};
  for (const { name, deployment, center, registry, acts, needed, people } of scenarios) {
    const said = [];
    const tell = async (act) => {
      try {
        said.push(await act());
      } catch (error) {
        if (!error.reason) throw error;
        said.push(error.message);
      }
    };
    const book = await Registry.begin(deployment, fromBase64(center));
    for (const [position, leaf] of registry) {
      const bytes = fromBase64(leaf);
      const hash = await leafHash(bytes);
      await tell(async () => (await book.add({ ...parseLeaf(bytes), position, hash }), "taken"));
    }
    for (const [position, leaf] of acts) {
      const signed = parseLeaf(fromBase64(leaf));
      await tell(async () => {
        await verifyStatement(signed, book.keys, position);
        return `verified, by ${signedBy(signed.signatures, book.keys)}`;
      });
    }
    await tell(async () => (book.require(needed), "complete"));
    said.push([...book.keys].map(([id, { basis = "first" }]) => [id, basis]));
    for (const [person, index] of people) said.push(book.role(person, index));
    answers[name] = said;
  }
  return answers;
}"""


@dataclass
class Scenario:
    """A registry chain, statements held against it, how far it is needed, whose roles are asked for when."""

    chain: Chain
    acts: Sequence[tuple[int, SignedStatement]] = ()
    needed: int = 0
    people: Sequence[tuple[str, int]] = ()
    center: KeyRecord = field(default=CENTER_RECORD)

    def json(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "deployment": DEPLOYMENT,
            "center": encode_base64(self.center.public),
            "registry": [[position, encode_base64(one.leaf)] for position, one in self.chain.placed],
            "acts": [[position, encode_base64(one.leaf)] for position, one in self.acts],
            "needed": self.needed,
            "people": list(self.people),
        }

    def answers(self) -> list[Any]:
        """As Python gives them."""
        said: list[Any] = []

        def tell(act: Callable[[], str]) -> None:
            try:
                said.append(act())
            except NotProved as refused:
                said.append(f"{refused.where}: {refused.reason}" if refused.where else refused.reason)

        registry = Registry(DEPLOYMENT, self.center)
        for position, signed in self.chain.placed:
            tell(lambda: (registry.add(position, signed), "taken")[1])  # noqa: B023
        for position, signed in self.acts:
            tell(lambda: f"verified, by {signed_by(signed.verify(registry.keys, position))}")  # noqa: B023
        tell(lambda: (registry.require(self.needed), "complete")[1])
        said.append([[id_, record.basis] for id_, record in registry.keys.items()])
        for person, index in self.people:
            held = registry.role(person, index)
            said.append(
                held
                and {
                    "role": held.role,
                    "organisation": held.organisation,
                    "given": held.given,
                    "ended": held.ended,
                }
            )
        return said


FURTHER = {"proof": "key"}


def chain(*said: tuple[str, dict[str, Any]], **fields: Any) -> Chain:
    made = Chain()
    made.say("recorder.enrolled", ENROLMENT)
    made.say("credential.enrolled", es256().enrolment)
    for by in (eddsa(), rs256()):
        made.say("credential.enrolled", by.enrolment | FURTHER, actor=PERSON, beside=[es256()])
    for type_, body in said:
        made.say(type_, body, **fields)
    return made


def placed(*placed: tuple[int, SignedStatement]) -> Chain:
    made = Chain()
    made.placed = list(placed)
    return made


def scenarios() -> dict[str, Scenario]:
    whole = chain().placed
    lost = {"key": es256().id, "proof": "center", "reason": "lost"}
    stolen = {"key": RECORDER_ID, "reason": "stolen"}
    ended, fourth = lost | FURTHER, es256(4).enrolment
    succeeded = {"origin": f"amana/{DEPLOYMENT}", "root": "d1" * 32, "seen": None, "size": 3 * GAP}
    given = {"organisation": "court", "person": PERSON.id, "role": "court"}
    exchange = {"items": 3, "key": "e1" * 8, "kind": "escrow", "replaces": None, "state": "begun"}
    stranger = es256(seed=9, person=OTHER)
    signed = [act(), act([es256()]), act([eddsa(), rs256()]), recorded(), transferred(RECEIPT)]
    message = act().statement.signed_message()
    return {
        "good": Scenario(chain(), [(100, one) for one in signed], needed=3),
        "too early": Scenario(chain(), [(n, one) for n in (0, 10, 20) for one in signed]),
        "revoked": Scenario(
            chain(("credential.revoked", lost), ("recorder.revoked", stolen)),
            [(n, one) for n in (39, 40, 41, 49, 50, 51) for one in signed],
        ),
        "needed further": Scenario(chain(), needed=4),
        "empty": Scenario(Chain(), [(1, act()), (1, recorded())]),
        "hole": Scenario(placed(whole[0], whole[2]), needed=1),
        "not from the beginning": Scenario(placed(*whole[1:])),
        "twice": Scenario(placed(whole[0], whole[0])),
        "order": Scenario(placed(whole[0], (0, whole[1][1]))),
        "branch": Scenario(placed(whole[0], chain(("role.given", given)).placed[1], whole[2])),
        "other root": Scenario(placed((0, Chain().make("role.given", given)), *whole[1:])),
        "enrolled again": Scenario(chain(("recorder.enrolled", ENROLMENT))),
        "credential again": Scenario(chain(("credential.enrolled", es256().enrolment | {"person": OTHER}))),
        "revoked twice": Scenario(chain(("credential.revoked", lost), ("credential.revoked", lost))),
        "back again": Scenario(chain(("recorder.revoked", stolen), ("recorder.enrolled", ENROLMENT))),
        "wrong kind revoked": Scenario(chain(("recorder.revoked", stolen | {"key": es256().id}))),
        "wrong kind revoked, too": Scenario(chain(("credential.revoked", lost | stolen))),
        "unknown revoked": Scenario(chain(("recorder.revoked", {"key": "00" * 8, "reason": "lost"}))),
        "ends itself": Scenario(chain(("credential.revoked", ended), actor=PERSON, beside=[es256()])),
        "ends another": Scenario(chain(("credential.revoked", ended), actor=PERSON, beside=[eddsa()])),
        "ends another, unsigned": Scenario(chain(("credential.revoked", ended), actor=PERSON)),
        "ends a recorder, unsigned": Scenario(chain(("credential.revoked", ended | stolen))),
        "further": Scenario(
            chain(("credential.enrolled", fourth | FURTHER), actor=PERSON, beside=[rs256()]),
            [(100, act([es256(4)]))],
        ),
        "further, unsigned": Scenario(
            chain(("credential.enrolled", fourth | FURTHER), actor=PERSON), [(100, act([es256(4)]))]
        ),
        "further, by a link": Scenario(chain(("credential.enrolled", fourth), actor=PERSON)),
        "further, by a recovery code": Scenario(
            chain(("credential.enrolled", fourth | {"proof": "recovery"}), actor=PERSON)
        ),
        "by a link again": Scenario(
            chain(
                *(("credential.revoked", lost | {"key": one.id}) for one in (es256(), eddsa(), rs256())),
                ("credential.enrolled", fourth),
            )
        ),
        "no key": Scenario(chain(("credential.enrolled", es256().enrolment | {"key": "AAAA"}))),
        "other algorithm": Scenario(
            chain(("credential.enrolled", stranger.enrolment | {"algorithm": "eddsa"}))
        ),
        "by a recorder": Scenario(chain(("role.given", given), key=RECORDER)),
        "of another center": Scenario(chain(), center=KeyRecord(bytes(31) + b"\x01", "center")),
        "about something else": Scenario(placed((0, Chain().make("role.given", given, evidence=OTHER)))),
        "of a case": Scenario(placed((0, Chain().make("role.given", given, case=OTHER)))),
        "not of the registry": Scenario(chain(("evidence.viewed", {}))),
        "links": Scenario(chain(*(2 * [("policy.changed", {"policy": "d1" * 32})])), needed=5),
        "ledger keys exchanged": Scenario(chain(("key.rotated", exchange | {"kind": "ledger"}))),
        "escrow": Scenario(
            chain(
                ("key.rotated", exchange),
                ("key.rotated", exchange | {"state": "complete"}),
                ("key.rotated", exchange | {"key": "e2" * 8, "replaces": "e1" * 8}),
            )
        ),
        "complete, and not begun": Scenario(chain(("key.rotated", exchange | {"state": "complete"}))),
        "complete twice": Scenario(
            chain(("key.rotated", exchange), *(2 * [("key.rotated", exchange | {"state": "complete"})]))
        ),
        "complete for another": Scenario(
            chain(
                ("key.rotated", exchange), ("key.rotated", exchange | {"state": "complete", "key": "e2" * 8})
            )
        ),
        "another than the one in use": Scenario(
            chain(
                ("key.rotated", exchange),
                ("key.rotated", exchange | {"key": "e3" * 8, "replaces": "e2" * 8}),
            )
        ),
        "taken up again": Scenario(
            chain(
                ("key.rotated", exchange),
                ("key.rotated", exchange | {"key": "e2" * 8, "replaces": "e1" * 8}),
                ("key.rotated", exchange | {"replaces": "e2" * 8}),
            )
        ),
        "for itself": Scenario(chain(("key.rotated", exchange | {"replaces": "e1" * 8}))),
        "ledger succeeded": Scenario(chain(("ledger.succeeded", succeeded))),
        "ledger succeeded again": Scenario(
            chain(
                ("ledger.succeeded", succeeded),
                ("ledger.succeeded", succeeded | {"origin": f"amana/{DEPLOYMENT}/2", "size": 4 * GAP}),
            )
        ),
        "not right behind it": Scenario(chain(("ledger.succeeded", succeeded | {"size": 3 * GAP - 1}))),
        "ledger of another": Scenario(
            chain(("ledger.succeeded", succeeded | {"origin": f"amana/{'d1' * 16}"}))
        ),
        "center missing": Scenario(chain(), [(100, without(BOTH, CENTER_RECORD.id))]),
        "of another person": Scenario(
            chain(("credential.enrolled", stranger.enrolment)),
            [(100, act([stranger])), (100, act([es256()]))],
        ),
        "unknown credential": Scenario(chain(), [(100, act([es256(seed=8)]))]),
        "recorder beside": Scenario(
            chain(),
            [
                (
                    100,
                    respell(act().leaf, lambda leaf: leaf["signatures"].append(ed25519(message, RECORDER))),
                ),
                (100, respell(recorded().leaf, lambda leaf: leaf["signatures"].append(_center_beside()))),
            ],
        ),
        "altered": Scenario(
            chain(),
            [
                (100, respell(BOTH.leaf, lambda leaf: leaf["statement"].update(purpose="appeal"))),
                (100, respell(recorded().leaf, lambda leaf: leaf["statement"].update(purpose="appeal"))),
                (100, transferred(RECEIPT | {"outcome": "consistent"})),
            ],
        ),
        "roles": Scenario(
            chain(
                ("role.given", given),
                ("role.given", given | {"role": "prosecutor"}),
                ("role.withdrawn", {"person": PERSON.id, "reason": "left"}),
                ("role.withdrawn", {"person": PERSON.id, "reason": "left"}),
                ("role.withdrawn", {"person": OTHER, "reason": "left"}),
                ("role.given", given),
            ),
            people=[(who, n) for who in (PERSON.id, OTHER) for n in range(3 * GAP, 12 * GAP, 5)],
        ),
    }


def _center_beside() -> dict[str, str]:
    return ed25519(recorded().statement.signed_message(), CENTER)


def test_the_scripts_say_of_each_registry_what_python_says(engine: NodeEngine) -> None:
    ours = {name: scenario.answers() for name, scenario in scenarios().items()}
    theirs = engine.evaluate(READ, [scenario.json(name) for name, scenario in scenarios().items()])
    assert {name: (theirs[name], said) for name, said in ours.items() if theirs[name] != said} == {}
    good = ("taken", "complete", "verified, ")
    refusals = {said for answers in ours.values() for said in answers if isinstance(said, str)}
    assert len({said for said in refusals if not said.startswith(good)}) >= 25
