"""Verdicts of a JSON Schema by the letter of its specification, formats included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

Json: TypeAlias = Any
Schema: TypeAlias = Mapping[str, Any]

_RFC_3339: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)T(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.\d+)?"
    r"(?:Z|[+-](?P<oh>\d\d):(?P<om>\d\d))",
    re.ASCII | re.IGNORECASE,
)
FORMATS: Final = FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """RFC 3339 §5.6; without leap seconds and the year 0, as docs/events.md says."""
    if not isinstance(value, str):
        return True  # a format is of strings
    found = _RFC_3339.fullmatch(value)
    if found is None:
        return False
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        return False
    names = ("h", "m", "s", "oh", "om")
    hours, minutes, seconds, *offset = (int(found[name] or 0) for name in names)
    return max(hours, offset[0]) < 24 and max(minutes, seconds, offset[1]) < 60


def _pattern(_: object, pattern: str, value: Json, __: Schema) -> Iterator[ValidationError]:
    """ECMA-262, as the specification demands: `$` is the end, not the line break before it."""
    if isinstance(value, str) and re.search(pattern.replace("$", r"\Z"), value) is None:
        yield ValidationError("does not match")


_BY_THE_LETTER: Final = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # its stubs do not type it


class Verdict:
    """What a schema says about values."""

    def __init__(self, schema: Schema) -> None:
        self._validator = _BY_THE_LETTER(schema, format_checker=FORMATS)

    def accepts(self, value: Json) -> bool:
        """Whether the schema accepts a value."""
        return bool(self._validator.is_valid(value))
