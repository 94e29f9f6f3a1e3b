"""Fields of DG11, DG12 and DG16: text, names, dates and pictures by tag.

The tag list before the fields is not read, because some documents list containers instead of
contents (BY).  A field without content does not count.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd import tlv
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import Name, Text
from edge.errors import LimitExceeded, MalformedFile

MOST_NAMES: Final = 99
"""Other names of a holder, other persons in a document."""
_SEVERAL: Final = 0xA0
"""Content-specific class: a count and several names."""


class Details:
    """The data objects of one template; MalformedFile when a requested field occurs twice."""

    def __init__(self, objects: tuple[tlv.Tlv, ...]) -> None:
        self._objects = objects

    def text(self, tag: int) -> Text | None:
        """A text, None when it is not there."""
        value = tlv.optional(self._objects, tag)
        return Text(value) if value else None

    def name(self, tag: int) -> Name | None:
        """A name, None when it is not there."""
        value = tlv.optional(self._objects, tag)
        return Name(value) if value else None

    def date(self, tag: int) -> Date | None:
        """A date, None when it is not there."""
        value = tlv.optional(self._objects, tag)
        return Date(value) if value else None

    def picture(self, tag: int) -> EncodedImage | None:
        """A photograph, None when it is not there or of an unknown kind."""
        value = tlv.optional(self._objects, tag)
        try:
            return EncodedImage.recognised(value) if value else None
        except MalformedFile:
            return None  # the text beside it is still useful

    def names(self, tag: int) -> tuple[Name, ...]:
        """Names side by side, in their container or without one (CN); LimitExceeded."""
        several = [each for each in self._objects if each.tag == _SEVERAL]
        objects = [*self._objects, *(inner for each in several for inner in each.children())]
        found = [each.value for each in objects if each.tag == tag]
        if len(found) > MOST_NAMES:
            raise LimitExceeded("more names than any honest document has")
        return tuple(Name(value) for value in found if value)
