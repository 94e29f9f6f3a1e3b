"""A small sample of combinations in which every pair of values occurs that can occur at all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations, cycle, islice
from typing import TypeVar

T = TypeVar("T")

_LOOK_AHEAD = 64
"""Candidates compared for each row: more make a smaller sample and take longer to choose it."""


def sample(candidates: Iterable[T], traits: Callable[[T], Sequence[Hashable]]) -> list[T]:
    """Choose among the candidates until every pair of traits that occurs among them is covered.

    The same candidates in the same order give the same sample.
    """
    offered = [(each, _pairs(traits(each))) for each in candidates]
    missing: set[tuple[object, ...]] = set().union(*(pairs for _, pairs in offered))
    chosen: list[T] = []
    ring = cycle(offered)
    while missing:
        best, covered = max(islice(ring, _LOOK_AHEAD), key=lambda each: len(missing & each[1]))
        if missing & covered:
            chosen.append(best)
            missing -= covered
    return chosen


def _pairs(values: Sequence[Hashable]) -> set[tuple[object, ...]]:
    numbered = list(enumerate(values))
    return {(*one, *other) for one, other in combinations(numbered, 2)}
