"""Both verifiers over altered tokens and certificates, signed again: they must say the same of each.

An input is a program: which authority, what of it is altered, and some alterations of the tree of DER there.
So lengths and signatures hold, or nearly so, and each change reaches the rule that is about it. Compared are
Python's answer and that of the pages' scripts, in one Node process for all: the verdict
(tests/vectors/timestamps), and all that an accepted token says.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from chain_of_custody.errors import Altered, Malformed, NotProved, SignatureInvalid
from chain_of_custody.timestamping.token_verification import verify_token
from tests.fuzz.der_trees import Node, nodes, tree
from tests.support.ledger.made_tokens import algorithm, integer, oid, tlv
from tests.support.ledger.raw_timestamps import (
    CA,
    CODE_SIGNING,
    CRITICAL,
    DATA,
    NULL,
    TIME_STAMPING,
    Certificate,
    EcKey,
    Token,
    attribute,
    attributed,
    constraints,
    ess_id,
    extension,
    generalized,
    hash_id,
    name,
    named,
    purposes,
    tst_info,
    usage,
    utc,
)
from tests.support.ledger.timestamp_rules import MIDDLE, RSA_SIGNER, SIGNER, STAMPING, below, root, stranger
from tests.support.packages.node_engine import NodeEngine

TARGETS = ("root", "middle", "signer", "beside", "info", "attributes", "signer info", "response", "anchor")
MOST_CHANGES = 4

SCRIPT = """async ([data, cases]) => {
  const { verifyToken } = await import("/static/proof/time/timestamps.js");
  const { fromBase64 } = await import("/static/proof/bytes.js");
  const { NotProved } = await import("/static/proof/errors.js");
  const answers = [];
  for (const [response, anchor] of cases) {
    try {
      const given = [response, data, anchor].map(fromBase64);
      const { micros, accuracy, serial, hash, expiresAt, digest } = await verifyToken(...given);
      answers.push([micros, accuracy, serial, hash, expiresAt.getTime(), digest]);
    } catch (error) {
      if (!(error instanceof NotProved)) throw error;
      answers.push(error.reason);
    }
  }
  return answers;
}"""


class Case(NamedTuple):
    response: bytes
    anchor: bytes


Answer = str | list[Any]
"""A verdict, or what an accepted token says."""


def timestamps_in_both(data: bytes) -> None:
    """The harness of `make fuzz`."""
    case = made(data)
    [theirs] = by_scripts([case])
    assert by_python(case) == theirs


def by_python(case: Case) -> Answer:
    try:
        token = verify_token(case.response, DATA, case.anchor)
    except Malformed:
        return "malformed"
    except Altered:
        return "altered"
    except SignatureInvalid:
        return "signature"
    except NotProved:
        return "time"
    accuracy = None if token.accuracy is None else round(token.accuracy.total_seconds() * 1e6)
    times = round(token.at.timestamp() * 1e6), round(token.expires_at.timestamp() * 1e3)
    hash_ = token.hash.replace("sha", "SHA-")
    return [times[0], accuracy, str(token.serial), hash_, times[1], token.digest]


@cache
def _engine() -> NodeEngine:
    return NodeEngine()


def by_scripts(cases: Sequence[Case], engine: NodeEngine | None = None) -> list[Answer]:
    """What the scripts say, in one message."""
    encoded = [[base64.b64encode(part).decode() for part in case] for case in cases]
    data = base64.b64encode(DATA).decode()
    answers: list[Answer] = (engine or _engine()).evaluate(SCRIPT, [data, encoded])
    return answers


# --- programs -----------------------------------------------------------------------------------------------


@dataclass
class Program:
    """Reads numbers; behind the end of its bytes each is 0."""

    data: bytes
    at: int = 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def number(self, below: int) -> int:
        self.at += 1
        return self.data[self.at - 1] % below if self.at <= len(self.data) else 0

    def bytes(self) -> bytes:
        size = self.number(20)
        self.at += size
        return self.data[self.at - size : self.at]


@cache
def authorities() -> tuple[tuple[Certificate, Certificate, Certificate], ...]:
    """Root, intermediate and signer: with the extensions that are read, of three kinds of keys."""
    whole = name(attribute(tlv(0x13, b"PS"), "2.5.4.6"), attribute(tlv(0x16, b"a@b"), "2.5.4.10"))
    top = root(subject=whole, issuer=whole, extensions=(constraints(CRITICAL, integer(3)), usage(1, 0x06)))
    between = below(
        top, "middle", RSA_SIGNER, extensions=(CA, purposes(CODE_SIGNING, TIME_STAMPING)), serial=integer(2)
    )
    plain = root(key=EcKey("root", "secp384r1"), hash_="sha384")
    other = below(plain, "middle", MIDDLE, extensions=(CA, usage(2, 0x04)), hash_="sha384")
    policies = extension("2.5.29.32", tlv(0x30), CRITICAL)
    return (
        (plain, other, below(other, "signer", SIGNER, extensions=(STAMPING, usage(6, 0xC0), policies))),
        (top, between, below(between, "signer", SIGNER, extensions=(STAMPING, extension("1.2.3", NULL)))),
        (
            plain,
            other,
            below(other, "signer", RSA_SIGNER, extensions=(STAMPING,), end=generalized("20600101000000Z")),
        ),
    )


def made(data: bytes) -> Case:
    """The response and the authority's certificate that a program makes."""
    program = Program(data)
    listed = authorities()
    path = listed[program.number(len(listed))]
    target = TARGETS[program.number(len(TARGETS))]

    def altered(what: str, der: bytes) -> bytes:
        return change(tree(der), program).encode() if what == target else der

    above: bytes | None = None
    certificates = []
    for what, one in zip(("root", "middle", "signer"), path, strict=True):
        issued = one if above is None or what == "root" else replace(one, issuer=above)
        tbs = altered(what, issued.tbs)
        above = _part(tbs, 5, issued.subject)
        certificates.append((issued.signed(tbs), tbs))
    (anchor, _), (middle, _), (signer, tbs) = certificates
    beside = stranger(extensions=(CA,))
    info = altered("info", tst_info(accuracy=tlv(0x30, integer(1), integer(5, 0x80)), ordering=CRITICAL))
    members = {
        "more": attributed("1.2.840.113549.1.9.5", utc("261124120000Z")),
        "id": attributed("1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, _named(signer, tbs, path[2])))),
    }
    token = _Altered(
        key=path[2].key,
        certificates=[signer, middle, beside.signed(altered("beside", beside.tbs))],
        issuer=_part(tbs, 3, path[2].issuer),
        serial=_part(tbs, 1, path[2].serial),
        info=info,
        ess={},
        attributes=members,
        change=altered,
    )
    return Case(altered("response", token.der()), altered("anchor", anchor))


def _named(signer: bytes, tbs: bytes, one: Certificate) -> bytes:
    issuer, serial = _part(tbs, 3, one.issuer), _part(tbs, 1, one.serial)
    return ess_id(signer, behind=tlv(0x30, tlv(0x30, tlv(0xA4, issuer)), serial))


@dataclass(frozen=True, kw_only=True)
class _Altered(Token):
    """A token whose signed attributes and SignerInfo are altered before they are signed, or behind that."""

    change: Callable[[str, bytes], bytes]

    def signed_attributes(self) -> list[bytes]:
        whole = self.change("attributes", tlv(0x31, *super().signed_attributes()))
        return [one.encode() for one in _nodes(whole)]

    def der(self) -> bytes:
        return replace(self, signers=lambda one: tlv(0x31, self.change("signer info", one)))._made()

    def _made(self) -> bytes:
        return super().der()


def _nodes(whole: bytes) -> list[Node]:
    try:
        [one] = nodes(whole)
    except ValueError:
        return []
    return one.inside or []


def _part(tbs: bytes, place: int, otherwise: bytes) -> bytes:
    """An element of an altered TBSCertificate, if it is still there."""
    parts = _nodes(tbs)
    return parts[place].encode() if place < len(parts) else otherwise


# --- changes ------------------------------------------------------------------------------------------------

CONTENTS = (
    *(b"", b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\x00\x00", b"\x00\x80", b"\xff\xff", b"\xff\x7f"),
    *(
        b"\x07\x80",
        b"\x06\x40",
        b"\x00\x80",
        b"\x07\x80\x80",
        b"\x01\xfe",
        b"a b",
        b"a_b",
        b"\xc3\xa9",
        b"\xc0\x80",
    ),
    *(b"260101000000Z", b"491231235959Z", b"500101000000Z", b"19491231235959Z", b"20491231235959Z"),
    *(
        b"20261124120000Z",
        b"20261124120000.5Z",
        b"20261124120000.50Z",
        b"00000101000000Z",
        b"99991231235959Z",
    ),
    *(b"\x2a\x03", b"\x2a\x80\x03", b"\x55\x1d\x13", b"\x55\x1d\x0f", b"\x55\x1d\x25", b"\x55\x1d\x1e"),
)
ELEMENTS = (
    NULL,
    CRITICAL,
    tlv(0x01, b"\x00"),
    integer(0),
    integer(-1),
    integer(1 << 170),
    oid("1.2.3"),
    oid(TIME_STAMPING),
    tlv(0x30),
    tlv(0x31),
    tlv(0xA0),
    tlv(0xA1),
    tlv(0xA3, tlv(0x30)),
    named("a"),
    name(attribute(tlv(0x14, b"a"))),
    utc("310101000000Z"),
    generalized("20600101000000Z"),
    extension("1.2.3", NULL),
    extension("1.2.3.4", NULL, CRITICAL),
    CA,
    usage(7, 0x80),
    purposes(TIME_STAMPING, CODE_SIGNING),
    hash_id("sha256", b""),
    hash_id("sha384"),
    algorithm("1.2.840.10045.4.3.2", NULL),
    algorithm("1.2.840.113549.1.1.11"),
)
TAGS = (
    *(
        0x01,
        0x02,
        0x03,
        0x04,
        0x05,
        0x06,
        0x0A,
        0x0C,
        0x12,
        0x13,
        0x14,
        0x16,
        0x17,
        0x18,
        0x1A,
        0x1C,
        0x1E,
        0x1F,
    ),
    *(0x24, 0x2C, 0x30, 0x31, 0x80, 0x81, 0x82, 0xA0, 0xA1, 0xA2, 0xA3, 0x00),
)


def change(whole: Node, program: Program) -> Node:
    """Alter some nodes below this one, as the program says."""
    for _ in range(MOST_CHANGES):
        places = whole.all()
        if not program or not places:
            break
        held, place = places[(program.number(256) * 256 + program.number(256)) % len(places)]
        CHANGES[program.number(len(CHANGES))](held, place, program)
    return whole


def _flip(held: list[Node], place: int, program: Program) -> None:
    one = _leaf(held, place)
    if one.content:
        at = program.number(256) % len(one.content)
        flipped = one.content[at] ^ 1 << program.number(8)
        one.content = one.content[:at] + bytes((flipped,)) + one.content[at + 1 :]


def _rewrite(held: list[Node], place: int, program: Program) -> None:
    _leaf(held, place).content = CONTENTS[program.number(len(CONTENTS))]


def _overwrite(held: list[Node], place: int, program: Program) -> None:
    _leaf(held, place).content = program.bytes()


def _extend(held: list[Node], place: int, program: Program) -> None:
    one = held[place]
    if one.inside is None:
        one.content = (one.content + b"\x00", b"\x00" + one.content, one.content[:-1])[program.number(3)]
    else:
        one.inside.append(tree(ELEMENTS[program.number(len(ELEMENTS))]))


def _tag(held: list[Node], place: int, program: Program) -> None:
    held[place].tag = TAGS[program.number(len(TAGS))]


def _delete(held: list[Node], place: int, _: Program) -> None:
    del held[place]


def _repeat(held: list[Node], place: int, _: Program) -> None:
    held.insert(place, held[place].copy())


def _exchange(held: list[Node], place: int, _: Program) -> None:
    held[place - 1], held[place] = held[place], held[place - 1]


def _insert(held: list[Node], place: int, program: Program) -> None:
    held.insert(place + program.number(2), tree(ELEMENTS[program.number(len(ELEMENTS))]))


def _replace(held: list[Node], place: int, program: Program) -> None:
    held[place] = tree(ELEMENTS[program.number(len(ELEMENTS))])


def _length(held: list[Node], place: int, program: Program) -> None:
    held[place].form = 1 + program.number(4)


def _leaf(held: list[Node], place: int) -> Node:
    one = held[place]
    while one.inside:
        one = one.inside[-1]
    one.inside = None
    return one


CHANGES: Sequence[Callable[[list[Node], int, Program], None]] = (
    *(_flip, _rewrite, _overwrite, _extend, _tag, _delete, _repeat, _exchange, _insert, _replace, _length),
)


def seeds() -> list[bytes]:
    """A program for each authority and target that changes nothing, and one for each kind of change."""
    targets = [bytes((one, target)) for one in range(len(authorities())) for target in range(len(TARGETS))]
    changes = [bytes((0, 2, 0, 9, kind, 1, 1)) for kind in range(len(CHANGES))]
    return targets + changes
