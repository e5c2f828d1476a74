"""Sealed messages made by the vault, opened by the page's own script."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

import pytest

from tests.support.packages.node_engine import NodeEngine
from vault.errors import Altered
from vault.sealing import sealing

pytestmark = pytest.mark.starts

CHUNK = sealing.CHUNK_SIZE
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 77)
KEY = bytes(range(32))
CONTEXT = sealing.Context(bytes(16), bytes(16), 2, 1, 7, bytes(32)).encode()

OPEN = """async ([key, message]) => {
  const { fromBase64, toBase64 } = await import("/static/proof/bytes.js");
  const { openMessage } = await import("/static/proof/cobblestone.js");
  try {
    return { opened: toBase64(await openMessage(fromBase64(key), fromBase64(message))) };
  } catch (error) {
    if (!error.reason) throw error;
    return { reason: error.reason };
  }
}"""


def opened(engine: NodeEngine, key: bytes, message: bytes) -> bytes | str:
    """The plaintext, or the reason why there is none."""
    answer = engine.evaluate(OPEN, [base64.b64encode(key).decode(), base64.b64encode(message).decode()])
    return base64.b64decode(answer["opened"]) if "opened" in answer else str(answer["reason"])


@pytest.mark.parametrize("size", SIZES)
def test_a_message_sealed_by_the_vault_opens_in_the_scripts(engine: NodeEngine, size: int) -> None:
    plaintext = secrets.token_bytes(size)
    message = sealing.seal(KEY, CONTEXT, plaintext)
    assert opened(engine, sealing.message_key(KEY, CONTEXT, message[:24]), message) == plaintext


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(lambda m: m[:30] + bytes([m[30] ^ 1]) + m[31:], id="the commitment"),
        pytest.param(lambda m: m[:56] + bytes([m[56] ^ 1]) + m[57:], id="the first byte of the first chunk"),
        pytest.param(lambda m: m[:-1] + bytes([m[-1] ^ 0x80]), id="the last bit of the last tag"),
        pytest.param(lambda m: m[: 56 + CHUNK + 16], id="everything after the first chunk gone"),
        pytest.param(lambda m: m[: 56 + CHUNK + 16 + 5], id="cut within a tag"),
        pytest.param(lambda m: m[:56], id="only the beginning left"),
        pytest.param(lambda m: m[:20], id="less than the beginning left"),
        pytest.param(lambda m: m + bytes(1), id="a byte added"),
        pytest.param(
            lambda m: m[:56] + m[56 + CHUNK + 16 : 56 + 2 * (CHUNK + 16)] + m[56 : 56 + CHUNK + 16]
            + m[56 + 2 * (CHUNK + 16) :],
            id="two chunks exchanged",
        ),
    ],
)  # fmt: skip
def test_an_altered_message_is_refused_by_vault_and_scripts_alike(
    engine: NodeEngine, alter: Callable[[bytes], bytes]
) -> None:
    message = sealing.seal(KEY, CONTEXT, secrets.token_bytes(2 * CHUNK + 100))
    key = sealing.message_key(KEY, CONTEXT, message[:24])
    altered = alter(message)
    with pytest.raises(Altered):
        sealing.open_with_message_key(key, altered)
    assert opened(engine, key, altered) == "altered"


def test_a_message_moved_to_another_place_has_no_key_that_opens_it(engine: NodeEngine) -> None:
    elsewhere = sealing.Context(bytes(16), bytes(16), 2, 1, 8, bytes(32)).encode()
    message = sealing.seal(KEY, CONTEXT, b"what was said at seven")
    assert opened(engine, sealing.message_key(KEY, elsewhere, message[:24]), message) == "altered"
