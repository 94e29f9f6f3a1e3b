"""Finger data blocks of ISO/IEC 39794-4:2019.

This software makes use of the Schema from ISO/IEC 39794-4 within modifications permitted in the
relevant ISO/IEC standard.  Please reproduce this note if possible.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds.biometric import usable
from edge.emrtd.lds.finger import Finger, FingerFormat, FingerPosition, Impression
from edge.emrtd.lds.image import RECORDINGS, EncodedImage
from edge.emrtd.lds.iso39794 import Block, representations

TAG: Final = 0x64
"""[APPLICATION 4], FingerImageDataBlock."""

_POSITIONS: Final = dict(enumerate(FingerPosition, 1))
_IMPRESSIONS: Final = {
    0: Impression.PLAIN,
    1: Impression.ROLLED,
    4: Impression.LATENT,
    8: Impression.SWIPE,
    24: Impression.CONTACTLESS,
    25: Impression.CONTACTLESS,
    28: Impression.OTHER,
    41: Impression.CONTACTLESS,
    42: Impression.CONTACTLESS,
}


def decode(data_block: bytes) -> tuple[Finger, ...]:
    """Read a FingerImageDataBlock, the value without its tag; MalformedFile, LimitExceeded."""
    return usable(_finger, representations(data_block))


def _finger(representation: Block) -> Finger:
    return Finger(
        image=EncodedImage.recognised(representation.octets(3), RECORDINGS),
        format=FingerFormat.ISO_39794_4,
        position=representation.code(0, _POSITIONS),
        impression=representation.code(1, _IMPRESSIONS),
        captured=representation.moment(4),
        quality=representation.qualities(6),
    )
