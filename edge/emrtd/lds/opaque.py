"""Data groups with a content that the issuer defines: DG6, DG8 to DG10, DG13.

ICAO Doc 9303-10 §4.7.6, §4.7.8 to §4.7.10, §4.7.13.  The content is not parsed: in some documents
it looks like data objects and is something else (SG).
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from edge.emrtd import tlv
from edge.errors import MalformedFile


@dataclass(frozen=True, slots=True, repr=False)
class Opaque:
    """The content of the outermost data object, in a format of the issuer."""

    raw: bytes

    @override
    def __repr__(self) -> str:
        """Hide the content: it may be personal."""
        return f"Opaque(<redacted> {len(self.raw)} bytes)"


def decode(content: bytes, tag: int) -> Opaque:
    """Read a data group of this tag; MalformedFile when it is another, or truncated."""
    header = tlv.read_header(content)
    if header.tag != tag or header.total_length != len(content):
        raise MalformedFile(f"expected one data object {tag:X} and nothing else")
    return Opaque(content[header.header_length :])
