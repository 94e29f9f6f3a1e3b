"""Writes DG11 and DG12 (ICAO Doc 9303-10 §4.7.11, §4.7.12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias, assert_never

from edge.emrtd import tlv
from edge.emrtd.lds import dg11, dg12
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.dg11 import PersonalDetails
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import Name, Text

_TAG_LIST: Final = 0x5C
_SEVERAL, _COUNT = 0xA0, 0x02

Field: TypeAlias = Text | Date | EncodedImage | tuple[Name, ...]


def encode_dg11(details: PersonalDetails) -> bytes:
    """Write DG11, fields in the order of the standard."""
    fields = {
        dg11.FULL_NAME: details.full_name,
        dg11.OTHER_NAME: details.other_names,
        dg11.PERSONAL_NUMBER: details.personal_number,
        dg11.BIRTH_DATE: details.birth_date,
        dg11.BIRTH_PLACE: details.birth_place,
        dg11.ADDRESS: details.address,
        dg11.TELEPHONE: details.telephone,
        dg11.PROFESSION: details.profession,
        dg11.TITLE: details.title,
        dg11.SUMMARY: details.summary,
        dg11.CITIZENSHIP: details.proof_of_citizenship,
        dg11.OTHER_DOCUMENTS: details.other_documents,
        dg11.CUSTODY: details.custody,
    }
    return _template(dg11.TAG, fields.items())


def encode_dg12(details: DocumentDetails) -> bytes:
    """Write DG12, fields in the order of the standard."""
    fields = {
        dg12.AUTHORITY: details.authority,
        dg12.ISSUED: details.issued,
        dg12.OTHER_PERSON: details.other_persons,
        dg12.OBSERVATIONS: details.observations,
        dg12.EXIT_REQUIREMENTS: details.exit_requirements,
        dg12.FRONT: details.front,
        dg12.REAR: details.rear,
        dg12.PERSONALISED: details.personalised,
        dg12.SYSTEM: details.system,
    }
    return _template(dg12.TAG, fields.items())


def _template(tag: int, fields: Iterable[tuple[int, Field | None]]) -> bytes:
    present = [(number, field) for number, field in fields if field]
    tags = b"".join(number.to_bytes(2, "big") for number, _ in present)
    return tlv.encode(
        tag,
        tlv.encode(_TAG_LIST, tags),
        *(_field(number, field) for number, field in present),
    )


def _field(tag: int, field: Field) -> bytes:
    match field:
        case Text(raw) | Date(raw):
            return tlv.encode(tag, raw)
        case EncodedImage(data):
            return tlv.encode(tag, data)
        case tuple():
            names = (tlv.encode(tag, name.raw) for name in field)
            return tlv.encode(_SEVERAL, tlv.encode(_COUNT, bytes((len(field),))), *names)
        case _:
            assert_never(field)
