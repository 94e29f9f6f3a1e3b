"""DG5 and DG7: portrait and signature as displayed (ICAO Doc 9303-10 §4.7.5, §4.7.7)."""

from __future__ import annotations

from typing import Final

from edge.emrtd import tlv
from edge.emrtd.lds.biometric import MOST_RECORDINGS, usable
from edge.emrtd.lds.image import EncodedImage
from edge.errors import LimitExceeded

DG5, PORTRAIT = 0x65, 0x5F40
DG7, SIGNATURE = 0x67, 0x5F43

_PICTURE_OF: Final = {DG5: PORTRAIT, DG7: SIGNATURE}


def decode(content: bytes, tag: int) -> tuple[EncodedImage, ...]:
    """Read DG5 or DG7, chosen by tag, as its usable pictures: JPEG with or without Exif, JPEG 2000.

    Raises:
        MalformedFile: it is no such data group, or none of its pictures is usable.
        LimitExceeded: it holds more than an honest one.
        KeyError: the tag is of another data group.
    """
    picture = _PICTURE_OF[tag]
    parts = tlv.read_one(content, tag).children()
    found = [part.value for part in parts if part.tag == picture]
    if len(found) > MOST_RECORDINGS:
        raise LimitExceeded("more displayed pictures than any honest data group has")
    return usable(EncodedImage.recognised, found)
