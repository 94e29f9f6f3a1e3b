"""Nobody can compute a small count from what is shown: judged by trying every table it could be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from tools.central.statistics.suppression import Cell, Table, suppress


def possible(table: Table, hidden: frozenset[Cell], most: int) -> Iterator[Table]:
    """Every table of two rows with these visible counts and no inner count beyond `most`."""
    first, second = (list(_rows(table, hidden, row, most)) for row in (1, 2))
    for rows in product(first, second):
        sums = [sum(column) for column in zip(*rows, strict=True)]
        totals = [sum(sums), *sums]
        if all(
            Cell(0, c) in hidden or total == table[Cell(0, c)] for c, total in enumerate(totals)
        ):
            yield Table.of(rows)


def _rows(table: Table, hidden: frozenset[Cell], row: int, most: int) -> Iterator[tuple[int, ...]]:
    inner = [
        range(most + 1) if Cell(row, c) in hidden else [count]
        for c, count in enumerate(table.counts[row][1:], 1)
    ]
    for found in product(*inner):
        if Cell(row, 0) in hidden or sum(found) == table[Cell(row, 0)]:
            yield found


def ranges(table: Table, hidden: frozenset[Cell], most: int) -> dict[Cell, tuple[int, int]]:
    """How small and how large each hidden cell can be."""
    values: dict[Cell, set[int]] = {cell: set() for cell in hidden}
    for other in possible(table, hidden, most):
        for cell in hidden:
            values[cell].add(other[cell])
    return {cell: (min(found), max(found)) for cell, found in values.items()}


def parts(rows: int, columns: int, most: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(st.integers(0, most), min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)


@given(parts(2, 2, 6) | parts(2, 3, 3))
@examples(40)
def test_a_small_count_could_always_be_another(counts: list[list[int]]) -> None:
    table = Table.of(counts)
    k = 3
    hidden = suppress(table, k)
    everything = frozenset(table.cells())
    small = {cell for cell in table.cells() if 0 < table[cell] < k}
    assert small <= hidden
    if hidden != everything:
        found = ranges(table, hidden, 9 if len(counts[0]) == 2 else 6)
        assert all(found[cell][1] - found[cell][0] >= k for cell in small), found


def shown(table: Table, hidden: frozenset[Cell]) -> Sequence[Sequence[int | None]]:
    return [
        [None if Cell(r, c) in hidden else count for c, count in enumerate(row)]
        for r, row in enumerate(table.counts)
    ]


def test_large_counts_are_all_shown() -> None:
    assert suppress(Table.of([[10, 20], [0, 40]]), 5) == frozenset()


def test_a_lone_small_count_takes_three_others_with_it() -> None:
    table = Table.of([[2, 20], [30, 40], [50, 60]])
    assert shown(table, suppress(table, 5)) == [
        [202, 82, 120],
        [22, None, None],
        [70, None, None],
        [110, 50, 60],
    ]


def test_cells_that_hide_each_other_need_no_more() -> None:
    table = Table.of([[2, 30], [3, 40]])
    hidden = suppress(table, 5)
    assert Cell(1, 1) in hidden
    assert Cell(2, 1) in hidden
    assert Cell(0, 0) not in hidden


def test_a_bridge_between_two_blocks_is_found() -> None:
    """Every line has two hidden cells or none, and still the lone one could be computed."""
    counts = [[9, 9, 50, 50], [9, 9, 50, 50], [50, 50, 9, 9], [50, 50, 9, 2]]
    table = Table.of(counts)
    blocks = [Cell(r, c) for r in (1, 2) for c in (1, 2)]
    bridge = frozenset({*blocks, Cell(4, 4)})
    hidden = suppress(table, 5, hidden=bridge)
    assert len([cell for cell in hidden if cell.row == 4]) >= 2
    assert len([cell for cell in hidden if cell.column == 4]) >= 2


def test_what_is_known_already_is_not_hidden_and_protects_nobody() -> None:
    table = Table.of([[2, 20], [30, 40]])
    totals = [cell for cell in table.cells() if 0 in cell]
    hidden = suppress(table, 5, shown=totals)
    assert not hidden & set(totals)
    assert Cell(1, 1) in hidden


def test_nobody_at_all_hides_nothing() -> None:
    assert suppress(Table([]), 5) == frozenset()
    assert suppress(Table.of([[0, 0]]), 5) == frozenset()


def test_so_few_that_nothing_can_be_told() -> None:
    table = Table.of([[2]])
    assert suppress(table, 5) == frozenset(table.cells())
