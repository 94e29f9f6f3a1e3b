"""How genuine chips in the field deviate from the standard, one name each."""

from __future__ import annotations

from enum import StrEnum


class Quirk(StrEnum):
    """A deviation that a reader must bear."""

    MASTER_FILE_REFUSED = "master-file-refused"
    """SELECT of the master file answers 6A86, and it is selected all the same (Australia)."""
    CARD_ACCESS_INVALIDATED = "card-access-invalidated"
    """SELECT of a missing EF.CardAccess answers 6283 (Malaysia)."""
    NO_SHORT_IDENTIFIERS = "no-short-identifiers"
    """READ BINARY knows no short file identifiers."""
    READS_OF_160 = "reads-of-160"
    """READ BINARY of more than 160 bytes answers 6700."""
    EXTENDED_ENDS_SESSION = "extended-ends-session"
    """A command of extended length is refused in clear, and the session is over."""
    NO_LE_ON_SELECT = "no-le-on-select"
    """SELECT and MSE with an Le answer 6700 (Germany)."""
    DER_SIGNATURES = "der-signatures"
    """Active authentication by ECDSA answers in DER instead of plain (Portugal)."""
