"""Counts to a report that can be given away: small counts hidden, rates of shown counts only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edge.contract.messages import STEPS
from tools.central.statistics.suppression import Cell, Table, suppress
from tools.central.statistics.tally import Tally

OTHERS = "(others)"
ALL = "(all)"
PARTS = ("opened", "referred_face", "referred_other", "undecided")
COVERAGE = ("signature_proven", "signature_unproven")
ATTEMPTS = ("first_attempt", "repeated_attempt")
GENUINE = ("face_genuine", "face_unknown")
PERCENTILES = (0.5, 0.95, 0.99)
Value = int | float | str | None
"""None where nothing may be published, or there is nothing to publish."""


@dataclass(frozen=True, slots=True)
class Report:
    """A table: the group, then its figures; the last row is of all groups."""

    by: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    smallest_count: int

    def records(self) -> list[dict[str, Value]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def report(groups: Mapping[str, Tally], by: str, k: int) -> Report:
    """Build the report; counts of people from 1 to `k` - 1 cannot be computed from it.

    Groups with fewer passages share one row, which does not name them.
    """
    names, tallies = _gathered(groups, k)
    if not tallies:
        return Report(by, (by,), (), k)
    main = Table.of([[t.opened, t.face, t.other, t.undecided] for t in tallies])
    hidden = suppressed(main, k)
    columns: dict[str, list[Value]] = {by: [ALL, *names]}
    columns["transactions"] = column(main, hidden, 0)
    for place, part in enumerate(PARTS, 1):
        columns[part] = column(main, hidden, place)
    columns |= _pair(COVERAGE, [(t.proven, t.unproven) for t in tallies], main, hidden, k)
    proven, unproven = (columns[name] for name in COVERAGE)
    columns["signature_coverage"] = _rates(proven, [proven, unproven])
    columns |= _pair(ATTEMPTS, [(t.first, t.again) for t in tallies], main, hidden, k)
    columns |= _false_rejections(tallies, main, hidden, k)
    columns |= _reasons(tallies, main, hidden, k)
    columns |= _durations(tallies, columns["transactions"], k)
    rows = list(zip(*columns.values(), strict=True))
    return Report(by, tuple(columns), (*rows[1:], *rows[:1]), k)


def _gathered(groups: Mapping[str, Tally], k: int) -> tuple[list[str], list[Tally]]:
    large = {name: group for name, group in groups.items() if group.transactions >= k}
    others = Tally()
    for name in groups.keys() - large.keys():
        others.merge(groups[name])
    if others.transactions:
        large[OTHERS] = others
    names = sorted(large, key=lambda name: (name == OTHERS, name))
    return names, [large[name] for name in names]


def column(table: Table, hidden: frozenset[Cell], place: int) -> list[Value]:
    """A column of a table, the total of all groups first; None for what is hidden."""
    return [
        None if Cell(row, place) in hidden else counts[place]
        for row, counts in enumerate(table.counts)
    ]


def _pair(
    names: tuple[str, str],
    parts: Sequence[tuple[int, int]],
    main: Table,
    hidden: frozenset[Cell],
    k: int,
) -> dict[str, list[Value]]:
    """Two columns of some of the passages.

    How many are in neither is not told, but where it is none anybody may suppose so.
    """
    totals = [counts[0] for counts in main.counts[1:]]
    table = Table.of([(*pair, n - sum(pair)) for pair, n in zip(parts, totals, strict=True)])
    gone = {Cell(row, 0) for row in range(len(main.counts)) if Cell(row, 0) in hidden}
    supposed = {cell for cell in table.cells() if cell.column == len(names) + 1 and not table[cell]}
    found = _within(table, gone, k, supposed)
    return {name: column(table, found, place) for place, name in enumerate(names, 1)}


def _false_rejections(
    tallies: Sequence[Tally], main: Table, hidden: frozenset[Cell], k: int
) -> dict[str, list[Value]]:
    """Between which bounds the false rejection rate lies.

    Of the passages that only the face could stop (opened, or referred for the face alone), the
    share that was stopped, and the share that was stopped and let pass by an officer.  Who was
    stopped and is not known to have been let pass may have been an impostor, or not.
    """
    table = Table.of([[t.genuine, t.face - t.genuine] for t in tallies])
    gone = {Cell(row, 0) for row in range(len(main.counts)) if Cell(row, 2) in hidden}
    found = _within(table, gone, k)
    opened, stopped = column(main, hidden, 1), column(main, hidden, 2)
    genuine = column(table, found, 1)
    return {
        GENUINE[0]: genuine,
        "frr_at_most": _rates(stopped, [opened, stopped]),
        "frr_at_least": _rates(genuine, [opened, stopped]),
    }


def _reasons(
    tallies: Sequence[Tally], main: Table, hidden: frozenset[Cell], k: int
) -> dict[str, list[Value]]:
    """How many were referred for each reason, unless it is rare; one may have several."""
    columns: dict[str, list[Value]] = {}
    known = {Cell(row, 0) for row in range(len(main.counts))} - {
        Cell(row, 0)
        for row in range(len(main.counts))
        if Cell(row, 2) in hidden or Cell(row, 3) in hidden
    }
    counts = sum((t.reasons for t in tallies), Counter[str]())
    for reason in sorted(reason for reason, count in counts.items() if count >= k):
        table = Table.of([[t.reasons[reason], t.referred - t.reasons[reason]] for t in tallies])
        gone = {Cell(row, 0) for row in range(len(table.counts))} - known
        columns[reason] = column(table, _within(table, gone, k), 1)
    return columns


def _within(table: Table, gone: set[Cell], k: int, known: Collection[Cell] = ()) -> frozenset[Cell]:
    """Hide cells of a table whose row totals are told elsewhere, or hidden there (`gone`).

    Where a total is hidden so are its parts: they would say how large it is at least.  Cells that
    are `known` anyway are nothing to hide others behind.
    """
    totals = {Cell(row, 0) for row in range(len(table.counts))}
    width = len(table.counts[0])
    parts = {Cell(cell.row, column) for cell in gone for column in range(1, width)}
    return suppressed(table, k, hidden=gone | parts, shown=(totals - gone) | (set(known) - parts))


def suppressed(
    table: Table, k: int, hidden: Collection[Cell] = (), shown: Collection[Cell] = ()
) -> frozenset[Cell]:
    """What to hide; of the totals over all groups the same, whatever the groups are.

    Else two reports of the same passages, by lane and by hour, would each tell a total that the
    other hides something small behind.
    """
    totals = Table([table.counts[0], table.counts[0]])  # all of them as the only group

    def alone(cells: Collection[Cell]) -> set[Cell]:
        return {Cell(row, cell.column) for cell in cells if cell.row == 0 for row in (0, 1)}

    gone = {Cell(0, c.column) for c in suppress(totals, k, alone(hidden), alone(shown))}
    left = {Cell(0, column) for column in range(len(table.counts[0]))} - gone
    return suppress(table, k, {*hidden, *gone}, {*shown, *left})


def _durations(
    tallies: Sequence[Tally], transactions: list[Value], k: int
) -> dict[str, list[Value]]:
    everything = Tally()
    for one in tallies:
        everything.merge(one)
    columns: dict[str, list[Value]] = {}
    for step in STEPS:
        for share in PERCENTILES:
            name = f"{step}_ms_p{share * 100:.0f}"
            columns[name] = [
                one.durations[step].percentile(share)
                if count is not None and len(one.durations.get(step, ())) >= k
                else None
                for one, count in zip([everything, *tallies], transactions, strict=True)
            ]
    return {name: values for name, values in columns.items() if any(values)}


def _rates(part: list[Value], whole: list[list[Value]]) -> list[Value]:
    rates: list[Value] = []
    for row, value in enumerate(part):
        counts = [column[row] for column in whole]
        if isinstance(value, int) and all(isinstance(count, int) for count in counts):
            total = sum(count for count in counts if isinstance(count, int))
            rates.append(round(value / total, 4) if total else None)
        else:
            rates.append(None)
    return rates
