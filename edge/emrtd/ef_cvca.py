"""EF.CVCA: the certificate authorities that the chip trusts (ICAO Doc 9303-11 Appendix K.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edge.emrtd import cv_certificate, tlv
from edge.emrtd.cv_certificate import AUTHORITY, Reference
from edge.errors import MalformedFile

LENGTH: Final = 36
"""Bytes of the file, filled with zeros."""

_MOST: Final = 2


def decode(content: bytes) -> tuple[Reference, ...]:
    """Read the names of the trust points, newest first; MalformedFile."""
    names: list[Reference] = []
    rest = content[:LENGTH]
    while rest.strip(b"\x00"):
        header = tlv.read_header(rest)
        name = tlv.read_one(rest[: header.total_length], AUTHORITY).value
        names.append(cv_certificate.decode_reference(name))
        rest = rest[header.total_length :]
    if not 0 < len(names) <= _MOST:
        raise MalformedFile("EF.CVCA names no authority, or too many")
    return tuple(names)


def encode(names: Iterable[Reference]) -> bytes:
    """Write the file."""
    objects = [tlv.encode(AUTHORITY, cv_certificate.encode_reference(name)) for name in names]
    return b"".join(objects).ljust(LENGTH, b"\x00")
