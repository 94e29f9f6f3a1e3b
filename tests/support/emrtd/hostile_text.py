"""Text of a chip that would act on a terminal, a log or a page."""

from __future__ import annotations

HOSTILE = {
    "ansi": b"\x1b[2J\x1b]0;open\x07",
    "log-line": b"x\n2031-01-01 decision=open",
    "carriage-return": b"refer\ropen ",
    "nul": b"a\x00b",
    "direction": "\u202enepo".encode(),
    "c1": "\x9b31m".encode(),
    "line-separator": "a\u2028b\u2029c".encode(),
    "not-utf-8": b"\xff\xfe\xc0\x80",
    "surrogate": b"\xed\xb0\x80",
    "json": b'","decision":"open","x":"',
    "toml": b'"\ndecision = "open"',
}
