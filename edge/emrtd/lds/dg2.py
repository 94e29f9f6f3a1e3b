"""DG2: the face, in ISO/IEC 19794-5 or ISO/IEC 39794-5 (ICAO Doc 9303-10 §4.7.2, §4.5.6)."""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds import biometric, iso19794_5, iso39794_5
from edge.emrtd.lds.biometric import BiometricTemplate
from edge.emrtd.lds.face import FaceImage

TAG: Final = 0x75


def decode(content: bytes) -> tuple[FaceImage, ...]:
    """Read DG2 as its usable faces, in order, at least one; the first is the portrait.

    Raises:
        MalformedFile: it is no DG2, or none of its faces is usable.
        LimitExceeded: it holds more than an honest one.
    """
    templates = biometric.decode(content, TAG)
    return tuple(face for faces in biometric.usable(_faces, templates) for face in faces)


def _faces(template: BiometricTemplate) -> tuple[FaceImage, ...]:
    """The first bytes of the record show its standard: issuers confuse the tags around it."""
    if template.record.startswith(iso19794_5.IDENTIFIER):
        return iso19794_5.decode(template.record)
    return iso39794_5.decode(template.block(iso39794_5.TAG))
