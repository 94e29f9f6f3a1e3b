"""DG3: fingers, in ISO/IEC 19794-4 or ISO/IEC 39794-4 (ICAO Doc 9303-10 §4.7.3)."""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds import biometric, iso19794_4, iso39794_4
from edge.emrtd.lds.biometric import BiometricTemplate
from edge.emrtd.lds.finger import Finger

TAG: Final = 0x63


def decode(content: bytes) -> tuple[Finger, ...]:
    """Read DG3 as its usable finger views; none when the issuer recorded none (§4.7.3.2.2).

    Raises:
        MalformedFile: it is no DG3, or it has fingers of which none is usable.
        LimitExceeded: it holds more than an honest one.
    """
    templates = biometric.decode(content, TAG)
    if not templates:
        return ()
    return tuple(finger for fingers in biometric.usable(_fingers, templates) for finger in fingers)


def _fingers(template: BiometricTemplate) -> tuple[Finger, ...]:
    if template.record.startswith(iso19794_4.IDENTIFIER):
        return iso19794_4.decode(template.record)
    return iso39794_4.decode(template.block(iso39794_4.TAG))
