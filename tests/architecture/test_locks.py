"""The locks agree with each other, and with pyproject.toml (tools/scripts/lock.sh)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = re.compile(r"[A-Za-z0-9._-]+")
PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ]+)(?: ; .*)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pinned(name: str) -> dict[str, str]:
    """Each package of a lock, and its version."""
    lines = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8").splitlines()
    return {found[1]: found[2] for line in lines if (found := PINNED.match(line))}


def of_group(name: str) -> set[str]:
    """What a dependency group of pyproject.toml names, by the names a lock uses."""
    return normal(PROJECT["dependency-groups"][name])


def needed(*extras: str, group: str = "") -> set[str]:
    """What pyproject.toml names, by the names a lock uses."""
    project = PROJECT["project"]
    found = list(project["dependencies"])
    for extra in extras:
        found += project["optional-dependencies"][extra]
    return normal(found) | (of_group(group) if group else set())


def normal(requirements: list[str]) -> set[str]:
    """The names in requirements, as a lock spells them."""
    found = (NAME.match(each) for each in requirements)
    return {name[0].lower().replace("_", "-") for name in found if name}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_is_versions_and_hashes_and_nothing_else(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_python_gets_the_same_versions(path: Path) -> None:
    """Otherwise types and figures would differ with the interpreter, and one would be checked."""
    names = [found[1] for line in path.read_text().splitlines() if (found := PINNED.match(line))]
    assert [name for name in set(names) if names.count(name) > 1] == []


@pytest.mark.parametrize("name", ["dev", "cameras", "central", "docs"])
def test_what_is_installed_beside_the_runtime_does_not_change_it(name: str) -> None:
    runtime, other = pinned("runtime"), pinned(name)
    assert {key: other[key] for key in runtime.keys() & other.keys()} == {
        key: runtime[key] for key in runtime.keys() & other.keys()
    }


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("runtime", needed("prepare")),
        ("dev", needed("prepare", "cameras", "video", "central", group="dev")),
        ("cameras", needed("cameras")),
        ("central", needed("central")),
        ("docs", of_group("docs")),
        ("readers", {"pyscard"}),
    ],
)
def test_what_the_project_needs_is_locked(name: str, wanted: set[str]) -> None:
    missing = {re.sub(r"\[.*", "", each) for each in wanted} - pinned(name).keys()
    assert missing == set()
