"""DG1: the machine readable zone (ICAO Doc 9303-10 §4.7.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edge.emrtd import tlv
from edge.errors import MalformedFile

_DG1, _MRZ = 0x61, 0x5F1F
_LINE_LENGTHS: Final = {90: 30, 72: 36, 88: 44}
_ALPHABET: Final = re.compile(rb"[A-Z0-9<]+")


def decode(content: bytes) -> tuple[str, ...]:
    """Read DG1 as the two or three lines of the MRZ; MalformedFile."""
    zone = tlv.only(tlv.read_one(content, _DG1).children(), _MRZ)
    width = _LINE_LENGTHS.get(len(zone))
    if width is None or not _ALPHABET.fullmatch(zone):
        raise MalformedFile("DG1: not a machine readable zone of Doc 9303")
    text = zone.decode("ascii")
    return tuple(text[start : start + width] for start in range(0, len(text), width))


def encode(lines: Sequence[str]) -> bytes:
    """Write DG1."""
    return tlv.encode(_DG1, tlv.encode(_MRZ, "".join(lines).encode("ascii")))
