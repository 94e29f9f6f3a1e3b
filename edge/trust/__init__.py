"""From claims to verified values: CSCA, DSC, EF.SOD, data groups (ICAO Doc 9303-11 §5, -12)."""

from edge.trust.card_security import CardSecurityVerdict, card_security_of, verify_card_security
from edge.trust.document import AuthenticDocument, AuthenticPortrait
from edge.trust.inspection import ChipInspection, inspect
from edge.trust.sod import SodVerdict, verify_sod
from edge.trust.store import TrustStore

__all__ = [
    "AuthenticDocument",
    "AuthenticPortrait",
    "CardSecurityVerdict",
    "ChipInspection",
    "SodVerdict",
    "TrustStore",
    "card_security_of",
    "inspect",
    "verify_card_security",
    "verify_sod",
]
