"""The software bill of materials (SBOM) of each artefact of a release, as CycloneDX 1.6 in JSON.

    python -m release.sbom WHEEL SITE            of the wheel and of what requirements.lock installs with it
    python -m release.sbom WHEEL ROOT CONTROL    of the Debian package with these files and this control file

Names, versions, digests and the graph come from the lock: an installation verifies these digests, and uv
notes in it what requires what. Licences are what the installed distributions declare. Libraries in C or Rust
inside of a distribution are known only from its own SBOM, where it has one (PEP 770); the Debian package's
SBOM refers to it.

One commit gives one SBOM: its time is SOURCE_DATE_EPOCH, and its serial number follows from its content.
Sources: CycloneDX 1.6 (ECMA-424), Package URL (ECMA-427), Debian Policy Manual 4.7, chapter 7.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import Parser
from hashlib import sha256
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.spdx import is_expression
from packageurl import PackageURL

LOCK = Path("requirements.lock")
INSTALLED = "usr/lib/amana/lib/python3.*/site-packages"
"""Where the Debian package has its libraries."""
RELATIONS = {
    "Depends": ComponentScope.REQUIRED,
    "Recommends": ComponentScope.OPTIONAL,
    "Suggests": ComponentScope.OPTIONAL,
}

_PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+))? \\\n(?P<notes>(?: {4}.+\n)+)", re.MULTILINE
)


@dataclass(frozen=True)
class Pin:
    """A distribution of the lock. `digests`: SHA-256 of its files, one for each platform, in hexadecimal."""

    name: str
    version: str
    marker: str | None
    digests: tuple[str, ...]
    required_by: tuple[str, ...]


def pins(lock: str) -> Iterator[Pin]:
    """Yield what the text of a lock pins. The dependencies in pyproject.toml are required by `amana`."""
    for found in _PIN.finditer(lock):
        digests = re.findall(r"--hash=sha256:([0-9a-f]{64})", found["notes"])
        required_by = re.findall(r"^ {4}#(?: via|  ) ([\w.-]+)", found["notes"], re.MULTILINE)
        yield Pin(found["name"], found["version"], found["marker"], tuple(digests), tuple(required_by))


def of_wheel(wheel: Path, site: Path) -> Bom:
    """Return the SBOM of a wheel. `site`: where distributions are installed, which declare their licences."""
    amana, infos = _amana(wheel), _infos(site)
    bom = Bom(metadata=BomMetaData(component=amana))
    libraries = {pin: _library(pin, infos.get((pin.name, pin.version))) for pin in pins(LOCK.read_text())}
    _add_libraries(bom, amana, libraries)
    return bom


def of_package(wheel: Path, root: Path, control: Message) -> Bom:
    """Return the SBOM of a Debian package. `wheel`: Amana in it; `root`: its files; `control`: its fields."""
    amana = _amana(wheel)
    package = _component(
        PackageURL("deb", "amana", "amana", control["Version"], {"arch": control["Architecture"]}),
        type=ComponentType.APPLICATION,
        licenses=amana.licenses,
    )
    system = [*_system_packages(control)]
    bom = Bom(metadata=BomMetaData(component=package), components=[amana, *system])
    bom.register_dependency(package, [amana, *system])
    [site] = root.glob(INSTALLED)
    infos, libraries = _infos(site), {}
    for pin in pins(LOCK.read_text()):
        if info := infos.get((pin.name, pin.version)):
            libraries[pin] = _library(pin, info)
            libraries[pin].external_references.update(_own_sboms(info, root))
    _add_libraries(bom, amana, libraries)
    return bom


def as_json(bom: Bom, made: datetime) -> str:
    """Return an SBOM as text, with its time, and with a serial number that follows from all the rest."""
    bom.metadata.timestamp = made
    bom.serial_number = UUID(int=0)
    bom.serial_number = uuid5(NAMESPACE_URL, _json(bom))
    return _json(bom)


def _json(bom: Bom) -> str:
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1) + "\n"


def _component(purl: PackageURL, **fields: Any) -> Component:
    return Component(bom_ref=str(purl), purl=purl, name=purl.name, version=purl.version, **fields)


def _amana(wheel: Path) -> Component:
    """Return the wheel. Its package URL is generic: another project could have its name at PyPI."""
    version = wheel.name.split("-")[1]
    return _component(
        PackageURL("generic", name="amana", version=version),
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_with_id("Apache-2.0")],
        hashes=[_sha256(sha256(wheel.read_bytes()).hexdigest())],
    )


def _library(pin: Pin, info: Path | None) -> Component:
    """`info`: the folder with its metadata, if it is installed. One of the files with these digests is."""
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(f"https://pypi.org/simple/{pin.name}/"),
        hashes=map(_sha256, pin.digests),
    )
    return _component(
        PackageURL("pypi", name=pin.name, version=pin.version),
        licenses=_licences(info) if info else None,
        external_references=[files],
        properties=[Property(name="amana:marker", value=pin.marker)] if pin.marker else None,
    )


def _system_packages(control: Message) -> Iterator[Component]:
    """Yield the packages that Debian provides, in whatever version it has."""
    for field, scope in RELATIONS.items():
        relations = defaultdict(list)
        for relation in control[field].split(", "):
            relations[relation.split(" ")[0]].append(relation)
        for name, named in relations.items():
            yield _component(
                PackageURL("deb", "debian", name),
                scope=scope,
                description=f"Not contained, provided by Debian. {field}: {', '.join(named)}",
            )


def _infos(site: Path) -> dict[tuple[str, str], Path]:
    """Return the folders with the metadata of distributions, by name as the lock writes it, and version."""
    infos = {}
    for info in site.glob("*.dist-info"):
        found = Distribution.at(info)
        infos[re.sub(r"[-_.]+", "-", found.name).lower(), found.version] = info
    return infos


def _licences(info: Path) -> list[License]:
    """Return what a distribution declares: an SPDX expression, else the trove classifiers (PEP 639), else the
    words of its field `License`."""
    metadata, factory = Distribution.at(info).metadata, LicenseFactory()
    for declared in metadata.get_all("License-Expression", []) + metadata.get_all("License", []):
        if is_expression(declared):
            return [factory.make_from_string(declared)]
    classifiers = [one for one in metadata.get_all("Classifier", []) if one.startswith("License :: ")]
    names = [one.split(" :: ")[-1] for one in classifiers] or metadata.get_all("License", [])
    return [factory.make_with_name(name) for name in names]


def _own_sboms(info: Path, root: Path) -> Iterator[ExternalReference]:
    for path in info.glob("sboms/*"):
        yield ExternalReference(
            type=ExternalReferenceType.BOM,
            url=XsUri(f"file:///{path.relative_to(root)}"),
            hashes=[_sha256(sha256(path.read_bytes()).hexdigest())],
        )


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _add_libraries(bom: Bom, amana: Component, libraries: dict[Pin, Component]) -> None:
    """Add these, and what requires what. A lock may have versions of one name for several Pythons."""
    bom.components.update(libraries.values())
    named = defaultdict(list, amana=[amana])
    for pin, component in libraries.items():
        named[pin.name].append(component)
    for pin, component in libraries.items():
        for name in pin.required_by:
            for requiring in named[name]:
                bom.register_dependency(requiring, [component])


def main(arguments: list[str]) -> int:
    """Print the SBOM of the artefact that the arguments name. Returns the exit code."""
    match [*map(Path, arguments)]:
        case [wheel, site]:
            bom = of_wheel(wheel, site)
        case [wheel, root, control]:
            bom = of_package(wheel, root, Parser().parsestr(control.read_text()))
        case _:
            print("usage: python -m release.sbom WHEEL {SITE | ROOT CONTROL}", file=sys.stderr)
            return 2
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    sys.stdout.write(as_json(bom, made))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
