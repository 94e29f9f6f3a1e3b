"""EF.SOD: signed data around the hashes of the data groups (ICAO Doc 9303-10 §4.6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import signed_data
from edge.trust.signed_data import DIGESTS, Search, SignedData, Signer, nowhere

LARGEST_BYTES = 64_000
_SOD = 0x77
_CONTENT_TYPES = frozenset(
    {
        "2.23.136.1.1.1",  # id-icao-mrtd-security-ldsSecurityObject
        "1.2.840.113549.1.7.1",  # id-data, met in CN
        "1.3.27.1.1.1",  # legacy, met in BE and FR
        "1.2.528.1.1006.1.20.1",  # Sdu, met in NL
    }
)
_DATA_GROUPS = range(1, 17)


@dataclass(frozen=True, slots=True, repr=False)
class SecurityObject:
    """The content of EF.SOD; claims until `edge.trust.sod` has verified it."""

    signed: SignedData
    digest: str
    """Name of the digest of the data groups."""
    hashes: Mapping[int, bytes]

    @property
    def signers(self) -> tuple[Signer, ...]:
        """The signers that EF.SOD names."""
        return self.signed.signers


def parse(sod: bytes, search: Search = nowhere) -> SecurityObject:
    """Read EF.SOD; MalformedFile.

    `search` finds the certificate of a signer that EF.SOD names but does not hold.
    """
    if len(sod) > LARGEST_BYTES:
        raise MalformedFile("EF.SOD is larger than any is")
    body = tlv.read_one(sod, _SOD).value
    signed = signed_data.parse(body, search)
    if signed.content_type not in _CONTENT_TYPES:
        raise MalformedFile("EF.SOD holds something else than an LDS security object")
    digest, hashes = _hashes(signed.content)
    return SecurityObject(signed, digest, hashes)


def _hashes(content: bytes) -> tuple[str, dict[int, bytes]]:
    """LDSSecurityObject v0 and v1 (Doc 9303-10 §4.6.2.3): each data group once, 1 to 16."""
    fields = tlv.read_one(content, der.SEQUENCE).children()
    tags = [field.tag for field in fields[:3]]
    if tags != [der.INTEGER, der.SEQUENCE, der.SEQUENCE]:
        raise MalformedFile("an LDS security object without version, digest and hashes")
    version, algorithm, entries = fields[:3]
    if der.decode_integer(version.value) not in (0, 1):
        raise MalformedFile("an LDS security object of unknown version")
    digest = DIGESTS.get(der.decode_oid(tlv.only(algorithm.children(), der.OID)))
    if digest is None:
        raise MalformedFile("a data group digest that is not accepted")
    length = hashlib.new(digest, usedforsecurity=False).digest_size
    hashes: dict[int, bytes] = {}
    for entry in entries.children():
        number = der.decode_integer(tlv.only(entry.children(), der.INTEGER))
        value = tlv.only(entry.children(), der.OCTET_STRING)
        if number not in _DATA_GROUPS or number in hashes or len(value) != length:
            raise MalformedFile("an impossible list of data group hashes")
        hashes[number] = value
    return digest, hashes
