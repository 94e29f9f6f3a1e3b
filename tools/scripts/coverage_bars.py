"""Holds the coverage of the pure core, the journal and the outbox to their bars.

Run after `pytest --cov`: `python -m tools.scripts.coverage_bars`.  What is pure is said once, in
the import contract `pure` of pyproject.toml; which tests count, in tests/conftest.py.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALSO = ("edge.journal.database", "edge.journal.journal", "edge.journal.outbox")
"""Not pure, but what is lost there is lost for good."""
LOWER = {"edge.trust": 99, "edge.emrtd": 99}
"""Percent, where some branches only a broken library takes."""


def pure_modules() -> list[str]:
    """The packages and modules of the pure core."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = content["tool"]["importlinter"]["contracts"]
    return next(list(each["source_modules"]) for each in contracts if each["id"] == "pure")


def patterns(modules: list[str]) -> str:
    """What `coverage report --include` takes."""
    places = (ROOT / module.replace(".", "/") for module in modules)
    found = (place / "*" if place.is_dir() else place.with_suffix(".py") for place in places)
    return ",".join(str(path.relative_to(ROOT)) for path in found)


def main() -> int:
    """Report what is below its bar; 0 when nothing is."""
    modules = pure_modules()
    whole = [module for module in modules if module not in LOWER]
    bars = [(patterns([*whole, *ALSO]), 100), *((patterns([m]), bar) for m, bar in LOWER.items())]
    ended = [
        subprocess.run(  # noqa: S603
            [
                *(sys.executable, "-m", "coverage", "report", "--skip-covered", "--show-missing"),
                *(f"--include={include}", f"--fail-under={bar}"),
            ],
            check=False,
            cwd=ROOT,
        ).returncode
        for include, bar in bars
    ]
    return max(ended)


if __name__ == "__main__":
    sys.exit(main())
