"""docs/spec/statement.md, manifest.md, court-package.md: their worked example comes out again to the byte."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.recipe import Recipe
from chain_of_custody.items.recording_manifest import RecordTree, entry
from chain_of_custody.items.viewing_copy import joined_init
from chain_of_custody.package.record_layout import FileLayout, Opened
from chain_of_custody.report.messages import FINDINGS, NOT_PROVED
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.statements.types import TYPES
from chain_of_custody.tlog import merkle
from chain_of_custody.verify import STEPS
from tests.support.ledger import signing_example
from tests.support.ledger import worked_example as example
from tests.support.ledger.worked_example import DETAILS, EVIDENCE, HEADER, POLICY
from tests.support.packages.court_packages import Derivative, File, verify

SPECIFICATIONS = Path(__file__).resolve().parents[3] / "docs" / "spec"
NAMES = ("statement.md", "manifest.md", "court-package.md")
COMMAND = (
    r"grep -v -e '\.tlog-proof$' -e '  data/checkpoints/' -e '  data/timestamps/' "
    r"-e '  data/statements/6\.json$' manifest-sha256.txt | sha256sum"
)


def written(name: str) -> dict[str, str]:
    text = (SPECIFICATIONS / name).read_text()
    return dict(re.findall(r"^```(?:text|json) ([\w-]+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def file_examples() -> dict[str, str]:
    """A photograph of 36 bytes, in three pieces."""
    file = File(body=b"first pieces;second piece;third one.", piece=13)
    file.write()
    layout, opened = FileLayout("photograph", file.format), []
    for record, salt, content in file.opened:
        name, offset = layout.place(record, len(content))
        opened.append(Opened(record.index, name, offset, len(content), salt).canonical().decode())
    contents = {record.kind: content.decode() for record, _, content in file.opened}
    return {
        "file-header": contents["header"],
        "file-event": contents["event"],
        "file-index": file.index.decode(),
        "file-manifest": file.manifest.canonical().decode(),
        "file-opened": "\n".join(opened),
    }


def derivative_examples(source: dict[str, object]) -> dict[str, str]:
    """A film of 29 bytes, in two pieces, made from the first second of the recording."""
    file = Derivative(body=b"first pictures;then the sound", piece=15, sources=[source])
    file.write()
    layout, opened = FileLayout("derivative", file.format), []
    for record, salt, content in file.opened:
        name, offset = layout.place(record, len(content))
        opened.append(Opened(record.index, name, offset, len(content), salt).canonical().decode())
    recipe = file.opened[-1][2]
    assert Recipe.parse(recipe).canonical() == recipe
    return {
        "derivative-recipe": recipe.decode(),
        "derivative-index": file.index.decode(),
        "derivative-manifest": file.manifest.canonical().decode(),
        "derivative-opened": "\n".join(opened),
    }


def examples(folder: Path) -> dict[str, str]:
    """Every example, made from its keys: name → text."""
    made = example.build(folder)
    opened = SignedStatement.parse(made.leaves[1])
    records, home = made.records, folder / "data/recordings" / EVIDENCE
    second_plain = sha256(made.opened[2][2]).hexdigest()
    listed = (folder / "manifest-sha256.txt").read_text().splitlines(keepends=True)
    left_out = (".tlog-proof\n", ".consistency\n", "  data/statements/6.json\n")
    covered = "".join(line for line in listed if not line.endswith(left_out))
    header = joined_init({1: example.init_segment(1), 2: example.init_segment(2)})
    files = [path for path in folder.glob("**/*") if path.is_file()]
    keys = {"center": example.public(example.CENTER), "recorder": example.public(example.RECORDER)}
    texts = {
        "keys": "\n".join(f"{name:8}  {encode_base64(key)}  {key_id(key)}" for name, key in keys.items()),
        "details": canonical_json.serialise(DETAILS).decode(),
        "commitment": made.details,
        "statement": opened.statement.canonical().decode(),
        "leaf": opened.leaf.decode(),
        "leaf-hash": opened.leaf_hash.hex(),
        "started": made.leaves[2].decode(),
        "progress": made.leaves[3].decode(),
        "header": HEADER.canonical().decode(),
        "sender-message": example.SIGNED.decode(),
        "event": example.EVENT.canonical().decode(),
        "entry": entry(records[2], b"", second_plain).decode(),
        "index": made.index.decode(),
        "roots": "\n".join(f"root({n}) {RecordTree(records[:n]).root().hex()}" for n in (3, 5)),
        "manifest": made.manifest.canonical().decode(),
        "manifest-digest": made.manifest.digest,
        "tree": "\n".join(sorted(path.relative_to(folder).as_posix() for path in files)),
        "policy": POLICY.data.decode(),
        "opened": (home / "opened.jsonl").read_text(),
        "covered": covered,
        "package": SignedStatement.parse(made.leaves[6]).statement.body["package"],
        "command": COMMAND,
        "bag-info": (folder / "bag-info.txt").read_text(),
        "details-file": (folder / "data/details/1.json").read_text(),
        "consistency": (folder / "data/checkpoints/2.consistency").read_text(),
        "excerpt": example.excerpt(1_200_000, 1_500_000).decode(),
        "inits": "\n".join(example.init_segment(track).hex() for track in (1, 2)),
        "joined-init": header.hex(),
        **file_examples(),
        **derivative_examples(
            {
                "evidence": EVIDENCE,
                "excerpt": {"from": 0, "to": 1_000_000},
                "manifest": made.manifest.digest,
            }
        ),
        **signing_example.examples(made),
    }
    return {name: text.rstrip("\n") + "\n" for name, text in texts.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("example") / "folder"
    return folder, examples(folder)


@pytest.mark.parametrize("name", NAMES)
def test_its_worked_example_comes_out_again(made: tuple[Path, dict[str, str]], name: str) -> None:
    shown = written(name)
    assert len(shown) > 5
    for part, text in shown.items():
        assert text == made[1][part], part


def test_every_example_is_shown(made: tuple[Path, dict[str, str]]) -> None:
    assert {part for name in NAMES for part in written(name)} == set(made[1])


def test_the_example_s_court_package_is_intact(made: tuple[Path, dict[str, str]]) -> None:
    assert verify(made[0], POLICY).outcome == "intact"


@pytest.mark.starts
def test_its_command_finds_the_package_digest(made: tuple[Path, dict[str, str]]) -> None:
    run = subprocess.run(COMMAND, shell=True, cwd=made[0], capture_output=True, text=True, check=True)
    assert run.stdout.split()[0] + "\n" == written("court-package.md")["package"]


def test_a_chain_of_plain_hashing_leads_from_the_film_to_the_seal(made: tuple[Path, dict[str, str]]) -> None:
    """What a stranger would write first, with nothing of ours but the tree."""
    shown = written("manifest.md")
    entry_bytes = bytes([2]) * 16 + shown["entry"].rstrip("\n").encode()
    assert sha256(b"first second;").hexdigest() in shown["entry"]
    leaf = sha256(b"\x00" + entry_bytes).hexdigest()
    lines = shown["index"].splitlines()
    assert f'"leaf":"{leaf}"' in lines[2]
    leaves = [bytes.fromhex(re.findall('"leaf":"([0-9a-f]{64})"', line)[0]) for line in lines]
    assert f"root(5) {merkle.root_of(leaves).hex()}\n" in shown["roots"]
    assert sha256(shown["index"].encode()).hexdigest() in shown["manifest"]
    assert sha256(shown["manifest"].rstrip("\n").encode()).hexdigest() == shown["manifest-digest"].rstrip(
        "\n"
    )


def test_the_specification_names_every_type_step_and_remark() -> None:
    statement, package = (
        (SPECIFICATIONS / name).read_text() for name in ("statement.md", "court-package.md")
    )
    assert all(f"`{type_}`" in statement for type_ in TYPES)
    assert re.findall(r"^ ?(\d+)\. \*\*(\w+)\*\*", package, re.MULTILINE) == [
        (str(number), step) for number, step in enumerate(STEPS, start=1)
    ]
    assert re.findall(r"^\| `([a-z.-]+)` \|", package, re.MULTILINE) == [*FINDINGS, *NOT_PROVED]
