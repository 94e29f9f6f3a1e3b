"""Messages that differ in one place: what somebody else might send, or take for the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from hypothesis import strategies as st

from tests.support.published_schema import Json, is_date_time
from tests.support.schema_messages import JSON

Place: TypeAlias = tuple[str | int, ...]

ANYTHING: Final[tuple[Json, ...]] = (None, True, False, 0, 1, -1, 1.5, "", "x", "0", [], {})
MOMENTS: Final = (
    "2026-11-24 12:00:00Z", "2026-11-24_12:00:00Z", "2026-11-24T12:00Z", "2026-11-24T12:00:00",
    "2026-11-24", "2026-11-24T12:00:00+0000", "2026-11-24T12:00:00,5Z", "2026-11-24T12:00:00.Z",
    "1764000000", "2026-11-24T12:00:00\N{MINUS SIGN}01:00", "2026-02-29T12:00:00Z",
    "2026-11-24T24:00:00Z", "2026-11-24T12:60:00Z", "2026-11-24T12:00:60Z", "2026-W48-2T12:00:00Z",
    "2026-11-24T12:00:00+24:00", "2026-11-24T12:00:00+12:60", "2026-11-24T12:00:00Z\n",
    "20261124T120000Z", "\N{FULLWIDTH DIGIT TWO}026-11-24T12:00:00Z", "0000-01-01T00:00:00Z",
    "2026-11-24t12:00:00z", "2026-11-24T23:59:59-23:59", "2026-11-24T12:00:00.1234567890Z",
)  # fmt: skip
NAMES: Final = ("x", "first", "last", "schema_", "")
"""Members no message has; some of our models call a field so."""


def altered(value: Json, bounds: Iterable[int], below: Place = ()) -> Iterator[Json]:
    """The value with one part altered, in every place and way, and to what is next to a bound."""
    edges = [edge for bound in bounds for edge in (bound - 1, bound, bound + 1)]
    for place in _places(_at(value, below), below):
        part = _at(value, place)
        for other in [*ANYTHING, *_nearly(part), *_at_edges(part, edges)]:
            yield _replaced(value, place, other)


@st.composite
def altered_somewhere(draw: st.DrawFn, values: st.SearchStrategy[Json]) -> Json:
    """One of the values, altered in one or two places."""
    value = draw(values)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(list(_places(value))))
        ways = st.sampled_from([*ANYTHING, *_nearly(_at(value, place))])
        value = _replaced(value, place, draw(ways | JSON))
    return value


def _places(value: Json, place: Place = ()) -> Iterator[Place]:
    """Where the parts of a value stand, the whole first."""
    yield place
    match value:
        case dict():
            for name, part in value.items():
                yield from _places(part, (*place, name))
        case list():
            for number, part in enumerate(value):
                yield from _places(part, (*place, number))
        case _:
            pass


def _at(value: Json, place: Place) -> Json:
    for step in place:
        value = value[step]
    return value


def _replaced(value: Json, place: Place, part: Json) -> Json:
    if not place:
        return part
    copy: Json = value.copy()
    copy[place[0]] = _replaced(value[place[0]], place[1:], part)
    return copy


def _at_edges(part: Json, edges: list[int]) -> list[Json]:
    """Numbers so large; of a text so many characters, within reason."""
    match part:
        case bool():
            return []
        case int() | float():
            return [*edges]
        case str():
            return ["x" * edge for edge in edges if 0 < edge < 1000]
        case _:
            return []


def _nearly(part: Json) -> list[Json]:
    """What is close to a part, and perhaps taken for it."""
    match part:
        case bool():
            return [int(part), str(part).lower(), not part]
        case int() | float():
            return [float(part), part + 1, part - 1, part + 0.5, -part, str(part), 10**20, 1e20]
        case str():
            texts = [f"{part}\n", f" {part}", part.upper(), part[:-1], part * 2, part + "x" * 301]
            return [*texts, [part], *(MOMENTS if is_date_time(part) else ())]
        case list():
            as_object = {str(number): inner for number, inner in enumerate(part)}
            return [[*part, None], part[:-1], [*part, *part[-1:]], as_object]
        case dict():
            without = [{k: v for k, v in part.items() if k != name} for name in part]
            more = [part | {name: 1} for name in NAMES if name not in part]
            return [*without, *more, list(part), json.dumps(part)]
        case _:
            return []
