"""DG16: persons to notify (ICAO Doc 9303-10 §4.7.16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import tlv
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.details import Details
from edge.emrtd.lds.text import Name, Text

TAG: Final = 0x70

_PERSONS: Final = range(0xA1, 0xB0)
"""One tag for each person, in order; there are no more tags."""
_RECORDED, _NAME, _TELEPHONE, _ADDRESS = 0x5F50, 0x5F51, 0x5F52, 0x5F53


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Person:
    """A person to notify; None for an absent field."""

    recorded: Date | None = None
    name: Name | None = None
    telephone: Text | None = None
    address: Text | None = None

    @override
    def __repr__(self) -> str:
        """Hide the person."""
        return "Person(<redacted>)"


def decode(content: bytes) -> tuple[Person, ...]:
    """Read DG16 as the persons in it; MalformedFile."""
    objects = tlv.read_one(content, TAG).children()
    templates = (tlv.optional(objects, tag) for tag in _PERSONS)
    return tuple(_person(template) for template in templates if template)


def _person(template: bytes) -> Person:
    details = Details(tlv.read_all(template))
    return Person(
        recorded=details.date(_RECORDED),
        name=details.name(_NAME),
        telephone=details.text(_TELEPHONE),
        address=details.text(_ADDRESS),
    )
