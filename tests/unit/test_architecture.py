"""The structure of the product: map and index in docs/architecture.md, the size of folders, and imports."""

from __future__ import annotations

import ast
import graphlib
import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = LINTER["root_packages"]
MOST = 20
"""Modules in one folder: more are not taken in at a glance."""


def mapped() -> list[str]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    found: list[str] = re.findall(r"^\| `([a-z_]+/[a-z_]+)` \|", page, re.MULTILINE)
    return found


def test_the_map_names_each_folder_of_the_product_once() -> None:
    folders = [path.parent for name in PACKAGES for path in (ROOT / name).glob("*/__init__.py")]
    assert sorted(mapped()) == sorted(str(folder.relative_to(ROOT)) for folder in folders)


def test_the_map_has_them_in_the_order_of_their_layers() -> None:
    layers = {
        f"{contract['containers'][0]}/{name.strip()}": number
        for contract in LINTER["contracts"]
        if contract["type"] == "layers" and "containers" in contract
        for number, layer in enumerate(contract["layers"])
        for name in layer.split("|")
    }
    for package in PACKAGES:
        numbers = [layers[folder] for folder in mapped() if folder.startswith(f"{package}/")]
        assert numbers == sorted(numbers), package


def test_each_path_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(
        r"`((?:amana|casework|chain_of_custody|deploy|docs|player|recorder|tests|vault|web)/[^`]*)`", page
    )
    assert len(paths) > 100
    assert [path for path in paths if not (ROOT / path).exists()] == []
    static = ROOT / "web" / "static"
    scripts = [name for name in re.findall(r"`([\w/]+\.js)`", page) if name not in paths]
    assert len(scripts) > 10
    assert [name for name in scripts if not (static / name).exists()] == []


def test_the_map_names_each_folder_of_scripts_once() -> None:
    static = ROOT / "web" / "static"
    folders = {path.relative_to(static).parts[0] for path in static.rglob("*.*")}
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)/` \|", page, re.MULTILINE)) == sorted(folders)


def test_no_folder_of_the_product_has_more_modules_than_a_reader_takes_in() -> None:
    folders = {path.parent for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    assert {str(one): count for one in folders if (count := len([*one.glob("*.py")])) > MOST} == {}


def test_no_imports_form_a_cycle_not_even_those_for_annotations_alone() -> None:
    files = {_module(path): path for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    graph = {name: set(_imports(path, files.keys())) - {name} for name, path in files.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises `CycleError`, which names the cycle


def test_every_key_of_ed25519_is_read_in_one_place() -> None:
    """Libraries take keys under which anybody can sign. (eslint.config.js says it of the pages' scripts.)"""
    reader = "chain_of_custody/encoding/ed25519.py"
    loaders = {"load_der_public_key", "load_pem_public_key", "load_ssh_public_key"}
    loaders |= {"decoded_public_key_to_cryptography", "load_ssh_public_identity"}
    makes = {file: _names(ROOT / file) & (loaders | {"Ed25519PublicKey"}) for file in _product()}
    assert {file: names for file, names in makes.items() if names} == {
        reader: {"Ed25519PublicKey"},
        # Takes an uncompressed point of P-256 or an RSA key of it, and nothing else.
        "chain_of_custody/statements/webauthn.py": {"load_der_public_key"},
    }


def test_no_server_waits_for_a_request_without_a_limit() -> None:
    """Each is made where the limit is (tests/integration/test_witnesses.py shows it)."""
    uses = {file: _of_uvicorn(ROOT / file) for file in _product() if "uvicorn" in (ROOT / file).read_text()}
    assert {file for file, names in uses.items() if "Config" in names} == {"amana/server_config.py"}
    serves = {file for file, names in uses.items() if "Server" in names}
    assert {file for file in serves if "config_for" not in _names(ROOT / file)} == set()
    assert len(serves) >= 2


def _of_uvicorn(path: Path) -> set[str]:
    """What a module uses of uvicorn, by attribute or by import."""
    uses = {
        node.attr
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "uvicorn"
    }
    froms = (node for node in ast.walk(_tree(path)) if isinstance(node, ast.ImportFrom) and node.module)
    return uses | {one.name for node in froms if str(node.module).startswith("uvicorn") for one in node.names}


def _product() -> list[str]:
    return [str(path.relative_to(ROOT)) for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


def _names(path: Path) -> set[str]:
    """Every name that a module imports or uses, by whatever way it comes to it."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.name for alias in node.names)
    return found


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path, known: Collection[str]) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & set(known)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module in known:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from submodules & set(known)
            if not submodules <= set(known):
                yield node.module
