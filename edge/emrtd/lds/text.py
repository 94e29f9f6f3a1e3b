"""Text of an issuer: kept as read, shown without characters that act on a screen or in a log.

Nothing here can fail: a text is informative, and unreadable parts are marked.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

LONGEST_SHOWN: Final = 999
"""Characters; the longest text of the LDS (ICAO Doc 9303-10 §4.7.11.1, custody information)."""

_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_FILLER: Final = "<"
_JOINERS: Final = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
"""Format characters that names in Persian and Indic scripts are written with."""
_ACTING: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})
"""Controls, direction overrides, line ends, and characters without meaning (Unicode §4.5).

Surrogates are no UTF-8: no text has them.
"""


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """Free text, UTF-8 (ICAO Doc 9303-10 §4.6.1.2); `raw` as read, never shown."""

    raw: bytes

    @property
    def display(self) -> str:
        """The text for a screen: other than plain characters are U+FFFD, length is bounded."""
        text = self.raw.decode("utf-8", "replace")
        return "".join(map(_harmless, text[:LONGEST_SHOWN]))

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts between fillers; leading and repeated fillers (FR) do not count."""
        parts = (part.strip() for part in self.display.split(_FILLER))
        return tuple(part for part in parts if part)

    @override
    def __repr__(self) -> str:
        """Hide the text: it is personal."""
        return f"{type(self).__name__}(<redacted> {len(self.raw)} bytes)"


@dataclass(frozen=True, slots=True, repr=False)
class Name(Text):
    """A name written as in the MRZ, in any script: primary, double filler, secondary."""

    @property
    def primary(self) -> str:
        """The primary identifier, spaces for fillers."""
        return self._parts()[0]

    @property
    def secondary(self) -> str:
        """The secondary identifier, spaces for fillers; empty when there is none."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, str]:
        primary, _, secondary = self.display.strip(_FILLER).partition(2 * _FILLER)
        return _spaced(primary), _spaced(secondary)


def _spaced(name: str) -> str:
    return " ".join(part for part in name.split(_FILLER) if part)


def _harmless(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _ACTING:
        return character
    return _UNKNOWN
