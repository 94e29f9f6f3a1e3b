"""Messages made from a JSON Schema: whatever it accepts may come.

Only the keywords that our schemas use are known; another one is an error, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Final

from hypothesis import strategies as st

from tests.support.patterns import texts
from tests.support.published_schema import Json, Schema

SAFE: Final = 2**53 - 1
"""Beyond it a number of JSON is not the same everywhere (RFC 8259 §6), nor canonical (RFC 8785)."""
CATEGORIES: Final = ("x-datacategory", "x-dataclassification")
KEYWORDS: Final[dict[str, frozenset[str]]] = {
    "object": frozenset(("properties", "required", "additionalProperties", "propertyNames")),
    "array": frozenset(("items", "minItems")),
    "string": frozenset(("pattern", "maxLength", "format")),
    "integer": frozenset(("minimum", "maximum")),
    "number": frozenset(("minimum",)),
    "boolean": frozenset(),
    "null": frozenset(),
}
ANNOTATIONS: Final = frozenset(
    ("$defs", "$id", "$schema", "default", "description", "title", *CATEGORIES)
)
DEFS: Final = "#/$defs/"
TEXT: Final = st.text(max_size=20)
FLOATS: Final = st.floats(-1e15, 1e15) | st.sampled_from([1e21, -1e300, 5e-324, -0.0])
"""Those that have a canonical form (`canonical_numbers`)."""
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


@dataclass(frozen=True)
class Maker:
    """Makes the values that a schema accepts."""

    defs: Schema = field(repr=False)
    """What references lead to."""
    fully: bool = False
    """Everything is there that may be there."""

    def made(self, schema: Schema) -> st.SearchStrategy[Json]:
        """The values a schema accepts."""
        said = schema.keys() - ANNOTATIONS
        match schema:
            case {"$ref": str(reference)} if said == {"$ref"}:
                return st.deferred(lambda: self.made(self.defs[reference.removeprefix(DEFS)]))
            case {"const": value} if said <= {"const", "type"}:
                return st.just(value)
            case {"enum": [*values]} if said <= {"enum", "type"}:
                return st.sampled_from(values)
            case {"anyOf": [*choices]} if said == {"anyOf"}:
                return st.one_of([self.made(choice) for choice in choices])
            case {"type": str(kind)} if said <= KEYWORDS[kind] | {"type"}:
                return getattr(self, f"_{kind}")(schema)  # type: ignore[no-any-return]
            case _ if not said:
                return JSON
            case _:
                raise AssertionError(f"keywords nobody has thought of: {sorted(said)}")

    def events(self, schema: Schema, kind: str) -> st.SearchStrategy[Json]:
        """The events of one type: the branch of `allOf` that is of it says what `data` is."""
        (data,) = (
            branch["then"]["properties"]["data"]
            for branch in schema["allOf"]
            if branch["if"] == {"properties": {"type": {"const": kind}}}
        )
        fields = {**schema["properties"], "type": {"const": kind}, "data": data}
        envelope = {key: part for key, part in schema.items() if key != "allOf"}
        return self.made({**envelope, "properties": fields})

    def _object(self, schema: Schema) -> st.SearchStrategy[Json]:
        fields = {name: self.made(field) for name, field in schema.get("properties", {}).items()}
        required = fields.keys() if self.fully else schema.get("required", ())
        own = st.fixed_dictionaries(
            {name: fields[name] for name in required},
            optional={name: field for name, field in fields.items() if name not in required},
        )
        additions = schema.get("additionalProperties", True)
        if additions is False:
            return own
        names = self.made(schema["propertyNames"]) if "propertyNames" in schema else TEXT
        extra = st.dictionaries(
            names.filter(lambda name: name not in fields),
            JSON if additions is True else self.made(additions),
            min_size=int(self.fully),
            max_size=2,
        )
        return st.tuples(own, extra).map(lambda both: both[0] | both[1])

    def _array(self, schema: Schema) -> st.SearchStrategy[Json]:
        least = max(schema.get("minItems", 0), int(self.fully))
        return st.lists(self.made(schema["items"]), min_size=least, max_size=least + 2)

    def _string(self, schema: Schema) -> st.SearchStrategy[Json]:
        if "pattern" in schema:
            return texts(schema["pattern"])
        if "format" in schema:
            return _FORMATS[schema["format"]]()
        longest = schema.get("maxLength", 20)
        return st.text(max_size=longest) | st.just("\N{PASSPORT CONTROL}" * longest)

    def _integer(self, schema: Schema) -> st.SearchStrategy[Json]:
        least, most = schema.get("minimum", -SAFE), schema.get("maximum", SAFE)
        with_a_point = st.integers(max(least, -SAFE), min(most, SAFE)).map(float)
        return st.integers(least, most) | st.sampled_from([least, most]) | with_a_point

    def _number(self, schema: Schema) -> st.SearchStrategy[Json]:
        least = schema.get("minimum", -SAFE)
        return st.integers(least, SAFE) | FLOATS.filter(
            lambda number: "minimum" not in schema or number >= least
        )

    def _boolean(self, _: Schema) -> st.SearchStrategy[Json]:
        return st.booleans()

    def _null(self, _: Schema) -> st.SearchStrategy[Json]:
        return st.none()


@st.composite
def _moments(draw: st.DrawFn) -> str:
    moment = draw(st.datetimes(timezones=st.just(timezone(timedelta(minutes=draw(_OFFSETS))))))
    text = moment.isoformat(timespec=draw(st.sampled_from(["seconds", "milliseconds", "auto"])))
    if draw(st.booleans()):
        text = text.replace("+00:00", draw(st.sampled_from(["Z", "z", "-00:00"])))
    return text.replace("T", draw(st.sampled_from("Tt")))


_OFFSETS: Final = st.just(0) | st.integers(-23 * 60 - 59, 23 * 60 + 59)
_FORMATS: Final[dict[str, Callable[[], st.SearchStrategy[Json]]]] = {"date-time": _moments}
