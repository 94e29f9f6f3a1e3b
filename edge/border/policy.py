"""The policy: the results that each check needs, and the reason when it has another.

A policy is data from a versioned file; its digest is in every decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from edge.border.floor import YoungerFaces, compared_from, demanded
from edge.border.requirement import Requirement
from edge.border.validity import YearsOfValidity
from edge.checks import CheckId, Reason


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules of a lane.

    `requirements` is what the file names; `demands` is what counts: the floor and the file.  A
    check that neither names must not have failed.
    """

    version: str
    digest: str
    """SHA-256 of the policy file, hexadecimal."""
    requirements: Mapping[CheckId, Requirement]
    false_match_rate: str
    """Key of the threshold table of the face model, such as "1e-4": the rate between two people of
    one sex and population, in the worst group of adults that was measured."""
    minimum_age: int
    nationalities: frozenset[str]
    """Codes of states whose nationals may use the gate; empty: all."""
    document_codes: frozenset[str]
    """First characters of the document code that may use the gate."""

    live: bool = True
    """Real travellers pass: the file cannot weaken the floor."""
    younger_faces: YoungerFaces | None = None
    """None: faces of minors are not compared (`edge.border.floor`)."""
    validity: Mapping[str, YearsOfValidity] = field(default_factory=dict)
    """By issuing state as in the MRZ; of other states `edge.border.validity.USUAL` is assumed."""
    only_documents: bool = False
    """Checks of the face and of the lane come later; see `about_documents`."""

    @property
    def demands(self) -> Mapping[CheckId, Requirement]:
        """The demands on every traveller (`edge.border.floor`)."""
        found = demanded(self.requirements, live=self.live)
        if self.only_documents:
            return {check: found[check] for check in found if not check.startswith(_LATER)}
        return found

    @property
    def compared_from(self) -> int:
        """The age, in years, from which faces are compared."""
        return compared_from(self.younger_faces)

    @property
    def least_age(self) -> int:
        """The age, in years, from which a traveller may use the gate, whatever the file says."""
        return max(self.minimum_age, self.compared_from)

    def about_documents(self) -> Policy:
        """The demands on a document before the traveller may step inside."""
        return replace(self, only_documents=True)


_LATER = ("face.", "lane.")

REASONS: Mapping[CheckId, Reason] = MappingProxyType(
    {
        CheckId.MRZ_READ: Reason.DOC_UNREADABLE,
        CheckId.MRZ_CHECK_DIGITS: Reason.DOC_CHECKDIGIT,
        CheckId.MRZ_CONSISTENCY: Reason.DOC_CHECKDIGIT,
        CheckId.DOC_EXPIRY: Reason.DOC_EXPIRED,
        CheckId.DOC_MODEL: Reason.DOC_TYPE,
        CheckId.OPTICAL_B900: Reason.DOC_OPTICAL,
        CheckId.CHIP_PRESENCE: Reason.CHIP_ABSENT,
        CheckId.CHIP_ACCESS: Reason.CHIP_ACCESS,
        CheckId.CHIP_COM_SOD: Reason.CHIP_TAMPER,
        CheckId.CHIP_SOD_SIGNATURE: Reason.CHIP_SIGNATURE,
        CheckId.CHIP_DS_VALIDITY: Reason.CHIP_SIGNATURE,
        CheckId.CHIP_DS_CHAIN: Reason.CHIP_UNKNOWN_ISSUER,
        CheckId.CHIP_DS_REVOCATION: Reason.CHIP_REVOKED,
        CheckId.CHIP_DG_HASH: Reason.CHIP_TAMPER,
        CheckId.CHIP_DG1_VS_MRZ: Reason.CHIP_MISMATCH,
        CheckId.CHIP_COUNTRY_VS_DS: Reason.CHIP_MISMATCH,
        CheckId.CHIP_CARD_ACCESS_VS_DG14: Reason.CHIP_DOWNGRADE,
        CheckId.CHIP_ACTIVE_AUTH: Reason.CHIP_CLONE,
        CheckId.CHIP_CHIP_AUTH: Reason.CHIP_CLONE,
        CheckId.CHIP_PACE_CAM: Reason.CHIP_CLONE,
        CheckId.CHIP_TERMINAL_AUTH: Reason.CHIP_ACCESS,
        CheckId.CHIP_DEVIATION: Reason.CHIP_SIGNATURE,
        CheckId.FACE_DETECT: Reason.FACE_NOCAPTURE,
        CheckId.FACE_QUALITY: Reason.FACE_QUALITY,
        CheckId.FACE_PAD: Reason.FACE_PAD,
        CheckId.FACE_MATCH: Reason.FACE_NOMATCH,
        CheckId.ELIG_NATIONALITY: Reason.ELIG_NATIONALITY,
        CheckId.ELIG_AGE: Reason.ELIG_AGE,
        CheckId.ELIG_DOCUMENT_TYPE: Reason.DOC_TYPE,
        CheckId.ELIG_PERMIT: Reason.ELIG_PERMIT,
        CheckId.STAY_BALANCE: Reason.STAY_OVERSTAY,
        CheckId.LIST_SLTD: Reason.LIST_HIT,
        CheckId.LIST_NATIONAL: Reason.LIST_HIT,
        CheckId.LIST_TDAWN: Reason.LIST_HIT,
        CheckId.BOARDING_MATCH: Reason.BOARDING_MISMATCH,
        CheckId.LANE_SINGLE_PERSON: Reason.LANE_TAILGATE,
        CheckId.CLOCK_TRUSTED: Reason.CLOCK,
    }
)
"""The reason for a check that failed."""

DOUBTED: Mapping[CheckId, Reason] = MappingProxyType(
    {
        CheckId.CHIP_ACCESS: Reason.CHIP_DOWNGRADE,
        CheckId.CHIP_COM_SOD: Reason.CHIP_READ,
    },
)
"""The reason for a check that is undetermined.

The chip was opened by less than it offered; it gives no EF.COM, which is no sign of a change.
"""

UNKNOWN: Mapping[CheckId, Reason] = MappingProxyType(
    {
        CheckId.CHIP_DS_REVOCATION: Reason.LIST_UNAVAILABLE,
        CheckId.STAY_BALANCE: Reason.STAY_UNKNOWN,
        CheckId.LIST_SLTD: Reason.LIST_UNAVAILABLE,
        CheckId.LIST_NATIONAL: Reason.LIST_UNAVAILABLE,
        CheckId.LIST_TDAWN: Reason.LIST_UNAVAILABLE,
    }
)
"""The reason for a check that did not fail but has no answer."""
