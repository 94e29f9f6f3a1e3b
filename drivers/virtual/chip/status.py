"""The status words a virtual chip answers with (ISO/IEC 7816-4 §5.6)."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """A status word."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    SECURE_MESSAGING_MISSING = 0x6987
    SECURE_MESSAGING_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00


class Refusal(Exception):
    """A command is refused; the chip answers with this status word."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"{status:04X}")
        self.status = status
