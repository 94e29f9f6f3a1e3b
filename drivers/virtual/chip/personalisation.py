"""What a virtual chip is personalised with, and its form on disk (a folder a chip)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.emrtd.files import ElementaryFile


@dataclass(frozen=True, slots=True, repr=False)
class Personalisation:
    """The content and the keys of one specimen chip.

    `mrz_information`: document number, birth date and expiry date with their check digits, the
    input of the BAC and PACE key derivation (ICAO Doc 9303-11 §9.7.2).  Keys are PKCS#8 DER, None
    when the chip has none: a clone has the files but not the keys.
    """

    mrz_information: str
    files: Mapping[ElementaryFile, bytes]
    can: str | None = None
    bac: bool = True
    active_auth_key: bytes | None = None
    chip_auth_key: bytes | None = None
    chip_auth_key_id: int | None = None
    max_response: int = 65_536
    """Largest Le the chip bears; 256 for one without extended length."""
    atr: bytes = field(default=bytes.fromhex("3B8A80010031C173C8400000900090"))

    @property
    def offers_pace(self) -> bool:
        """A chip with EF.CardAccess speaks PACE."""
        return ElementaryFile.CARD_ACCESS in self.files

    @property
    def needs_key(self) -> bool:
        """Whether the files are protected at all."""
        return self.bac or self.offers_pace
