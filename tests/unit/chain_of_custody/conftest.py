from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.packages import court_packages
from tests.support.packages.court_packages import Center


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Center, Path]:
    """A center and a court folder of its that holds. Read it only."""
    return court_packages.honest_package(tmp_path_factory.mktemp("honest") / "folder")


@pytest.fixture
def folder(honest: tuple[Center, Path], tmp_path: Path) -> Path:
    """A copy of the honest folder, to be altered."""
    return court_packages.copy_of(honest[1], tmp_path / "folder")
