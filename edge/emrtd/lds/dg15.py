"""DG15: the active authentication public key (ICAO Doc 9303-10 §4.7.15)."""

from __future__ import annotations

from edge.emrtd import tlv

_DG15 = 0x6F


def decode(content: bytes) -> bytes:
    """Read DG15 as a SubjectPublicKeyInfo (DER), not parsed; MalformedFile."""
    return tlv.read_one(content, _DG15).value


def encode(subject_public_key_info: bytes) -> bytes:
    """Write DG15."""
    return tlv.encode(_DG15, subject_public_key_info)
