"""SBOMs of what `requirements.lock` pins, against the lock, the installed distributions and the schema."""

from __future__ import annotations

import json
import re
import sysconfig
import tomllib
from datetime import UTC, datetime
from email.message import Message
from email.parser import Parser
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from release import sbom

ROOT = Path(__file__).parents[3]
SITE = Path(sysconfig.get_path("purelib"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MADE = datetime(2026, 12, 1, tzinfo=UTC)
PINS = list(sbom.pins((ROOT / "requirements.lock").read_text()))
SCHEMAS = files("cyclonedx.schema") / "_res"


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.SNAPSHOT.schema.json").read_text())


REFERRED_TO = [
    (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema(name))
    for name in ("spdx", "jsf-0.82")
]
VALIDATOR = jsonschema_rs.validator_for(
    schema("bom-1.6"), registry=jsonschema_rs.Registry(REFERRED_TO), validate_formats=True
)


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(ROOT)
    path = tmp_path / "amana-1.2.3-py3-none-any.whl"
    path.write_bytes(b"a wheel")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files of a package that has the libraries of this environment."""
    site = tmp_path / "root/usr/lib/amana/lib/python3.13/site-packages"
    site.parent.mkdir(parents=True)
    site.symlink_to(SITE)
    return tmp_path / "root"


@pytest.fixture
def control() -> Message:
    text = (ROOT / "deploy/debian/control").read_text()
    text = text.replace("@VERSION@", "1.2.3~git1").replace("@ARCHITECTURE@", "amd64")
    return Parser().parsestr(text.replace("@PYTHON@", "python3 (>= 3.13), python3 (<< 3.14)"))


def components(text: str) -> dict[str, Any]:
    """Those of a valid SBOM, by their package URL."""
    document = json.loads(text)
    VALIDATOR.validate(document)
    return {one["purl"]: one for one in document["components"]}


def digests(component: Any) -> set[str]:
    """Those of the files that a lock allows."""
    [files] = [one for one in component["externalReferences"] if one["type"] == "distribution"]
    assert {one["alg"] for one in files["hashes"]} == {"SHA-256"}
    return {one["content"] for one in files["hashes"]}


def purl(pin: sbom.Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def named(requirement: str) -> sbom.Pin:
    """The pin of what a requirement names, for this Python."""
    name = re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()
    [pin] = [pin for pin in PINS if pin.name == name and installed_here(pin)]
    return pin


def installed_here(pin: sbom.Pin) -> bool:
    try:
        return version(pin.name) == pin.version
    except PackageNotFoundError:
        return False


def graph(text: str) -> dict[str, set[str]]:
    return {one["ref"]: set(one.get("dependsOn", ())) for one in json.loads(text)["dependencies"]}


def test_the_wheel_s_has_all_that_the_lock_pins_with_every_digest(wheel: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    text = sbom.as_json(sbom.of_wheel(wheel, SITE), MADE)
    found = components(text)
    assert found.keys() == {purl(pin) for pin in PINS}
    assert len(found) == len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE))
    assert all(digests(found[purl(pin)]) == set(pin.digests) for pin in PINS)
    assert sum(len(pin.digests) for pin in PINS) == lock.count("--hash=sha256:")
    assert found[purl(named("uvloop"))]["properties"] == [
        {"name": "amana:marker", "value": "sys_platform != 'win32'"}
    ]
    artefact = json.loads(text)["metadata"]["component"]
    assert (artefact["name"], artefact["version"]) == ("amana", "1.2.3")
    assert artefact["hashes"] == [{"alg": "SHA-256", "content": sha256(b"a wheel").hexdigest()}]


def test_what_is_required_is_what_the_distributions_say(wheel: Path) -> None:
    edges = graph(sbom.as_json(sbom.of_wheel(wheel, SITE), MADE))
    installed = [pin for pin in PINS if installed_here(pin)]
    assert len(installed) > 80
    for pin in installed:
        for line in requires(pin.name) or ():
            requirement, _, marker = line.partition(";")
            if not marker:
                assert purl(named(requirement)) in edges[purl(pin)], (pin.name, requirement)
    declared = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["build"]
    assert {purl(named(line)) for line in declared} <= edges["pkg:generic/amana@1.2.3"]


def test_the_package_s_has_what_is_in_it_and_what_it_needs_of_the_system(
    wheel: Path, root: Path, control: Message
) -> None:
    text = sbom.as_json(sbom.of_package(wheel, root, control), MADE)
    found = components(text)
    installed = {purl(pin) for pin in PINS if installed_here(pin)}
    system = {f"pkg:deb/debian/{name}" for name in ("bubblewrap", "libseccomp2", "python3")}
    optional = {f"pkg:deb/debian/{name}" for name in ("ffmpeg", "postgresql-client", "systemd")}
    assert found.keys() == {"pkg:generic/amana@1.2.3"} | installed | system | optional
    assert {purl for purl, one in found.items() if one.get("scope") == "required"} == system
    assert {purl for purl, one in found.items() if one.get("scope") == "optional"} == optional
    assert "python3 (>= 3.13), python3 (<< 3.14)" in found["pkg:deb/debian/python3"]["description"]
    assert {purl for purl, one in found.items() if not one.get("licenses")} == system | optional

    artefact = "pkg:deb/amana/amana@1.2.3~git1?arch=amd64"
    assert json.loads(text)["metadata"]["component"]["purl"] == artefact
    edges = graph(text)
    assert edges[artefact] == {"pkg:generic/amana@1.2.3"} | system | optional
    assert edges.keys() == {artefact} | found.keys()


def test_libraries_that_a_distribution_declares_itself_are_referred_to(
    wheel: Path, root: Path, control: Message
) -> None:
    found = components(sbom.as_json(sbom.of_package(wheel, root, control), MADE))
    own = [one for one in found[purl(named("cryptography"))]["externalReferences"] if one["type"] == "bom"]
    assert own
    for reference in own:
        content = (root / reference["url"].removeprefix("file:///")).read_bytes()
        assert reference["hashes"] == [{"alg": "SHA-256", "content": sha256(content).hexdigest()}]


def test_the_same_content_has_the_same_sbom_and_other_content_another_serial_number(wheel: Path) -> None:
    first, again = (sbom.as_json(sbom.of_wheel(wheel, SITE), MADE) for _ in range(2))
    assert first == again
    wheel.write_bytes(b"another wheel")
    other = sbom.as_json(sbom.of_wheel(wheel, SITE), MADE)
    numbers = [UUID(json.loads(text)["serialNumber"]) for text in (first, other)]
    assert numbers[0] != numbers[1]
    assert [number.version for number in numbers] == [5, 5]
    assert json.loads(first)["metadata"]["timestamp"] == "2026-12-01T00:00:00+00:00"


def test_the_schema_refuses_what_it_does_not_know(wheel: Path) -> None:
    document = json.loads(sbom.as_json(sbom.of_wheel(wheel, SITE), MADE))
    document["components"][0]["licenses"] = [{"license": {"id": "No-Such-Licence"}}]
    with pytest.raises(jsonschema_rs.ValidationError):
        VALIDATOR.validate(document)
