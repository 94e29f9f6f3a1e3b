"""A test whose server is missing says so by a skip, and in CI by a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPING = """
import pytest

@pytest.mark.mosquitto
@pytest.mark.skipif(True, reason="mosquitto is not installed")
def test_of_a_server() -> None: ...

@pytest.mark.skipif(True, reason="for another reason")
def test_of_none() -> None: ...
"""


@pytest.mark.parametrize(
    ("environment", "outcome"),
    [
        ({}, "2 skipped"),
        ({"CI": "true"}, "1 skipped, 1 error"),
        ({"CI": "true", "EGATE_TESTS_WITHOUT": "browser mosquitto"}, "2 skipped"),
    ],
    ids=["here", "in CI", "in CI without it"],
)
def test_a_missing_server(environment: dict[str, str], outcome: str, tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    inherited = {k: v for k, v in os.environ.items() if k not in {"CI", "EGATE_TESTS_WITHOUT"}}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [*command, "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        env=inherited | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome in done.stdout, done.stdout + done.stderr
