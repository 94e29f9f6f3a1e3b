"""The date of the commit stands in what is built, and nothing is made up where it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.host.build_date import STAMP, UNKNOWN, built

ROOT = Path(__file__).parents[3]
COMMITTED = 1_800_000_000


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the build of the date needs of a checkout; no git yet."""
    (tmp_path / "edge/host").mkdir(parents=True)
    (tmp_path / "edge/host/__init__.py").touch()
    shutil.copy(ROOT / "setup.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "stamped"\nversion = "1"\n'
        '[tool.setuptools]\npackages = ["edge.host"]\n'
        f'[tool.setuptools.package-data]\n"edge.host" = ["{STAMP}"]\n',
        encoding="utf-8",
    )
    return tmp_path


def commit(checkout: Path) -> None:
    moment = f"{COMMITTED} +0200"
    author = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
    for words in (
        ["init", "--quiet"],
        ["add", "setup.py"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "t"],
    ):
        subprocess.run(["git", *words], cwd=checkout, env=os.environ | author, check=True)  # noqa: S603, S607


def build(checkout: Path, **environment: str) -> datetime:
    """Build the packages; the date in what was built."""
    clean = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "out"],
        cwd=checkout, env=clean | environment, check=True, capture_output=True,
    )  # fmt: skip
    return built(checkout / "out/edge/host")


def test_it_is_that_of_the_commit(checkout: Path) -> None:
    commit(checkout)
    assert build(checkout) == datetime.fromtimestamp(COMMITTED, UTC)


def test_whoever_builds_may_say_it(checkout: Path) -> None:
    commit(checkout)
    assert build(checkout, SOURCE_DATE_EPOCH="1700000000") == datetime.fromtimestamp(
        1_700_000_000, UTC
    )


def test_an_archive_keeps_the_date_it_was_packed_with(checkout: Path) -> None:
    (checkout / "edge/host" / STAMP).write_text("2026-01-02T03:04:05+00:00\n", encoding="ascii")
    assert build(checkout) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_where_nobody_knows_it_nothing_is_made_up(checkout: Path) -> None:
    assert build(checkout) == UNKNOWN


def test_a_stamp_that_is_no_date_is_refused(tmp_path: Path) -> None:
    (tmp_path / STAMP).write_text("yesterday\n", encoding="ascii")
    with pytest.raises(SettingsError, match="install egate again"):
        built(tmp_path)


def test_this_program_was_built_in_the_past() -> None:
    assert UNKNOWN <= built(ROOT / "edge/host") <= datetime.now(UTC)  # noqa: TID251
