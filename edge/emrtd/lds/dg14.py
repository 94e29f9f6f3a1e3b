"""DG14: the security protocols of the chip, signed (ICAO Doc 9303-10 §4.7.14)."""

from __future__ import annotations

from collections.abc import Iterable

from edge.emrtd import security_infos, tlv
from edge.emrtd.security_infos import SecurityInfo

_DG14 = 0x6E


def decode(content: bytes) -> tuple[SecurityInfo, ...]:
    """Read DG14; MalformedFile.  Hash the file as read, never a new encoding of it."""
    return security_infos.parse(tlv.read_one(content, _DG14).value)


def encode(infos: Iterable[SecurityInfo]) -> bytes:
    """Write DG14."""
    return tlv.encode(_DG14, security_infos.encode(infos))
