"""A traveller's number of the day: counts who comes again, and can be traced to nobody.

A keyed hash of the document; its key is random, lives in memory for a day and is never written:
after that nobody can compute the number again, not even from the document (GDPR art. 4 (5)).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import date
from typing import Final

from edge.contract.base64url import encode
from edge.mrz import MachineReadableZone

KEY_BYTES: Final = 32
BYTES: Final = 16
PATTERN: Final = r"^[A-Za-z0-9_-]{22}$"


class Pseudonyms:
    """Numbers of one gate; another day, or another start, makes other numbers."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._key: tuple[date, bytes] | None = None
        """Of the last day that a number was asked for."""

    def of(self, zone: MachineReadableZone, today: date) -> str:
        """The number of a document's holder, base64url."""
        if self._key is None or self._key[0] != today:
            self._key = today, self._random(KEY_BYTES)
        _, key = self._key
        document = f"{zone.issuing_state}/{zone.document_code}/{zone.document_number}"
        return encode(hmac.digest(key, document.encode(), "sha256")[:BYTES])
