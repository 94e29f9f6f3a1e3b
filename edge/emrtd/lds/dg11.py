"""DG11: additional personal details (ICAO Doc 9303-10 §4.7.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import tlv
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.details import Details
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import Name, Text

TAG: Final = 0x6B
FULL_NAME, OTHER_NAME, PERSONAL_NUMBER, BIRTH_DATE = 0x5F0E, 0x5F0F, 0x5F10, 0x5F2B
BIRTH_PLACE, ADDRESS, TELEPHONE, PROFESSION = 0x5F11, 0x5F42, 0x5F12, 0x5F13
TITLE, SUMMARY, CITIZENSHIP, OTHER_DOCUMENTS, CUSTODY = 0x5F14, 0x5F15, 0x5F16, 0x5F17, 0x5F18


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class PersonalDetails:
    """The details of the holder in DG11; None for an absent field."""

    full_name: Name | None = None
    other_names: tuple[Name, ...] = ()
    personal_number: Text | None = None
    birth_date: Date | None = None
    birth_place: Text | None = None
    address: Text | None = None
    telephone: Text | None = None
    profession: Text | None = None
    title: Text | None = None
    summary: Text | None = None
    proof_of_citizenship: EncodedImage | None = None
    other_documents: Text | None = None
    custody: Text | None = None

    @override
    def __repr__(self) -> str:
        """Hide the holder."""
        return "PersonalDetails(<redacted>)"


def decode(content: bytes) -> PersonalDetails:
    """Read DG11; MalformedFile, LimitExceeded."""
    details = Details(tlv.read_one(content, TAG).children())
    return PersonalDetails(
        full_name=details.name(FULL_NAME),
        other_names=details.names(OTHER_NAME),
        personal_number=details.text(PERSONAL_NUMBER),
        birth_date=details.date(BIRTH_DATE),
        birth_place=details.text(BIRTH_PLACE),
        address=details.text(ADDRESS),
        telephone=details.text(TELEPHONE),
        profession=details.text(PROFESSION),
        title=details.text(TITLE),
        summary=details.text(SUMMARY),
        proof_of_citizenship=details.picture(CITIZENSHIP),
        other_documents=details.text(OTHER_DOCUMENTS),
        custody=details.text(CUSTODY),
    )
