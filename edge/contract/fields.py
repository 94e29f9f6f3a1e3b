"""The values that messages are made of, read as JSON Schema (draft 2020-12) understands them.

JSON and Python differ: to JSON Schema 10.0 is an integer and true is none, a member that is left
out is not null, and a date-time is one of RFC 3339.  What is built comes from our own typed code;
what is read came from somewhere else, and is taken exactly as the published schema says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import AwareDatetime, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from edge.errors import printable

T = TypeVar("T")
Change: TypeAlias = Callable[[CoreSchema], CoreSchema]
UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
LONGEST_WORDS: Final = 300
"""Of one text in a payload: an event of many checks stays far below what a broker passes on."""
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""RFC 3339 §5.6; whether there is such a day and minute is for the parser to say."""


def _unchanged(schema: CoreSchema) -> CoreSchema:
    return schema


@dataclass(frozen=True, slots=True)
class Ways:
    """How a field is read from JSON and how it is built in Python, where the two differ."""

    read: Change = _unchanged
    build: Change = _unchanged

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Keep the two ways apart: building does not pay for reading."""
        schema = handler(source)
        return core_schema.json_or_python_schema(self.read(schema), self.build(schema))


def _first(function: Callable[[object], object]) -> Change:
    """Call a function with what came, before it is validated."""
    return lambda schema: core_schema.no_info_before_validator_function(function, schema)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def date_time(value: object) -> datetime:
    """Read a moment of RFC 3339, with its offset from UTC; ValueError when it is none."""
    if not isinstance(value, str) or _DATE_TIME.fullmatch(value) is None:
        raise ValueError("no date-time of RFC 3339")
    return datetime.fromisoformat(value.upper())


def _words(value: object) -> object:
    return printable(value[:LONGEST_WORDS]) if isinstance(value, str) else value


def _printable(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


def _never_null(schema: CoreSchema) -> CoreSchema:
    if schema["type"] != "nullable":
        raise TypeError("only what may be None in Python can be left out")
    within: CoreSchema = schema["schema"]
    return within


WHOLE: Final = Ways(read=_first(_whole))
"""A number without a fraction, however it is written; bounds stand before it."""
Integer: TypeAlias = Annotated[int, WHOLE]
NotNegative: TypeAlias = Annotated[int, Field(ge=0), WHOLE]
Positive: TypeAlias = Annotated[int, Field(ge=1), WHOLE]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
"""A number that JSON can write."""
Moment: TypeAlias = Annotated[AwareDatetime, Ways(read=_first(date_time))]
"""RFC 3339, with its offset from UTC; a leap second and the year 0 are no moments here."""
Omittable: TypeAlias = Annotated[T | None, Ways(read=_never_null)]
"""None in Python is left out of JSON; null is no value of it."""
Text: TypeAlias = Annotated[str, Ways(build=_first(_printable))]
"""Free text: what a driver or a file name brings and nobody can print is replaced."""
Words: TypeAlias = Annotated[str, Field(max_length=LONGEST_WORDS), Ways(build=_first(_words))]
"""Free text of bounded length, for an officer or a technician."""
Digest: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, hexadecimal."""
