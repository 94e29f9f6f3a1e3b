"""A wheel in an environment of its own: every command runs, and finds the files it ships with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.egated import ROOT, STUCK_S

DEPENDENCIES = Path(sysconfig.get_path("purelib"))
OF_THE_CHECKOUT_ONLY = ("tools/fuzz/seeds/", "tools/scripts/")
FILES = """
import json
from datetime import datetime, timezone
from pathlib import Path
import edge, tools
from edge.lane.clock import BUILT
from edge.screen.app import create_app
from edge.screen.resources import STATIC
from edge.screen import languages
from tools.central.sqlite import Sqlite
from tools.central import postgres
from tools import shipped
Sqlite(Path("central.db")).close()
print(json.dumps({
    "places": [edge.__file__, tools.__file__, str(shipped.manifest()), str(STATIC)],
    "static": sorted(path.name for path in STATIC.iterdir()),
    "languages": sorted(languages.load()),
    "schemas": sorted(json.loads(shipped.config(name).read_text())["title"]
                      for name in ("events.schema.json", "messages.schema.json")),
    "sql": len(postgres.SCHEMA.read_text()) > 0 and Path("central.db").is_file(),
    "built": BUILT.isoformat(),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(["tools/scripts/wheel.sh", str(out)], cwd=ROOT, check=True)  # noqa: S603, S607
    (found,) = out.glob("egate-*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, beside what it depends on; nothing of the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)  # noqa: S603
    (packages,) = folder.glob("lib/python*/site-packages")
    # Only the folder: what is installed there to be edited is found by files this one does not run.
    (packages / "dependencies.pth").write_text(f"{DEPENDENCIES}\n", encoding="utf-8")
    return folder


def run(environment: Path, folder: Path, *words: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603
        [str(environment / "bin" / words[0]), *words[1:]],
        cwd=folder, env=clean, capture_output=True, text=True, timeout=STUCK_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("gatectl", "models", "list"), "similarity: "),
        (("gatectl", "simulate", "--list"), "\nimpostor "),
        (("gatectl", "specimen", "serve", "--example"), "[document]"),
        (("egated", "--help"), "Run one lane of a border gate"),
        (("egate-central", "--help"), "Take in, store and count"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_its_commands_run(
    environment: Path, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    assert expected in run(environment, tmp_path, *words)


def test_its_configurations_are_valid(environment: Path, tmp_path: Path) -> None:
    (packages,) = environment.glob("lib/python*/site-packages")
    lane = packages / "config/gate.virtual.toml"
    assert ": valid; site training" in run(
        environment, tmp_path, "gatectl", "config", "check", str(lane)
    )


def test_the_files_it_needs_are_its_own(environment: Path, tmp_path: Path) -> None:
    found = json.loads(run(environment, tmp_path, "python", "-c", FILES))
    assert all(Path(place).is_relative_to(environment) for place in found["places"])
    assert found["static"] == sorted(path.name for path in (ROOT / "edge/screen/static").iterdir())
    assert found["languages"] == sorted(
        path.stem for path in (ROOT / "edge/screen/catalogues").iterdir()
    )
    assert len(found["schemas"]) == 2
    assert found["sql"]
    assert not found["built"].startswith("1970")


def test_every_file_beside_the_code_ships(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "config", "drivers", "edge", "models", "tools"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    wanted = {name for name in tracked if not name.startswith(OF_THE_CHECKOUT_ONLY)}
    with ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()
        assert not [name for name in archive.namelist() if name.startswith(("tests", "docs"))]
