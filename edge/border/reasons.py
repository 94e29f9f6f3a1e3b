"""The words of each reason of a referral, for officers.

The traveller's page shows no reason: every referral looks like every other one, whether a list, a
safeguard or chance is behind it (`edge.screen.views`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.checks import Reason

WORDS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.DOC_UNREADABLE: "The machine readable zone could not be read",
        Reason.DOC_CHECKDIGIT: "A check digit of the MRZ is wrong: examine for alteration",
        Reason.DOC_EXPIRED: "The document has expired",
        Reason.DOC_TYPE: "This type of document is not accepted here",
        Reason.DOC_OPTICAL: "An optical security feature failed: examine the document",
        Reason.CHIP_ABSENT: "No chip answered",
        Reason.CHIP_ACCESS: "The chip refused access with the key of this MRZ",
        Reason.CHIP_READ: "The chip was not read in full",
        Reason.CHIP_SIGNATURE: "The signature over the chip's data does not hold or has lapsed",
        Reason.CHIP_UNKNOWN_ISSUER: (
            "The signer is not known to this gate: check trust anchors, then the document"
        ),
        Reason.CHIP_REVOKED: "The document signer has been revoked",
        Reason.CHIP_TAMPER: "Data on the chip differ from what the issuer signed",
        Reason.CHIP_CLONE: "The chip did not prove that it is the original: it may be a copy",
        Reason.CHIP_MISMATCH: "The chip and the printed page, or the issuing state, do not agree",
        Reason.CHIP_DOWNGRADE: "The chip offered less security than it was signed for",
        Reason.FACE_NOCAPTURE: "No usable picture of the face",
        Reason.FACE_QUALITY: "The pictures of the face are too poor",
        Reason.FACE_PAD: "A presentation attack cannot be excluded",
        Reason.FACE_NOMATCH: "The face does not match the chip's portrait: compare by eye",
        Reason.ELIG_NATIONALITY: "This nationality does not use the gate",
        Reason.ELIG_AGE: "Below the age for this gate, now or in the portrait: compare by eye",
        Reason.ELIG_PERMIT: "A visa or permit must be examined",
        Reason.STAY_OVERSTAY: "The authorised stay is exceeded",
        Reason.STAY_UNKNOWN: "The stay could not be computed",
        Reason.LIST_HIT: "Possible list hit: confirm before acting",
        Reason.LIST_UNAVAILABLE: "A list could not be consulted",
        Reason.BOARDING_MISMATCH: "Boarding pass and document do not agree",
        Reason.LANE_TAILGATE: "More than one person in the lane",
        Reason.LANE_GROUP: "A group or family",
        Reason.ASSIST_REQUESTED: "The traveller asks for help",
        Reason.SAFEGUARD: "Safeguarding: speak with the traveller kindly",
        Reason.RANDOM: "Chosen at random",
        Reason.TIMEOUT: "The time for this step ran out",
        Reason.DEVICE_FAULT: "A device of the gate failed",
        Reason.MODE_DEGRADED: "The gate runs degraded",
        Reason.CLOCK: "The gate's clock cannot be trusted",
        Reason.OFFICER: "An officer decided so",
    }
)
