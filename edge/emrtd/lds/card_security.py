"""EF.CardSecurity: the signed SecurityInfos (ICAO Doc 9303-10 §3.11.4, TR-03110-3 §A.1.2.4).

Only its structure is read here; `edge.trust` verifies the signer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.emrtd import der, security_infos, tlv
from edge.emrtd.security_infos import SecurityInfo
from edge.errors import MalformedFile

SECURITY_OBJECT: Final = "0.4.0.127.0.7.3.2.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_EXPLICIT: Final = 0xA0


@dataclass(frozen=True, slots=True)
class CardSecurity:
    """The claims of EF.CardSecurity, and the bytes that its signature covers."""

    infos: tuple[SecurityInfo, ...]
    content: bytes
    """The SecurityInfos as encoded."""
    signed_data: bytes
    """The whole file without its padding, CMS ContentInfo."""


def decode(content: bytes) -> CardSecurity:
    """Read EF.CardSecurity in DER; MalformedFile.  Bytes behind it are ignored as padding."""
    signed_data = content[: tlv.read_header(content).total_length]
    outer = tlv.read_one(signed_data, der.SEQUENCE).children()
    signed = tlv.read_one(_typed(outer, _SIGNED_DATA), der.SEQUENCE).children()
    if len(signed) < 3 or signed[2].tag != der.SEQUENCE:
        raise MalformedFile("EF.CardSecurity without encapsulated content")
    encapsulated = _typed(signed[2].children(), SECURITY_OBJECT)
    infos = tlv.read_one(encapsulated, der.OCTET_STRING).value
    return CardSecurity(security_infos.parse(infos), infos, signed_data)


def _typed(fields: tuple[tlv.Tlv, ...], content_type: str) -> bytes:
    """The explicit content of a pair of content type and content (RFC 5652 §3, §5.2)."""
    if [field.tag for field in fields] != [der.OID, _EXPLICIT]:
        raise MalformedFile("EF.CardSecurity that is no signed data")
    if der.decode_oid(fields[0].value) != content_type:
        raise MalformedFile("EF.CardSecurity of another content type")
    return fields[1].value
