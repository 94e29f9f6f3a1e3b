"""`Any` in the product: few, never more, and each with a reason beside it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in ("edge", "drivers", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
MOST = 37
"""It may only fall: write the new number here when there are fewer."""


def unexplained(text: str) -> list[int]:
    """The lines that use `Any` without a comment; imports need none."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    explained = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    used = {
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id == "Any"
    }
    return sorted(used - explained)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("import re\nfrom typing import Any, Final\n", []),
        ("import re\n\na: Any = 1\n", [3]),
        ("a: Any = 1  # a reason\n", []),
        ("def f(\n    a: Any,\n) -> Any: ...\n", [2, 3]),
        ("if a:\n    from typing import Any\nb: list[Any] = []\n", [3]),
        ("b = core.Any\n", []),
        ('"""Any words."""\n', []),
    ],
)
def test_a_reason_is_a_comment_on_the_line(text: str, lines: list[int]) -> None:
    assert unexplained(text) == lines


@pytest.mark.parametrize("path", PRODUCT)
def test_each_has_a_reason(path: str) -> None:
    assert unexplained(PRODUCT[path]) == [], "say in a comment on the line why no type fits"


def test_there_is_no_more_of_it_than_there_was() -> None:
    counted = sum(len(re.findall(r"\bAny\b", text)) for text in PRODUCT.values())
    assert counted <= MOST, "name the type, or `object`, or make an alias that says why not"
