"""Biometric information templates, the frame of DG2, DG3 and DG4 (ICAO Doc 9303-10 §4.7.2.1).

Counts and format types are not compared with the content, because they decide nothing.  The first
bytes of a record show its standard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from typing_extensions import override

from edge.emrtd import tlv
from edge.emrtd.lds.dates import Date
from edge.errors import LimitExceeded, MalformedFile

S = TypeVar("S")
T = TypeVar("T")

MOST_TEMPLATES: Final = 16
"""More than faces, fingers or eyes of one holder."""
MOST_RECORDINGS: Final = 16
"""Faces, views or images in one record, or quality scores of one of them."""

_GROUP, _COUNT, _TEMPLATE, _HEADER = 0x7F61, 0x02, 0x7F60, 0xA1
_RECORDS: Final = (0x5F2E, 0x7F2E)
_STANDARD_FORMAT: Final = 0xA1


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality score, and its source: registered organisation and algorithm."""

    organisation: int
    algorithm: int
    score: int | None
    """0 to 100; None when the assessment failed."""


@dataclass(frozen=True, slots=True)
class BiometricHeader:
    """Biometric header template (CBEFF patron header of ICAO); None for an absent field."""

    biometric_type: int | None = None
    sub_type: int | None = None
    created: Date | None = None
    valid_from: Date | None = None
    valid_until: Date | None = None
    creator: bytes | None = None
    format_owner: int | None = None
    format_type: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class BiometricTemplate:
    """A biometric information template: its header and its record, not parsed."""

    header: BiometricHeader
    record: bytes

    @override
    def __repr__(self) -> str:
        """Hide the record: it is personal."""
        return f"Template({self.header}, {len(self.record)} bytes)"

    def block(self, tag: int) -> bytes:
        """Return the value of the ISO/IEC 39794 data block in it; MalformedFile.

        The block is in a data object for standardised formats (Doc 9303-10 §4.5.6, Table 2).
        """
        return tlv.read_one(tlv.read_one(self.record, _STANDARD_FORMAT).value, tag).value


def decode(content: bytes, tag: int) -> tuple[BiometricTemplate, ...]:
    """Read the templates of a data group, none if it holds none; MalformedFile, LimitExceeded."""
    group = tlv.Tlv(_GROUP, tlv.only(tlv.read_one(content, tag).children(), _GROUP))
    templates = [each for each in group.children() if each.tag == _TEMPLATE]
    if len(templates) > MOST_TEMPLATES:
        raise LimitExceeded("more biometric templates than any holder has")
    return tuple(map(_template, templates))


def usable(read: Callable[[S], T], found: Iterable[S]) -> tuple[T, ...]:
    """Read every readable item and leave out the others; MalformedFile when none is left.

    Issuers store several pictures, and some of them cannot be read.
    """
    kept: list[T] = []
    fault = MalformedFile("a biometric record without a recording")
    for each in found:
        try:
            kept.append(read(each))
        except MalformedFile as error:
            fault = error
    if not kept:
        raise fault
    return tuple(kept)


def _template(template: tlv.Tlv) -> BiometricTemplate:
    parts = template.children()
    records = [part.value for part in parts if part.tag in _RECORDS]
    if len(records) != 1:
        raise MalformedFile("a biometric template without its one record")
    return BiometricTemplate(_header(tlv.optional(parts, _HEADER) or b""), records[0])


def _header(value: bytes) -> BiometricHeader:
    fields = tlv.read_all(value)
    created, validity = tlv.optional(fields, 0x83), tlv.optional(fields, 0x85)
    return BiometricHeader(
        biometric_type=_number(fields, 0x81),
        sub_type=_number(fields, 0x82),
        created=None if created is None else Date(created),
        valid_from=None if validity is None else Date(validity[:4]),
        valid_until=None if validity is None else Date(validity[4:]),
        creator=tlv.optional(fields, 0x86),
        format_owner=_number(fields, 0x87),
        format_type=_number(fields, 0x88),
    )


def _number(fields: tuple[tlv.Tlv, ...], tag: int) -> int | None:
    value = tlv.optional(fields, tag)
    return None if value is None else int.from_bytes(value[:8], "big")
