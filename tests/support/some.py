"""Loops over nothing and changes that change nothing prove nothing: here they fail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
Text = TypeVar("Text", str, bytes)


def some(found: Iterable[T]) -> list[T]:
    """What a rule is about: at least one."""
    listed = list(found)
    assert listed, "nothing here that the rule is about"
    return listed


def replaced(content: Text, old: Text, new: Text, count: int = -1) -> Text:
    """Content with `old`, which must be in it, replaced by `new`: everywhere or so many times."""
    assert old in content, f"{old!r} is not in there"
    assert old != new, "the same again"
    return content.replace(old, new, count)
