"""Writes the date of the commit into what is built; everything else stands in pyproject.toml."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
STAMP = HERE / "edge/host/built.txt"


def moment() -> str:
    """SOURCE_DATE_EPOCH where it is set, else when the commit was made; seconds since 1970.

    Empty without either, as in an unpacked archive: a stamp that is there already stays.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given or not (HERE / ".git").exists():
        return given
    found = subprocess.run(
        ["git", "log", "-1", "--format=%ct"],  # noqa: S607  # whichever git built the checkout
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()


class Stamped(build_py):
    """Builds the packages, with the stamp among the files of `edge.host`."""

    def run(self) -> None:
        """Write the stamp, then build."""
        if seconds := moment():
            built = datetime.fromtimestamp(int(seconds), UTC)
            STAMP.write_text(f"{built.isoformat()}\n", encoding="ascii")
        super().run()


setup(cmdclass={"build_py": Stamped})
