"""The texts for each reason of a referral, and whether the traveller may see the cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge.checks import Reason


@dataclass(frozen=True, slots=True)
class Wording:
    """Text for the officer, text for the traveller, and whether the traveller may see the cause."""

    officer: str
    traveller: str
    disclosable: bool = True


_SILENT = "An officer will help you"

WORDINGS: Mapping[Reason, Wording] = MappingProxyType(
    {
        Reason.DOC_UNREADABLE: Wording(
            "The machine readable zone could not be read", "Document could not be read"
        ),
        Reason.DOC_CHECKDIGIT: Wording(
            "A check digit of the MRZ is wrong: examine for alteration",
            "Document could not be read",
        ),
        Reason.DOC_EXPIRED: Wording("The document has expired", "Document has expired"),
        Reason.DOC_TYPE: Wording(
            "This type of document is not accepted here", "Document not accepted here"
        ),
        Reason.DOC_OPTICAL: Wording(
            "An optical security feature failed: examine the document", _SILENT
        ),
        Reason.CHIP_ABSENT: Wording("No chip answered", "Chip was not found"),
        Reason.CHIP_ACCESS: Wording(
            "The chip refused access with the key of this MRZ", "Chip could not be read"
        ),
        Reason.CHIP_READ: Wording("The chip was not read in full", "Chip could not be read"),
        Reason.CHIP_SIGNATURE: Wording(
            "The signature over the chip's data does not hold or has lapsed", _SILENT
        ),
        Reason.CHIP_UNKNOWN_ISSUER: Wording(
            "The signer is not known to this gate: check trust anchors, then the document", _SILENT
        ),
        Reason.CHIP_REVOKED: Wording("The document signer has been revoked", _SILENT),
        Reason.CHIP_TAMPER: Wording("Data on the chip differ from what the issuer signed", _SILENT),
        Reason.CHIP_CLONE: Wording(
            "The chip did not prove that it is the original: it may be a copy", _SILENT
        ),
        Reason.CHIP_MISMATCH: Wording(
            "The chip and the printed page, or the issuing state, do not agree", _SILENT
        ),
        Reason.CHIP_DOWNGRADE: Wording(
            "The chip offered less security than it was signed for", _SILENT
        ),
        Reason.FACE_NOCAPTURE: Wording("No usable picture of the face", "Face was not seen"),
        Reason.FACE_QUALITY: Wording("The pictures of the face are too poor", "Face was not clear"),
        Reason.FACE_PAD: Wording("A presentation attack cannot be excluded", _SILENT),
        Reason.FACE_NOMATCH: Wording(
            "The face does not match the chip's portrait: compare by eye", _SILENT
        ),
        Reason.ELIG_NATIONALITY: Wording(
            "This nationality does not use the gate", "Please see an officer"
        ),
        Reason.ELIG_AGE: Wording("Below the age for this gate", "Please see an officer"),
        Reason.ELIG_PERMIT: Wording("A visa or permit must be examined", "Please see an officer"),
        Reason.STAY_OVERSTAY: Wording("The authorised stay is exceeded", "Please see an officer"),
        Reason.STAY_UNKNOWN: Wording("The stay could not be computed", "Please see an officer"),
        Reason.LIST_HIT: Wording("Possible list hit: confirm before acting", _SILENT, False),
        Reason.LIST_UNAVAILABLE: Wording("A list could not be consulted", _SILENT, False),
        Reason.BOARDING_MISMATCH: Wording(
            "Boarding pass and document do not agree", "Boarding pass does not match"
        ),
        Reason.LANE_TAILGATE: Wording("More than one person in the lane", "One person at a time"),
        Reason.LANE_GROUP: Wording("A group or family", "One person at a time"),
        Reason.ASSIST_REQUESTED: Wording("The traveller asks for help", "Help is coming"),
        Reason.SAFEGUARD: Wording("Safeguarding: speak with the traveller kindly", _SILENT, False),
        Reason.RANDOM: Wording("Chosen at random", _SILENT, False),
        Reason.TIMEOUT: Wording("The time for this step ran out", "Please see an officer"),
        Reason.DEVICE_FAULT: Wording("A device of the gate failed", "Gate is out of order"),
        Reason.MODE_DEGRADED: Wording("The gate runs degraded", "Please see an officer"),
        Reason.CLOCK: Wording("The gate's clock cannot be trusted", "Please see an officer"),
        Reason.OFFICER: Wording("An officer decided so", "Please see an officer"),
    }
)
