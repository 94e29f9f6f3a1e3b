"""Unit tests lie where the code lies, and what tests share lies in tests/support."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests/unit"
TESTS = sorted((ROOT / "tests").rglob("*.py"))
UNIT_TESTS = sorted(UNIT.rglob("*.py"))
ELSEWHERE = ("drivers", "tools")
"""What is no room of edge."""
OF_ANOTHER_TEST = re.compile(r"^\s*(?:from|import) tests\.(?!support\b)", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def mirrored(folder: Path) -> Path:
    """The package whose tests lie in a folder."""
    parts = folder.relative_to(UNIT).parts
    return (
        ROOT.joinpath(*parts)
        if parts[:1] and parts[0] in ELSEWHERE
        else ROOT / "edge" / Path(*parts)
    )


@pytest.mark.parametrize("path", UNIT_TESTS, ids=name_of)
def test_a_unit_test_lies_with_the_package_it_tests(path: Path) -> None:
    package = mirrored(path.parent)
    assert package.is_dir(), f"there is no {name_of(package)}"
    tested = path.stem.removeprefix("test_").replace("main", "__main__")
    if not any(module.stem == tested for module in package.iterdir()):
        dotted = name_of(package).replace("/", ".")
        named = re.search(rf"\b{re.escape(dotted)}\b", path.read_text(encoding="utf-8"))
        assert named, f"it is named after no module of {dotted}, and imports none"


@pytest.mark.parametrize("path", UNIT_TESTS, ids=name_of)
def test_beside_unit_tests_lie_no_other_modules(path: Path) -> None:
    assert path.name.startswith("test_") or path.name == "conftest.py", "move it to tests/support"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_a_test_imports_no_other_test(path: Path) -> None:
    assert not OF_ANOTHER_TEST.search(path.read_text(encoding="utf-8")), "tests share tests/support"
