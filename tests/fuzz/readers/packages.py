"""What a court package comes in: the bag's lists, the archive, the sealed file and its passphrase."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from chain_of_custody.encoding import bagit
from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.encoding.passphrase import list_text, normalise
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.encoding.ustar import read_index
from chain_of_custody.errors import Altered, Malformed, NotProved, WrongPassphrase
from chain_of_custody.package.sealed_file import SealedSource, SealHeader
from tests.fuzz import material
from tests.fuzz.harnesses import MemorySource, with_tags
from tests.fuzz.readers.reader import Reader, text_of
from vault.errors import Altered as VaultAltered
from vault.sealing import sealing


def _files(lists: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return with_tags({**material.package(), **lists})


def _bag(name: str, data: bytes) -> list[Any]:
    bag = Bag.open(MemorySource(_files({name: data})))
    return [[[path, digest] for path, digest in bag.payload.items()], list(bag.oxum)]


def _tag_list(data: bytes) -> list[Any]:
    files = {**with_tags(material.package()), bagit.TAG_LIST: data}
    bag = Bag.open(MemorySource(files))
    return [len(bag.payload), list(bag.oxum)]


BAG = """(async () => {
  const files = new Map(known.map(([path, content]) => [path, b.fromBase64(content)]));
  NAME
  const sizes = new Map([...files].map(([path, content]) => [path, content.length]));
  const read = async (path, start, length) => files.get(path).slice(start, start + length);
  const bag = await it.Bag.open({ sizes, read });
  return [PAYLOAD, [bag.oxum.bytes, bag.oxum.files]];
})()"""


WITH_TAGS = """files.set(FILE, bytes);
  const tags = ["README.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt"];
  const line = async (name) => `${await b.sha256Hex(files.get(name))}  ${name}\\n`;
  const lines = await Promise.all(tags.map(line));
  files.set("tagmanifest-sha256.txt", b.utf8(lines.join("")));"""


def _bag_take(name: str | None) -> str:
    change = (
        f'files.set("{bagit.TAG_LIST}", bytes);' if name is None else WITH_TAGS.replace("FILE", f'"{name}"')
    )
    payload = "bag.payload.size" if name is None else "[...bag.payload]"
    return BAG.replace("NAME", change).replace("PAYLOAD", payload)


def _packed() -> list[Any]:
    return [[path, encode_base64(content)] for path, content in with_tags(material.package()).items()]


def _archive(data: bytes) -> list[Any]:
    return [[path, one.offset, one.size] for path, one in read_index(_Bytes(data)).items()]


class _Bytes(NamedTuple):
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


PASSPHRASE = "legal winner"


def _sealed_package(data: bytes) -> list[Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.amana"
        path.write_bytes(data)
        try:
            return [[name, size] for name, size in SealedSource(path, PASSPHRASE).sizes.items()]
        except NotProved as error:  # of its one step, whatever the reason
            raise error.__cause__ if isinstance(error.__cause__, Malformed) else error from None


@cache
def _sealed_packages() -> list[bytes]:
    salt = bytes(range(16))
    head = SealHeader(salt, 100_000)
    context = b"amana/package/v1\x00" + sha256(head.canonical().split(b"\n")[1]).digest()
    key = pbkdf2_hmac("sha512", normalise(PASSPHRASE), salt, 100_000, 32)
    return [head.canonical() + sealing.seal(key, context, archive) for archive in material.archives()]


MESSAGE_KEY, CONTEXT = bytes(range(32)), sealing.Context(bytes(16), bytes(16), 2, 1, 7, bytes(32)).encode()


@cache
def _messages() -> list[bytes]:
    first = sealing.seal(MESSAGE_KEY, CONTEXT, b"what was said")
    return [first]


def _message(data: bytes) -> str:
    key = sealing.message_key(MESSAGE_KEY, CONTEXT, _messages()[0][:24])
    try:
        return sealing.open_with_message_key(key, data).hex()
    except VaultAltered as error:
        raise Altered("message", str(error)) from error


def _passphrase(data: bytes) -> str:
    try:
        return normalise(text_of(data)).hex()
    except Malformed as error:
        if "UTF-8" in str(error):
            raise
        raise WrongPassphrase("passphrase", str(error)) from error


SEALED = """(async () => {
  const { PassphraseWords } = await load("package/passphrase");
  const [passphrase, list] = known;
  const words = new PassphraseWords(list);
  const sealed = await it.SealedFile.open(new File([bytes], "one.amana"), passphrase, words);
  return [...(await sealed.entries())].map(([path, { size }]) => [path, size]);
})()"""


ARCHIVE = """it.readArchive(async (offset, length) => bytes.slice(offset, offset + length), bytes.length)
  .then((entries) => [...entries].map(([path, { offset, size }]) => [path, offset, size]))"""


MESSAGE = "it.openMessage(b.fromBase64(known), bytes).then(b.toHex)"


def _of_package(name: str) -> list[bytes]:
    return [with_tags(material.package())[name]]


READERS: Mapping[str, Reader] = {
    "payload_list": Reader(
        partial(_bag, bagit.PAYLOAD_LIST),
        "package/bags",
        _bag_take(bagit.PAYLOAD_LIST),
        lambda: _of_package(bagit.PAYLOAD_LIST),
        _packed,
    ),
    "bag_info": Reader(
        partial(_bag, bagit.INFO),
        "package/bags",
        _bag_take(bagit.INFO),
        lambda: _of_package(bagit.INFO),
        _packed,
    ),
    "tag_list": Reader(
        _tag_list, "package/bags", _bag_take(None), lambda: _of_package(bagit.TAG_LIST), _packed
    ),
    "archive": Reader(_archive, "package/archives", ARCHIVE, material.archives),
    "sealed_package": Reader(
        _sealed_package, "package/sealed", SEALED, _sealed_packages, lambda: [PASSPHRASE, list_text()]
    ),
    "sealed_message": Reader(
        _message,
        "proof/cobblestone",
        MESSAGE,
        _messages,
        lambda: encode_base64(sealing.message_key(MESSAGE_KEY, CONTEXT, _messages()[0][:24])),
    ),
    "passphrase": Reader(
        _passphrase,
        "package/passphrase",
        "b.toHex(new it.PassphraseWords(known).normalise(text()))",
        lambda: [
            *("Legal-Winner – ﬁne،\u00a0x.".encode(), b"one two"),
            *("ΑΣ İ ẞ".encode(), "أَباريق ٠٠٠٧ 00080009".encode()),
        ],
        list_text,
    ),
}
