"""gatectl as a real process: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.egated import ROOT, STUCK_S

GATECTL = Path(sys.executable).with_name("gatectl")


def environment() -> dict[str, str]:
    """Ours, and the code beside these tests whatever is installed; its output arrives at once."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    output: str
    errors: str


def gatectl(*arguments: str | Path, typed: str = "") -> Said:
    """Run it to its end; `typed` is what it reads from standard input."""
    done = subprocess.run(  # noqa: S603
        [str(GATECTL), *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        input=typed,
        capture_output=True,
        text=True,
        timeout=4 * STUCK_S,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def refused(*arguments: str | Path) -> str:
    """What is wrong, in the one line that says it."""
    said = gatectl(*arguments)
    assert said.status == 1
    assert said.output == ""
    assert said.errors.count("\n") == 1, said.errors
    assert said.errors.startswith("gatectl: ")
    return said.errors.strip()
