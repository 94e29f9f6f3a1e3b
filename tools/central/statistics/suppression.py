"""Small counts are hidden, and as many others as it takes that they cannot be computed.

A two-way table with its totals is a flow: row i, column j is an edge between a row's node and a
column's; totals are edges back.  What an observer can know about a hidden cell is how far the flow
on its edge can change while every visible edge keeps its flow: a maximum flow in what is hidden.
Where that leaves less than `k`, the cheapest cycle through the cell is hidden as well (L. H. Cox,
"Network models for complementary cell suppression", JASA 90, 1995).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Cell(NamedTuple):
    """A place in a table; row or column 0 is the total."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Table:
    """Counts: row 0 is the sum of the others, column 0 as well."""

    counts: Sequence[Sequence[int]]

    @classmethod
    def of(cls, parts: Sequence[Sequence[int]]) -> Table:
        """A table with its totals; every row has as many parts."""
        rows = [[sum(row), *row] for row in parts]
        return cls([[sum(column) for column in zip(*rows, strict=True)], *rows] if rows else [])

    def __getitem__(self, cell: Cell) -> int:
        return self.counts[cell.row][cell.column]

    def cells(self) -> Iterator[Cell]:
        """Every place."""
        for row, counts in enumerate(self.counts):
            for column in range(len(counts)):
                yield Cell(row, column)


def suppress(
    table: Table, k: int, hidden: Collection[Cell] = (), shown: Collection[Cell] = ()
) -> frozenset[Cell]:
    """Which cells to hide so that no count from 1 to `k` - 1 can be told within less than `k`.

    `hidden` are hidden already and stay so, `shown` are known already and cannot be hidden any
    more.  Where too little is left to hide behind, everything that can be is hidden.
    """
    small = [cell for cell in table.cells() if 0 < table[cell] < k and cell not in shown]
    found = {*hidden, *small}
    for cell in sorted(small, key=lambda cell: table[cell]):
        while _room(table, found, cell, k) < k:
            more = _cycle(table, found, cell, shown)
            if not more:
                return frozenset({*found, *(c for c in table.cells() if c not in shown)})
            found |= more
    return frozenset(found)


Node = tuple[str, int]


def _ends(cell: Cell) -> tuple[Node, Node]:
    """From where to where a cell's flow goes; at every node as much comes as goes."""
    row, column = ("row", cell.row), ("column", cell.column)
    forward = (cell.row == 0) is (cell.column == 0)
    return (row, column) if forward else (column, row)


def _room(table: Table, hidden: Collection[Cell], cell: Cell, k: int) -> int:
    """How many values a cell can have for all an observer knows, less one; at most `k`."""
    start, end = _ends(cell)
    up = _flow(table, hidden, cell, (end, start), k)
    down = min(_flow(table, hidden, cell, (start, end), k), table[cell] - 1)
    return min(k, up + down)


def _flow(
    table: Table, hidden: Collection[Cell], without: Cell, way: tuple[Node, Node], most: int
) -> int:
    """How much can be sent through the hidden cells other than one, at most so much."""
    capacity: dict[tuple[Node, Node], int] = {}
    for cell in hidden:
        if cell != without:
            start, end = _ends(cell)
            capacity[start, end] = most  # it may rise ...
            capacity[end, start] = max(0, table[cell] - 1)  # ... and fall, but hidden ones exist
    sent = 0
    while sent < most:
        path = _path(capacity, way)
        if path is None:
            return sent
        step = min(most - sent, *(capacity[edge] for edge in path))
        for start, end in path:
            capacity[start, end] -= step
            capacity[end, start] += step
        sent += step
    return sent


def _path(
    capacity: dict[tuple[Node, Node], int], way: tuple[Node, Node]
) -> list[tuple[Node, Node]] | None:
    """A shortest way along edges that can carry something."""
    neighbours: dict[Node, list[Node]] = {}
    for (start, end), room in capacity.items():
        if room > 0:
            neighbours.setdefault(start, []).append(end)
    begin, goal = way
    came_from, due = {begin: begin}, deque([begin])
    while due and goal not in came_from:
        node = due.popleft()
        for following in neighbours.get(node, ()):
            if following not in came_from:
                came_from[following] = node
                due.append(following)
    if goal not in came_from:
        return None
    path, node = [], goal
    while node != begin:
        path.append((came_from[node], node))
        node = came_from[node]
    return path


def _cycle(
    table: Table, hidden: Collection[Cell], cell: Cell, shown: Collection[Cell]
) -> set[Cell]:
    """The cells, hidden by nobody yet, of the cheapest cycle through a cell; none if there is none.

    Large counts make good hiding places and cost most to lose: the sum of what is hidden counts.
    """
    edges = _edges(table, hidden, {*shown, cell} - {*hidden} | {cell})
    start, goal = _ends(cell)
    seen: set[tuple[Node, bool]] = set()
    due: list[tuple[int, Node, tuple[Cell, ...]]] = [(0, start, ())]
    while due:
        cost, node, way = heapq.heappop(due)
        new = {step for step in way if step not in hidden}
        if (node, bool(new)) in seen:
            continue
        seen.add((node, bool(new)))
        if node == goal:
            if new:
                return new
            continue
        for following, other, more in edges.get(node, ()):
            if other not in way:
                heapq.heappush(due, (cost + more, following, (*way, other)))
    return set()


def _edges(
    table: Table, hidden: Collection[Cell], barred: Collection[Cell]
) -> dict[Node, list[tuple[Node, Cell, int]]]:
    """The ways from each node, both directions of every cell, and what each costs."""
    edges: dict[Node, list[tuple[Node, Cell, int]]] = {}
    for cell in table.cells():
        if cell not in barred:
            cost = 0 if cell in hidden else table[cell] + 1
            start, end = _ends(cell)
            edges.setdefault(start, []).append((end, cell, cost))
            edges.setdefault(end, []).append((start, cell, cost))
    return edges
