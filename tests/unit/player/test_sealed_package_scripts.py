"""Sealed packages in the scripts: whatever sealed file the unit tests open is opened there too.

What Python opens the scripts open, with the same files in it, byte for byte; what it refuses they refuse for
the same reason. Then: packages altered after they were sealed, judged by both verifiers.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from chain_of_custody.encoding.chunked_encryption import SEALED_CHUNK
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.encoding.passphrase import list_text
from chain_of_custody.errors import NotProved
from chain_of_custody.package.sealed_file import SealedSource, SealHeader, write_sealed
from chain_of_custody.verify import verify
from tests.support.packages import court_packages
from tests.support.packages.both_verifiers import assert_both_refuse, assert_both_say
from tests.support.packages.node_engine import NodeEngine
from tests.unit.chain_of_custody import test_sealed_packages

pytestmark = pytest.mark.starts

for name, each in vars(test_sealed_packages).items():
    if name.startswith("test_") or name in ("folder", "sealed", "source", "altered"):
        globals()[name] = each

WORDS = test_sealed_packages.WORDS
HEAD = SealHeader(bytes(range(16)), iterations=100_000)
FIRST_CHUNK = len(HEAD.canonical()) + 56

OPEN = """async ([passphrase, words]) => {
  try {
    const source = await sealedSource(chosen[0], passphrase, new PassphraseWords(words));
    const files = {};
    for (const [path, size] of source.sizes) {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await source.read(path, 0, size)));
      files[path] = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return { files };
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    const { reason: kind, message: reason, where } = error;
    return { failure: { step: "opening", number: 1, kind, reason, where } };
  }
}"""


@pytest.fixture(scope="module", autouse=True)
def both(engine: NodeEngine) -> Iterator[None]:
    """`SealedSource` asks the scripts too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_sealed_packages, "SealedSource", lambda path, words: opened(engine, path, words))
        yield


def opened(engine: NodeEngine, path: Path, words: str) -> SealedSource:
    """As Python opens it, once the scripts have come to the same end."""
    engine.choose(path)
    answer = engine.evaluate(OPEN, [words, list_text()])
    try:
        source = SealedSource(path, words)
    except NotProved as error:
        assert_both_refuse(answer["failure"], error)
        raise
    try:
        files = {name: source.read(name, size) for name, size in source.sizes.items()}
    except NotProved as error:  # opened, and altered where somebody reads
        assert (answer["failure"]["kind"], answer["failure"]["where"]) == ("altered", error.where)
        return source
    assert answer["files"] == {name: sha256(content).hexdigest() for name, content in files.items()}
    return source


def test_words_are_the_same_however_they_were_typed(
    engine: NodeEngine, sealed: bytes, tmp_path: Path
) -> None:
    path = test_sealed_packages.write(tmp_path, sealed)
    for typed in (
        "  Legal winner, thank year.\r\nwave-sausage worth\u2013useful \n",
        "LEGAL WINNER THANK YEAR WAVE SAUSAGE WORTH USEFUL",
        "legal\u00a0winner\u3000thank year\u060c wave sausage worth useful",
        "\uff4cegal winner thank year wave sausage worth useful",
        "legal_winner thank year wave sausage worth useful",
        "",
        "...",
        "x" * 1025,
    ):
        engine.choose(path)
        answer = engine.evaluate(OPEN, [typed, list_text()])
        try:
            SealedSource(path, typed)
        except NotProved:
            assert answer["failure"]["step"] == "opening"
        else:
            assert answer["files"]


# --- Altered after sealing --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A package that holds, sealed; its films begin chunks of their own."""
    center, recording = court_packages.Center(), court_packages.Recording()
    court_packages.begin(center, recording)
    for number in range(8):
        content = sha256(b"%d" % number).digest() * 2_000
        recording.add("media", content, 3, (5 + number) * court_packages.SECOND, court_packages.SECOND)
    center.seal(recording)
    folder = center.export(tmp_path_factory.mktemp("large") / "folder", [recording])
    out = io.BytesIO()
    write_sealed(FolderSource(folder), out, WORDS, HEAD, bytes(range(24)))
    return out.getvalue()


def test_a_sealed_package_that_holds_is_called_so(engine: NodeEngine, package: bytes, tmp_path: Path) -> None:
    path = test_sealed_packages.write(tmp_path, package)
    assert_both_say(engine.verify(path, WORDS), verify(SealedSource(path, WORDS)))


def test_an_altered_chunk_is_named_at_the_step_that_reads_it(
    engine: NodeEngine, package: bytes, tmp_path: Path
) -> None:
    """Every fourth chunk; the last one, whose tag says that the message ends."""
    steps = set()
    chunks = (len(package) - FIRST_CHUNK) // SEALED_CHUNK
    for number in sorted({*range(0, chunks, 4), chunks - 1}):
        at = FIRST_CHUNK + number * SEALED_CHUNK + 100
        path = test_sealed_packages.write(tmp_path, flipped(package, at))
        answer = engine.verify(path, WORDS)
        with pytest.raises(NotProved) as caught:
            verify(SealedSource(path, WORDS))
        assert_both_say(answer, caught.value)
        steps.add(answer["failure"]["step"])
    assert {"opening", "records", "media"} <= steps


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
