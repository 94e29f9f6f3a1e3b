"""What a maintainer takes over: records of decisions with an index, and a changelog by version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tools.scripts.adr_index import INDEX, records, rendered

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_index_names_every_decision() -> None:
    page = INDEX.read_text(encoding="utf-8")
    assert page == rendered(), "run: python -m tools.scripts.adr_index"


def test_numbers_are_given_once_and_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in records()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_changelog_has_a_section_for_each_version_the_newest_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    versions = [head.partition(", ")[0] for head in heads]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+, (unreleased|\d{4}-\d\d-\d\d)", head) for head in heads)
    assert versions == sorted(set(versions), key=lambda each: [*map(int, each.split("."))])[::-1]
    assert versions[0] == PROJECT["version"]
