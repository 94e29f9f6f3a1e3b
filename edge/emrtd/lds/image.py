"""Pictures of the LDS: compressed, recognised by their first bytes, never decoded.

The media type that a record declares is often wrong, so it is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.errors import MalformedFile

JPEG: Final = "image/jpeg"
JP2: Final = "image/jp2"
J2C: Final = "image/j2c"
"""A bare JPEG 2000 codestream."""
PNG: Final = "image/png"
WSQ: Final = "image/x-wsq"
PGM: Final = "image/x-portable-graymap"
PPM: Final = "image/x-portable-pixmap"
RAW: Final = "image/x-raw"
"""Samples without a header; only the record around them describes them."""

_FIRST_BYTES: Final = {
    b"\xff\xd8\xff": JPEG,  # JFIF, Exif or neither
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": JP2,
    b"\xff\x4f\xff\x51": J2C,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xa0": WSQ,
    b"P5": PGM,
    b"P6": PPM,
}

PHOTOGRAPHS: Final = frozenset({JPEG, JP2, J2C})
"""The types that `edge.imaging` decodes, and that DG2, DG5, DG7, DG11 and DG12 may hold."""
RECORDINGS: Final = frozenset(_FIRST_BYTES.values())
"""The types of fingers and irises."""


@dataclass(frozen=True, slots=True, repr=False)
class EncodedImage:
    """A compressed picture, not yet decoded, and its media type."""

    data: bytes
    media_type: str

    @classmethod
    def recognised(cls, data: bytes, among: frozenset[str] = PHOTOGRAPHS) -> EncodedImage:
        """Recognise the media type by the first bytes; MalformedFile when it is not in `among`."""
        for start, media_type in _FIRST_BYTES.items():
            if media_type in among and data.startswith(start):
                return cls(data, media_type)
        raise MalformedFile("a picture of a kind that does not belong here")

    @override
    def __repr__(self) -> str:
        """Hide the picture: it is personal."""
        return f"EncodedImage(<redacted> {self.media_type})"


def is_photograph(data: bytes, at: int) -> bool:
    """Whether a photograph begins at this offset."""
    return any(
        data.startswith(start, at) and media_type in PHOTOGRAPHS
        for start, media_type in _FIRST_BYTES.items()
    )
