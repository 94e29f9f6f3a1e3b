"""The publisher is divided by sense: no class of it grows until it does everything."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_METHODS = 10
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_no_class_of_the_publisher_has_more_than_ten_methods() -> None:
    found = {
        f"{path.name}: {node.name}": sum(isinstance(each, FUNCTIONS) for each in node.body)
        for path in sorted((ROOT / "edge/mqtt").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert found["publisher.py: Publisher"] > 1
    assert {name: count for name, count in found.items() if count > MOST_METHODS} == {}
