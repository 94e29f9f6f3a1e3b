"""Iris data blocks of ISO/IEC 39794-6:2021.

This software makes use of the Schema from ISO/IEC 39794-6 within modifications permitted in the
relevant ISO/IEC standard.  Please reproduce this note if possible.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds.biometric import usable
from edge.emrtd.lds.image import RECORDINGS, EncodedImage
from edge.emrtd.lds.iris import Eye, Iris, IrisFormat, IrisKind
from edge.emrtd.lds.iso39794 import Block, representations

TAG: Final = 0x66
"""[APPLICATION 6], IrisImageDataBlock."""

_EYES: Final = dict(enumerate(Eye, 1))
_KINDS: Final = {
    1: IrisKind.UNCROPPED,
    2: IrisKind.VGA,
    3: IrisKind.CROPPED,
    7: IrisKind.CROPPED_AND_MASKED,
}


def decode(data_block: bytes) -> tuple[Iris, ...]:
    """Read an IrisImageDataBlock, the value without its tag; MalformedFile, LimitExceeded."""
    return usable(_iris, representations(data_block))


def _iris(representation: Block) -> Iris:
    return Iris(
        image=EncodedImage.recognised(representation.octets(8), RECORDINGS),
        format=IrisFormat.ISO_39794_6,
        eye=_EYES.get(representation.number(0) or 0),
        kind=representation.code(1, _KINDS),
        captured=representation.moment(7),
        quality=representation.qualities(11),
    )
