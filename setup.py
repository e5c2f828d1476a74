"""Puts the guide into a wheel, beside the package that shows it (`amana/documents.py`)."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithGuide(build_py):
    """Also copies the guide's texts and pictures, unless the sources are used where they are."""

    def run(self) -> None:
        """Build as ever, then copy."""
        super().run()
        if not self.editable_mode:
            for folder in ("guide", "pictures/guide"):
                target = Path(self.build_lib, "amana/docs", folder)
                shutil.copytree(Path("docs", folder), target, dirs_exist_ok=True)


setup(cmdclass={"build_py": WithGuide})
