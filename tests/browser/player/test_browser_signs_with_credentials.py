"""A person's own key in a real browser: enrolled, signed with, and proved by both verifiers.

The authenticator is Chromium's virtual one; everything else is what runs in a center.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

TESTS = Path(__file__).resolve().parents[2]

from casework.database.models import Credential, Person  # noqa: E402
from casework.errors import Forbidden, Refused  # noqa: E402
from casework.ledger import custody_log  # noqa: E402
from casework.ledger.custody_log import Draft  # noqa: E402
from casework.people import credentials  # noqa: E402
from casework.signing import prepared_statements  # noqa: E402
from chain_of_custody.encoding.signed_note import encode_base64  # noqa: E402
from chain_of_custody.errors import ChainConflict, NotProved  # noqa: E402
from chain_of_custody.statements.sheets import ALONE  # noqa: E402
from chain_of_custody.statements.signatures import WebAuthnSignature, signed_by  # noqa: E402
from chain_of_custody.statements.statement import SignedStatement  # noqa: E402
from chain_of_custody.statements.webauthn import Assertion, challenge_of  # noqa: E402
from tests.support.centers.casework_world import World, world  # noqa: E402  # a whole center, as casework's own tests have it
from tests.support.ledger.webauthn_vectors import FOLDER, MESSAGE, answer, from_chromium  # noqa: E402

__all__ = ["world"]

pytestmark = pytest.mark.browser

ABOUT = "0a" * 16
STATIC = Path(__file__).resolve().parents[3] / "web" / "static"
CHALLENGE = b"a challenge of the server's, once"

CREATE = """async ([challenge, algorithm, name]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(challenge),
    rp: { id: "localhost", name: "Amana" },
    user: { id: bytes(btoa(name)), name, displayName: name },
    pubKeyCredParams: [{ type: "public-key", alg: algorithm }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  }});
  return made.toJSON();
}"""

GET = """async ([challenge, id, userVerification]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const { response } = await navigator.credentials.get({ publicKey: {
    challenge: bytes(challenge),
    rpId: "localhost",
    allowCredentials: [{ type: "public-key", id: bytes(id) }],
    userVerification,
  }});
  return [response.authenticatorData, response.clientDataJSON, response.signature].map(text);
}"""

READ = """async ([deployment, center, registry, acts]) => {
  const { Registry } = await import("/proof/ledger/registry.js");
  const { parseLeaf, verifyStatement } = await import("/proof/ledger/statements.js");
  const { signedBy } = await import("/proof/ledger/signatures.js");
  const { leafHash } = await import("/proof/merkle.js");
  const { fromBase64 } = await import("/proof/bytes.js");
  const told = async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!error.reason) throw error;
      return error.message;
    }
  };
  const book = await Registry.begin(deployment, fromBase64(center));
  for (const [position, leaf] of registry) {
    const refused = await told(async () => {
      const bytes = fromBase64(leaf);
      await book.add({ ...parseLeaf(bytes), position, hash: await leafHash(bytes) });
      return null;
    });
    if (refused !== null) return refused;
  }
  const answers = [];
  for (const [position, leaf] of acts) {
    answers.push(await told(async () => {
      const signed = parseLeaf(fromBase64(leaf));
      await verifyStatement(signed, book.keys, position);
      return `verified ${signedBy(signed.signatures, book.keys)}`;
    }));
  }
  return answers;
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The player's scripts and an empty page, at a host name: an address of numbers is no relying party."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".js": "text/javascript", "": "text/html"}  # noqa: RUF012

        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(STATIC))

        def do_GET(self) -> None:
            if self.path != "/blank":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>.</title>")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}/blank")
    yield page
    context.close()


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    """A security key with a PIN that is always typed right."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def register(page: Page, person: Person, algorithm: int = -7, challenge: bytes = CHALLENGE) -> dict[str, Any]:
    answered: dict[str, Any] = page.evaluate(CREATE, [text(challenge), algorithm, person.id])
    return answered


def enrol(world: World, page: Page, address: str, person: Person, algorithm: int = -7) -> Credential:
    answered = register(page, person, algorithm)
    return credentials.enrol(
        world.center, person, person.id, answered, challenge=CHALLENGE, rp="localhost", origin=address
    )


def assert_with(page: Page, credential: Credential, challenge: bytes, verify: str = "required") -> Assertion:
    fields = page.evaluate(GET, [text(challenge), text(credential.credential_id), verify])
    return Assertion(*(base64.b64decode(field) for field in fields))


def sign(world: World, page: Page, credential: Credential, person: Person) -> int:
    """An act signed by its person; its position in the ledger."""
    prepared = prepared_statements.prepare(
        world.center, Draft("evidence.viewed", ABOUT, person, "review", {})
    )
    assertion = assert_with(page, credential, prepared_statements.challenge(prepared))
    return prepared_statements.append_signed(world.center, prepared, credential.key, assertion)[0].index


def read_in_browser(world: World, page: Page, positions: list[int]) -> Any:
    entry = world.center.ledger.entry
    said = [SignedStatement.parse(entry(n)) for n in range(world.center.ledger.size)]
    registry = [
        [n, text(one.leaf)] for n, one in enumerate(said) if one.statement.evidence == world.center.deployment
    ]
    center = encode_base64(world.keyholder.public_keys().center)
    acts = [[n, text(entry(n))] for n in positions]
    return page.evaluate(READ, [world.center.deployment, center, registry, acts])


def read_in_python(world: World, positions: list[int]) -> list[str]:
    keys = custody_log.keys(world.center)
    answers = []
    for position in positions:
        try:
            signers = SignedStatement.parse(world.center.ledger.entry(position)).verify(keys, position)
        except NotProved as refused:
            answers.append(refused.reason)
        else:
            answers.append(f"verified {signed_by(signers)}")
    return answers


def both(world: World, page: Page, positions: list[int]) -> list[str]:
    """What both verifiers say of these statements."""
    theirs = read_in_browser(world, page, positions)
    assert theirs == read_in_python(world, positions)
    return list(theirs)


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
def test_a_person_signs_with_a_credential_and_both_verifiers_take_it(
    world: World, page: Page, address: str, authenticator: CDPSession, algorithm: int
) -> None:
    credential = enrol(world, page, address, world.prosecutor, algorithm)
    assert credential.algorithm == {-7: "es256", -8: "eddsa", -257: "rs256"}[algorithm]
    signed = sign(world, page, credential, world.prosecutor)
    unsigned = custody_log.append(
        world.center,
        custody_log.Draft(
            type="evidence.viewed",
            evidence=ABOUT,
            person=world.prosecutor,
            purpose="review",
            body={},
        ),
    ).index
    credentials.revoke(world.center, world.prosecutor, credential.key, "replaced")
    assert both(world, page, [signed, unsigned]) == ["verified person", "verified center"]


def test_a_revoked_credential_signs_nothing_more(
    world: World, page: Page, address: str, authenticator: CDPSession
) -> None:
    credential = enrol(world, page, address, world.prosecutor)
    draft = Draft("evidence.viewed", ABOUT, world.prosecutor, "review", {})
    prepared = prepared_statements.prepare(world.center, draft)
    assertion = assert_with(page, credential, prepared_statements.challenge(prepared))
    credentials.revoke(world.center, world.administrator, credential.key, "lost")
    size = world.center.ledger.size
    with pytest.raises(NotProved, match="was revoked before this statement"):
        prepared_statements.append_signed(world.center, prepared, credential.key, assertion)
    # Nor if the revocation comes in between: the ledger itself looks again.
    own = WebAuthnSignature(credential.key, assertion, ALONE)
    late = custody_log.sign_for_center(world.center, prepared[0], [own])
    with pytest.raises(ChainConflict, match="was revoked meanwhile"):
        custody_log.append_signed(world.center, [late])
    with pytest.raises(Refused, match="no credential"):
        prepared_statements.prepare(world.center, draft)
    assert world.center.ledger.size == size


def test_a_signature_is_for_one_place_in_one_chain(
    world: World, page: Page, address: str, authenticator: CDPSession
) -> None:
    credential = enrol(world, page, address, world.prosecutor)
    prepared = prepared_statements.prepare(
        world.center, Draft("evidence.viewed", ABOUT, world.prosecutor, "review", {})
    )
    assertion = assert_with(page, credential, prepared_statements.challenge(prepared))
    sign(world, page, credential, world.prosecutor)
    with pytest.raises(ChainConflict):
        prepared_statements.append_signed(world.center, prepared, credential.key, assertion)
    other = prepared_statements.prepare(
        world.center, Draft("evidence.viewed", "0b" * 16, world.prosecutor, "review", {})
    )
    with pytest.raises(NotProved, match="over another statement"):
        prepared_statements.append_signed(world.center, other, credential.key, assertion)


def test_nobody_signs_with_another_persons_credential(
    world: World, page: Page, address: str, authenticator: CDPSession
) -> None:
    enrol(world, page, address, world.prosecutor)
    other = enrol(world, page, address, world.administrator)
    prepared = prepared_statements.prepare(
        world.center, Draft("evidence.viewed", ABOUT, world.prosecutor, "review", {})
    )
    assertion = assert_with(page, other, prepared_statements.challenge(prepared))
    with pytest.raises(Forbidden, match="another person's"):
        prepared_statements.append_signed(world.center, prepared, other.key, assertion)


def test_a_signature_without_the_persons_pin_is_refused(
    world: World, page: Page, address: str, authenticator: CDPSession
) -> None:
    credential = enrol(world, page, address, world.prosecutor)
    prepared = prepared_statements.prepare(
        world.center, Draft("evidence.viewed", ABOUT, world.prosecutor, "review", {})
    )
    assertion = assert_with(page, credential, prepared_statements.challenge(prepared), "discouraged")
    assert not assertion.authenticator[32] & 0x04
    with pytest.raises(NotProved, match="did not verify its user"):
        prepared_statements.append_signed(world.center, prepared, credential.key, assertion)


def test_a_registration_for_another_challenge_page_or_host_is_not_taken(
    world: World, page: Page, address: str, authenticator: CDPSession
) -> None:
    size = world.center.ledger.size
    answered = register(page, world.prosecutor)
    right = {"challenge": CHALLENGE, "rp": "localhost", "origin": address}
    for wrong in ({"challenge": b"another"}, {"rp": "amana.example"}, {"origin": "https://amana.example"}):
        with pytest.raises(Refused):
            credentials.enrol(world.center, None, world.prosecutor.id, answered, **(right | wrong))  # type: ignore[arg-type]
    for broken in ({}, answered | {"response": {}}, answered | {"id": "AAAA"}):
        with pytest.raises(Refused):
            credentials.enrol(world.center, None, world.prosecutor.id, broken, **right)  # type: ignore[arg-type]
    assert world.center.ledger.size == size


# --- Vectors ----------------------------------------------------------------------------------------------

CASES = """async (vectors) => {
  const { verifyAssertion } = await import("/proof/ledger/webauthn.js");
  const { fromBase64, sha256 } = await import("/proof/bytes.js");
  const { algorithm, key, rp } = vectors.credential;
  const answers = {};
  for (const one of vectors.cases) {
    const fields = ["authenticator", "client", "signature"].map((name) => [name, fromBase64(one[name])]);
    try {
      const credential = { algorithm, key: fromBase64(key), rp };
      const challenge = await sha256(fromBase64(vectors.message));
      await verifyAssertion(Object.fromEntries(fields), credential, challenge);
      answers[one.name] = null;
    } catch (error) {
      if (!error.reason) throw error;
      answers[one.name] = error.message;
    }
  }
  return answers;
}"""

KEYS = """async (keys) => {
  const { loadKey } = await import("/proof/ledger/webauthn.js");
  const { fromBase64 } = await import("/proof/bytes.js");
  const answers = {};
  for (const { name, algorithm, key } of keys) {
    try {
      await loadKey(algorithm, fromBase64(key));
      answers[name] = true;
    } catch (error) {
      if (!error.reason) throw error;
      answers[name] = false;
    }
  }
  return answers;
}"""


@pytest.mark.parametrize(
    "name",
    [f"{by}{algorithm}.json" for by in ("", "chromium-") for algorithm in ("es256", "eddsa", "rs256")],
)
def test_the_browser_takes_and_refuses_the_vectors_for_the_same_reasons(page: Page, name: str) -> None:
    vectors = json.loads((FOLDER / name).read_bytes())
    wanted = {one["name"]: one["refused"] for one in vectors["cases"]}
    assert page.evaluate(CASES, vectors) == wanted
    assert len(wanted) > 5


def test_the_browser_takes_the_same_keys(page: Page) -> None:
    keys = json.loads((FOLDER / "keys.json").read_bytes())["keys"]
    assert page.evaluate(KEYS, keys) == {key["name"]: key["taken"] for key in keys}


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
def test_chromiums_authenticator_answers_as_in_the_vectors(
    world: World, page: Page, address: str, authenticator: CDPSession, algorithm: int
) -> None:
    """What was written down can be had again: the same cases, taken and refused for the same reasons."""
    credential = enrol(world, page, address, world.prosecutor, algorithm)
    good = assert_with(page, credential, challenge_of(MESSAGE))
    enrolled = {
        "algorithm": credential.algorithm,
        "key": encode_base64(credential.public_key),
        "person": "a0" * 16,
        "rp": credential.relying_party,
    }
    file = FOLDER / f"chromium-{credential.algorithm}.json"
    made = from_chromium(enrolled, good)
    if os.environ.get("WRITE_VECTORS"):
        file.write_bytes(made)
    new, kept = json.loads(made), json.loads(file.read_bytes())
    assert {one["name"]: answer(new, one) for one in new["cases"]} == {
        one["name"]: one["refused"] for one in kept["cases"]
    }
    # Chromium now and then adds a key of its own, so that nobody compares the text.
    client = json.loads(base64.b64decode(kept["cases"][0]["client"]))
    assert {"type", "challenge", "origin", "crossOrigin"} <= client.keys()


ED25519 = """async (cases) => {
  const { verifyEd25519 } = await import("/proof/ed25519.js");
  const { fromHex } = await import("/proof/bytes.js");
  const bytes = (hex) => fromHex(hex, hex.length / 2);
  const wrong = [];
  for (const { name, key, message, signature, holds } of cases) {
    let answer = false;
    try {
      answer = await verifyEd25519(bytes(key), bytes(signature), bytes(message));
    } catch (error) {
      if (error.reason !== "malformed") throw error;
    }
    if (answer !== holds) wrong.push(name);
  }
  return wrong;
}"""


@pytest.mark.parametrize("name", ["speccheck", "cctv", "wycheproof"])
def test_the_browser_takes_and_refuses_the_same_signatures_of_ed25519(page: Page, name: str) -> None:
    cases = json.loads((FOLDER.parent / "ed25519" / f"{name}.json").read_bytes())
    assert page.evaluate(ED25519, cases) == []
    assert len(cases) >= 12


def test_chromium_alone_takes_a_key_that_everybody_can_sign_under(page: Page) -> None:
    """Why proof/ed25519.js looks itself. Where this fails one day, Chromium has begun to."""
    forged = """async () => {
      const one = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
      const key = await crypto.subtle.importKey("raw", one, "Ed25519", false, ["verify"]);
      const signature = Uint8Array.from([...one, ...new Uint8Array(32)]);
      return crypto.subtle.verify("Ed25519", key, signature, new TextEncoder().encode("any message"));
    }"""
    assert page.evaluate(forged) is True
