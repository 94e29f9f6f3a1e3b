"""The sample of combinations covers every pair, and is the same every time."""

from __future__ import annotations

from itertools import combinations, product

from tests.support.pairwise import sample


def test_every_pair_occurs_in_few_rows() -> None:
    rows = list(product(range(4), range(4), range(4), range(4)))
    chosen = sample(rows, lambda row: row)
    for one, other in combinations(range(4), 2):
        assert {(row[one], row[other]) for row in chosen} == set(product(range(4), repeat=2))
    assert 16 <= len(chosen) <= 40
    assert sample(rows, lambda row: row) == chosen


def test_pairs_that_cannot_occur_are_not_waited_for() -> None:
    rows = [(0, "a"), (1, "b"), (1, "b")]
    assert sorted(sample(rows, lambda row: row)) == [(0, "a"), (1, "b")]
    assert sample([], lambda row: row) == []
