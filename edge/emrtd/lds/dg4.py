"""DG4: irises, in ISO/IEC 19794-6 or ISO/IEC 39794-6 (ICAO Doc 9303-10 §4.7.4)."""

from __future__ import annotations

from typing import Final

from edge.emrtd.lds import biometric, iso19794_6, iso39794_6
from edge.emrtd.lds.biometric import BiometricTemplate
from edge.emrtd.lds.iris import Iris

TAG: Final = 0x76


def decode(content: bytes) -> tuple[Iris, ...]:
    """Read DG4 as its usable iris images; none when the issuer recorded none (§4.7.4.2.2).

    Raises:
        MalformedFile: it is no DG4, or it has irises of which none is usable.
        LimitExceeded: it holds more than an honest one.
    """
    templates = biometric.decode(content, TAG)
    if not templates:
        return ()
    return tuple(iris for irises in biometric.usable(_irises, templates) for iris in irises)


def _irises(template: BiometricTemplate) -> tuple[Iris, ...]:
    if template.record.startswith(iso19794_6.IDENTIFIER):
        return iso19794_6.decode(template.record)
    return iso39794_6.decode(template.block(iso39794_6.TAG))
