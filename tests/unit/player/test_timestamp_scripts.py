"""Timestamps in the scripts: each token is judged exactly as Python judges it.

No byte of the tokens that our authorities give can be changed unnoticed. What a token may hold unsigned, and
what both verifiers therefore take with any content of the right form: the text of the status, unsigned
attributes, and certificates that the chain does not need.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from typing import Any

import pytest

from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.timestamping.token_verification import verify_token
from tests.support.ledger import timestamp_corpus
from tests.support.ledger.made_tokens import NOON, Authority, tlv
from tests.support.ledger.timestamp_corpus import DATA, EC, RSA, Case
from tests.support.packages.node_engine import NodeEngine

pytestmark = pytest.mark.starts

ANSWERS = """async (cases) => {
  const { verifyToken } = await import("/static/proof/time/timestamps.js");
  const { fromBase64 } = await import("/static/proof/bytes.js");
  const answers = [];
  for (const one of cases) {
    try {
      const { micros, accuracy, serial, expiresAt, digest } = await verifyToken(...one.map(fromBase64));
      answers.push([micros, accuracy, serial, expiresAt.getTime(), digest]);
    } catch (error) {
      if (!error.reason) throw error;
      answers.push(null);
    }
  }
  return answers;
}"""


def by_python(case: Case) -> list[Any] | None:
    try:
        token = verify_token(*case)
    except (Malformed, NotProved):
        return None
    accuracy = None if token.accuracy is None else round(token.accuracy.total_seconds() * 1e6)
    micros = round(token.at.timestamp() * 1e6)
    return [micros, accuracy, str(token.serial), round(token.expires_at.timestamp() * 1e3), token.digest]


def judged(engine: NodeEngine, cases: Sequence[Case]) -> list[list[Any] | None]:
    """The scripts' answers, once they are known to be Python's."""
    found: list[list[Any] | None] = []
    for start in range(0, len(cases), 500):  # several messages; one would be megabytes
        some = cases[start : start + 500]
        encoded = [[base64.b64encode(part).decode() for part in case] for case in some]
        theirs = engine.evaluate(ANSWERS, encoded)
        ours = [by_python(case) for case in some]
        assert [at for at, answer in enumerate(ours) if answer != theirs[at]] == []
        found += theirs
    return found


def test_good_tokens_give_the_same_time_in_both(engine: NodeEngine) -> None:
    answers = judged(engine, list(timestamp_corpus.taken().values()))
    assert {None if one is None else one[0] for one in answers} == {round(NOON.timestamp() * 1e6)}


def test_bad_tokens_are_refused_by_both(engine: NodeEngine) -> None:
    refused = timestamp_corpus.refused()
    answers = judged(engine, [case for case, _ in refused.values()])
    assert dict(zip(refused, answers, strict=True)) == dict.fromkeys(refused)


@pytest.mark.parametrize("authority", [EC, RSA], ids=["ec", "rsa with intermediate"])
def test_no_byte_of_a_token_can_be_changed_in_either(engine: NodeEngine, authority: Authority) -> None:
    good = authority.respond(DATA)
    chance = random.Random(len(good))
    flipped = [
        good[:at] + bytes((good[at] ^ 1 << chance.randrange(8),)) + good[at + 1 :] for at in range(len(good))
    ]
    cases = [Case(one, DATA, authority.anchor) for one in flipped]
    assert set(map(str, judged(engine, cases))) == {"None"}


def test_unsigned_bytes_may_be_anything_of_the_right_form_in_both(engine: NodeEngine) -> None:
    good = EC.respond(DATA, status=tlv(0x30, b"\x02\x01\x00", tlv(0x30, tlv(0x0C, b"granted"))))
    at = good.index(b"granted")
    cases = [Case(good[:at] + bytes((byte,)) + good[at + 1 :], DATA, EC.anchor) for byte in range(256)]
    answers = judged(engine, cases)
    assert [answer is not None for answer in answers] == [byte < 0x80 for byte in range(256)]


def test_garbled_tokens_and_anchors_are_judged_alike(engine: NodeEngine) -> None:
    chance = random.Random(7)
    cases = []
    for authority in (EC, RSA):
        good = authority.respond(DATA)
        for _ in range(400):
            cases.append(Case(garbled(good, chance), DATA, authority.anchor))
            cases.append(Case(good, DATA, garbled(authority.anchor, chance)))
    assert None in judged(engine, cases)


def garbled(whole: bytes, chance: random.Random) -> bytes:
    at, other = chance.randrange(len(whole)), chance.randrange(len(whole))
    return chance.choice(
        [
            whole[:at],
            whole[:at] + whole[at + 1 :],
            whole[:at] + whole[other : other + 8] + whole[at:],
            whole[:at] + whole[other : other + 8] + whole[at + 8 :],
            whole[:at] + chance.randbytes(1) + whole[at + 1 :],
        ]
    )


TOGETHER = """async ([stamps, positions, renewals, clocks]) => {
  const { clocksAhead, consider } = await import("/static/proof/time/timestamps.js");
  const made = stamps.map(({ authority, size, root, micros, accuracy, until, digest }) => ({
    authority, size, root,
    token: { micros, at: new Date(micros / 1000), accuracy, digest, expiresAt: new Date(until / 1000) },
  }));
  let covers;
  try {
    covers = [...consider(made, positions, renewals)].map(([position, of]) => [
      position,
      of.map((one) => [
        made.indexOf(one.stamp), one.renewed.map((stamp) => made.indexOf(stamp)), one.until.getTime(),
      ]),
    ]);
  } catch (error) {
    if (!error.reason) throw error;
    covers = error.message;
  }
  const ahead = clocksAhead(made, new Map(clocks.map(([position, at]) => [position, new Date(at)])));
  return { covers, ahead: [...ahead] };
}"""


def test_tokens_are_put_together_alike(engine: NodeEngine) -> None:
    chance = random.Random(3)
    refused = 0
    for _ in range(150):
        stamps = random_stamps(chance)
        positions = [chance.randrange(70) for _ in range(5)]
        renewals = random_renewals(chance, stamps)
        clocks = {chance.randrange(60): chance.randrange(1000) * 1000 for _ in range(5)}
        ours = together(stamps, positions, renewals, clocks)
        theirs = engine.evaluate(TOGETHER, [stamps, positions, renewals, list(clocks.items())])
        assert theirs == ours
        refused += isinstance(ours["covers"], str)
    assert 10 < refused < 140


def random_stamps(chance: random.Random) -> list[dict[str, Any]]:
    stamps = []
    drift = chance.choice((0, 0, 3))
    for number, size in enumerate(sorted(chance.sample(range(1, 60), 6))):
        at = (size * 10 + chance.randint(-drift, drift) * 30) * 1_000_000
        stamps.append(
            {
                "authority": chance.choice("ab"),
                "size": size,
                "root": f"root {size}",
                "micros": at + 100_000_000,
                "accuracy": chance.choice((None, 1_000_000, 50_000_000)),
                "until": at + chance.choice((200, 400, 900)) * 1_000_000,
                "digest": f"token {number}",
            }
        )
    return stamps


def random_renewals(chance: random.Random, stamps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for stamp in chance.sample(stamps, 3):
        kept = {name: stamp[name] for name in ("authority", "size", "root")}
        found.append({**kept, "token": stamp["digest"], "position": stamp["size"] + chance.randrange(10)})
    if chance.random() < 0.2:
        found[0]["size"] += 1
    return found


def together(
    stamps: list[dict[str, Any]], positions: list[int], renewals: list[dict[str, Any]], clocks: dict[int, int]
) -> dict[str, Any]:
    from datetime import UTC, datetime, timedelta

    from chain_of_custody.timestamping.stamp import Stamp, Token
    from chain_of_custody.timestamping.token_verification import Renewal, clocks_ahead, consider

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    made = [
        Stamp(
            one["authority"],
            one["size"],
            one["root"],
            Token(
                at=epoch + timedelta(microseconds=one["micros"]),
                accuracy=None if one["accuracy"] is None else timedelta(microseconds=one["accuracy"]),
                serial=1,
                hash="sha512",
                expires_at=epoch + timedelta(microseconds=one["until"]),
                nonce=None,
                digest=one["digest"],
            ),
        )
        for one in stamps
    ]
    covers: Any
    try:
        times = consider(made, positions, [Renewal(**one) for one in renewals])
        covers = [
            [
                position,
                [
                    [
                        made.index(one.stamp),
                        [made.index(stamp) for stamp in one.renewed],
                        round((one.until - epoch).total_seconds() * 1000),
                    ]
                    for one in of
                ],
            ]
            for position, of in times.covers.items()
        ]
    except NotProved as error:
        covers = error.reason
    ahead = clocks_ahead(made, {at: epoch + timedelta(milliseconds=ms) for at, ms in clocks.items()})
    return {
        "covers": covers,
        "ahead": [[at, round(by.total_seconds() * 1000)] for at, by in ahead.items()],
    }
