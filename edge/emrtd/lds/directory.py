"""EF.DIR: the applications on the chip (ICAO Doc 9303-10 §3.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.emrtd import tlv
from edge.emrtd.lds.text import Text
from edge.errors import LimitExceeded

MOST_APPLICATIONS: Final = 32
_TEMPLATE, _IDENTIFIER, _LABEL = 0x61, 0x4F, 0x50


@dataclass(frozen=True, slots=True)
class Application:
    """An application of the chip, by its identifier."""

    identifier: bytes
    label: Text | None = None


def decode(content: bytes) -> tuple[Application, ...]:
    """Read EF.DIR; MalformedFile, LimitExceeded."""
    templates = [each for each in tlv.read_padded(content) if each.tag == _TEMPLATE]
    if len(templates) > MOST_APPLICATIONS:
        raise LimitExceeded("EF.DIR: more applications than any chip has")
    return tuple(_application(template.children()) for template in templates)


def _application(fields: tuple[tlv.Tlv, ...]) -> Application:
    label = tlv.optional(fields, _LABEL)
    return Application(tlv.only(fields, _IDENTIFIER), Text(label) if label else None)
