"""DG12: additional document details (ICAO Doc 9303-10 §4.7.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import tlv
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.details import Details
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import Name, Text

TAG: Final = 0x6C
AUTHORITY, ISSUED, OTHER_PERSON, OBSERVATIONS = 0x5F19, 0x5F26, 0x5F1A, 0x5F1B
EXIT_REQUIREMENTS, FRONT, REAR, PERSONALISED, SYSTEM = 0x5F1C, 0x5F1D, 0x5F1E, 0x5F55, 0x5F56


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class DocumentDetails:
    """The details of the document in DG12; None for an absent field."""

    authority: Text | None = None
    issued: Date | None = None
    other_persons: tuple[Name, ...] = ()
    observations: Text | None = None
    exit_requirements: Text | None = None
    front: EncodedImage | None = None
    rear: EncodedImage | None = None
    personalised: Date | None = None
    system: Text | None = None
    """Serial number of the personalisation system."""

    @override
    def __repr__(self) -> str:
        """Hide the document."""
        return "DocumentDetails(<redacted>)"


def decode(content: bytes) -> DocumentDetails:
    """Read DG12; MalformedFile, LimitExceeded."""
    details = Details(tlv.read_one(content, TAG).children())
    return DocumentDetails(
        authority=details.text(AUTHORITY),
        issued=details.date(ISSUED),
        other_persons=details.names(OTHER_PERSON),
        observations=details.text(OBSERVATIONS),
        exit_requirements=details.text(EXIT_REQUIREMENTS),
        front=details.picture(FRONT),
        rear=details.picture(REAR),
        personalised=details.date(PERSONALISED),
        system=details.text(SYSTEM),
    )
