"""The one place that finds the public test material beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("EGATE_SHARED", Path(__file__).parents[3] / "shared")) / "data"


def shared(name: str) -> Path:
    """Return a file or folder of the shared data; skip the test, visibly, where it is absent."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"shared test material is not here: {name}")
    return path
