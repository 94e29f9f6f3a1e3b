"""CSCA master lists: CSCA certificates that one state has verified (ICAO Doc 9303-12 §9)."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import core

from edge.errors import MalformedFile
from edge.trust import signed_data
from edge.trust.signatures import UNREADABLE
from edge.trust.signed_data import SignedData

CONTENT_TYPE = "2.23.136.1.1.2"
LARGEST_BYTES = 16_000_000
MOST_MEMBERS = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class MasterList:
    """A master list as claimed; `edge.trust.signed_list` verifies it."""

    signed: SignedData
    members: tuple[bytes, ...]
    """Certificates, DER, not parsed."""


def parse(data: bytes) -> MasterList:
    """Read a master list; MalformedFile."""
    if len(data) > LARGEST_BYTES:
        raise MalformedFile("a master list larger than any is")
    signed = signed_data.parse(data)
    if signed.content_type != CONTENT_TYPE:
        raise MalformedFile("signed data that is no master list")
    try:
        version, members = _fields(signed.content)
    except UNREADABLE as error:
        raise MalformedFile("a master list that cannot be read") from error
    if version != 0:
        raise MalformedFile("a master list of unknown version")
    if len(members) > MOST_MEMBERS:
        raise MalformedFile("a master list with more certificates than there are")
    return MasterList(signed, members)


def _fields(content: bytes) -> tuple[int, tuple[bytes, ...]]:
    """CscaMasterList: version and a SET of certificates."""
    fields = core.Sequence.load(content, strict=True)
    members = core.SetOf.load(fields[1].dump(), spec=core.Any)
    return int(fields[0].native), tuple(each.dump() for each in members)
