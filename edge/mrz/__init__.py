"""The machine readable zone (ICAO Doc 9303-3 to -7), without I/O."""

from edge.mrz.dates import PartialDate, Span
from edge.mrz.digits import CheckDigit, check_digit
from edge.mrz.examination import examine
from edge.mrz.layouts import Format
from edge.mrz.reading import parse
from edge.mrz.states import alpha2
from edge.mrz.zone import MachineReadableZone

__all__ = [
    "CheckDigit",
    "Format",
    "MachineReadableZone",
    "PartialDate",
    "Span",
    "alpha2",
    "check_digit",
    "examine",
    "parse",
]
