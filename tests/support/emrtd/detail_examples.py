"""Worked examples of DG11 and DG16 (ICAO Doc 9303-10, appendix A)."""

from __future__ import annotations

SMITH = (
    bytes.fromhex("6B635C0A5F0E5F115F425F125F13")
    + bytes.fromhex("5F0E0D") + b"SMITH<<JOHN<J"
    + bytes.fromhex("5F110A") + b"ANYTOWN<MN"
    + bytes.fromhex("5F4217") + b"123 MAPLE RD<ANYTOWN<MN"
    + bytes.fromhex("5F120E") + b"1-612-555-1212"
    + bytes.fromhex("5F130C") + b"TRAVEL<AGENT"
)  # fmt: skip
"""Doc 9303-10 A.5, the telephone number as the text and the lengths there have it."""


FAMILY = (
    bytes.fromhex("7081A2020102A14C")
    + bytes.fromhex("5F5008") + b"20020101"
    + bytes.fromhex("5F5110") + b"SMITH<<CHARLES<R"
    + bytes.fromhex("5F520B") + b"19525551212"
    + bytes.fromhex("5F531D") + b"123 MAPLE RD<ANYTOWN<MN<55100"
    + bytes.fromhex("A24F")
    + bytes.fromhex("5F5008") + b"20020315"
    + bytes.fromhex("5F510D") + b"BROWN<<MARY<J"
    + bytes.fromhex("5F520B") + b"14155551212"
    + bytes.fromhex("5F5323") + b"49 REDWOOD LN<OCEAN BREEZE<CA<94000"
)  # fmt: skip
"""Doc 9303-10 A.6."""
