"""Error rates that gates found of their own comparisons of faces (`face.error_rates`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from pydantic import ValidationError

from edge.contract.payloads import ErrorRatesFound
from edge.contract.rates.counts import StrangerSums, Sums
from edge.contract.rates.groups import Group
from edge.contract.rates.interval import Interval
from tools.central.statistics.report import ALL, OTHERS, Report, Value, column, suppressed
from tools.central.statistics.suppression import Table
from tools.central.store import Kept

TYPES = ("face.error_rates",)
UNKNOWN = "(unknown)"
BY: Mapping[str, Callable[[Group], str]] = {
    "sex": lambda group: group.sex,
    "age": lambda group: group.age,
    "population": lambda group: group.population,
    "group": lambda group: group.compared,
}
PARTS = ("matched", "not_matched", "poor", "suspected")
"""Of `travellers`; each is in one of them."""


def found(events: Iterable[Kept], *, simulated: bool = False) -> dict[Group, Sums]:
    """Sum up what gates told; a payload that is not as the contract says is left out."""
    groups: dict[Group, Sums] = {}
    for event in events:
        if event.simulated and not simulated:
            continue
        try:
            told = ErrorRatesFound.model_validate_json(json.dumps(json.loads(event.body)["data"]))
        except (ValidationError, KeyError):
            continue
        for one in told.groups:
            groups.setdefault(one.group, Sums()).add(Sums.of(one))
    return groups


def report(groups: Mapping[Group, Sums], by: str, k: int) -> Report:
    """Build the report; counts of people from 1 to `k` - 1 cannot be computed from it.

    Groups with fewer travellers share one row, which does not name them.  Strangers who match are
    told whatever their number: that tells of nobody what became of them.
    """
    names, sums = _gathered(groups, BY[by], k)
    if not sums:
        return Report(by, (by,), (), k)
    table = Table.of([[getattr(one, part) for part in PARTS] for one in sums])
    hidden = suppressed(table, k)
    every = Sums()
    for one in sums:
        every.add(one)
    rows = [every, *sums]
    columns: dict[str, list[Value]] = {by: [ALL, *names], "travellers": column(table, hidden, 0)}
    for place, part in enumerate(PARTS, 1):
        columns[part] = column(table, hidden, place)
    shown = [
        all(columns[name][row] is not None for name in ("travellers", "not_matched", "poor"))
        for row in range(len(rows))
    ]
    columns |= _rate("fnmr", [one.false_non_matches for one in rows], shown)
    for name, those in (("alike", [r.alike for r in rows]), ("anybody", [r.anybody for r in rows])):
        columns |= _strangers(name, those)
    told = list(zip(*columns.values(), strict=True))
    return Report(by, tuple(columns), (*told[1:], *told[:1]), k)


def _gathered(
    groups: Mapping[Group, Sums], name_of: Callable[[Group], str], k: int
) -> tuple[list[str], list[Sums]]:
    named: dict[str, Sums] = {}
    for group, sums in groups.items():
        named.setdefault(name_of(group) or UNKNOWN, Sums()).add(sums)
    small = [name for name, sums in named.items() if sums.travellers < k]
    for name in small:
        named.setdefault(OTHERS, Sums()).add(named.pop(name))
    names = sorted(named, key=lambda name: (name == OTHERS, name))
    return names, [named[name] for name in names]


def _strangers(name: str, rows: list[StrangerSums]) -> dict[str, list[Value]]:
    """Comparisons with strangers, those that matched at each rate, and how often that is."""
    columns: dict[str, list[Value]] = {f"{name}_comparisons": [one.comparisons for one in rows]}
    for rate in sorted({rate for one in rows for rate in one.matches}, key=float, reverse=True):
        columns[f"{name}_matches_{rate}"] = [one.matches[rate] for one in rows]
        tried = [one.comparisons > 0 for one in rows]
        columns |= _rate(f"{name}_fmr_{rate}", [one.false_matches(rate) for one in rows], tried)
    return columns


def _rate(name: str, rates: list[Interval], shown: list[bool]) -> dict[str, list[Value]]:
    def told(number: Callable[[Interval], float]) -> list[Value]:
        return [
            float(f"{number(rate):.2g}") if show else None
            for rate, show in zip(rates, shown, strict=True)
        ]

    return {
        name: told(lambda rate: rate.rate),
        f"{name}_low": told(lambda rate: rate.low),
        f"{name}_high": told(lambda rate: rate.high),
    }
