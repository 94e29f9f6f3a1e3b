"""How well the clock is set, from the kernel: adjtimex(2), read and never written.

Every program that synchronises the clock reports to the kernel: systemd-timesyncd, chrony, ntpd.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

STA_UNSYNC: Final = 0x0040
STA_NANO: Final = 0x2000
"""`offset` is in nanoseconds instead of microseconds (linux/timex.h)."""

_FIELDS: Final[Any] = (  # only the stubs of ctypes have a name for its type
    ("modes", ctypes.c_uint),
    ("offset", ctypes.c_long),
    ("freq", ctypes.c_long),
    ("maxerror", ctypes.c_long),
    ("esterror", ctypes.c_long),
    ("status", ctypes.c_int),
    ("constant", ctypes.c_long),
    ("precision", ctypes.c_long),
    ("tolerance", ctypes.c_long),
    ("time", ctypes.c_long * 2),
    ("tick", ctypes.c_long),
    ("ppsfreq", ctypes.c_long),
    ("jitter", ctypes.c_long),
    ("shift", ctypes.c_int),
    ("stabil", ctypes.c_long),
    ("jitcnt", ctypes.c_long),
    ("calcnt", ctypes.c_long),
    ("errcnt", ctypes.c_long),
    ("stbcnt", ctypes.c_long),
    ("tai", ctypes.c_int),
    ("reserved", ctypes.c_int * 11),
)


class Timex(ctypes.Structure):
    """`struct timex` of <sys/timex.h>, whose numbers are the machine's `long`."""

    _fields_ = _FIELDS


@dataclass(frozen=True, slots=True)
class Discipline:
    """State of the clock; without synchronisation, offset and error are unknown."""

    synchronised: bool
    offset_s: float | None = None
    """To be added to the clock.  Chrony corrects the frequency instead: it is about 0 then."""
    max_error_s: float | None = None
    """The bound of its error; it grows by 500 parts in a million until the clock is set again."""


Library: TypeAlias = Any  # a ctypes.CDLL: what functions it has is known when it is loaded


@cache
def _libc() -> Library:
    return ctypes.CDLL(None, use_errno=True)


def discipline(library: Library = None) -> Discipline | None:
    """Read the state of the clock; None where the kernel does not allow it.

    `library` has `adjtimex` as the C library has it, which is the default.
    """
    found = Timex(modes=0)  # nothing is set
    try:
        state = (_libc() if library is None else library).adjtimex(ctypes.byref(found))
    except (AttributeError, OSError):  # no such function, or no C library
        return None
    if state < 0:  # a filter of system calls, most likely
        return None
    if found.status & STA_UNSYNC:
        return Discipline(synchronised=False)
    unit_s = 1e-9 if found.status & STA_NANO else 1e-6
    return Discipline(
        synchronised=True, offset_s=found.offset * unit_s, max_error_s=found.maxerror * 1e-6
    )
