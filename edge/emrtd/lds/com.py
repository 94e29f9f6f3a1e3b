"""EF.COM: version and list of data groups (ICAO Doc 9303-10 §4.6.1).  Not signed: a hint only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile

_COM, _LDS_VERSION, _UNICODE_VERSION, _TAGS = 0x60, 0x5F01, 0x5F36, 0x5C
_BY_TAG: Final = {file.tag: file for file in ElementaryFile if file.data_group is not None}


@dataclass(frozen=True, slots=True)
class Com:
    """Versions as written ("0107", "040000") and the listed data groups."""

    data_groups: tuple[ElementaryFile, ...]
    lds_version: str
    unicode_version: str


def decode(content: bytes) -> Com:
    """Read EF.COM; MalformedFile.  Tags that name no data group are ignored."""
    fields = tlv.read_one(content, _COM).children()
    return Com(
        tuple(_BY_TAG[tag] for tag in tlv.only(fields, _TAGS) if tag in _BY_TAG),
        _digits(tlv.only(fields, _LDS_VERSION)),
        _digits(tlv.only(fields, _UNICODE_VERSION)),
    )


def encode(
    data_groups: Iterable[ElementaryFile],
    lds_version: str = "0107",
    unicode_version: str = "040000",
) -> bytes:
    """Write EF.COM; KeyError for a file that is no data group."""
    tags = {file: tag for tag, file in _BY_TAG.items() if tag is not None}
    return tlv.encode(
        _COM,
        tlv.encode(_LDS_VERSION, lds_version.encode("ascii")),
        tlv.encode(_UNICODE_VERSION, unicode_version.encode("ascii")),
        tlv.encode(_TAGS, bytes(tags[file] for file in data_groups)),
    )


def _digits(value: bytes) -> str:
    if not (value.isdigit() and len(value) in (4, 6)):
        raise MalformedFile("EF.COM: a version that is not four or six digits")
    return value.decode("ascii")
