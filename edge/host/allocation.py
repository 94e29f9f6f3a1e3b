"""Makes the C library give memory back to the system when it is free."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)
EVERYTHING: Final = 64 * 1024
"""A block of so many bytes or more gets its own pages; they go back when it is freed."""
USUAL: Final = 16 * 1024 * 1024
"""Afterwards: the heap keeps a camera frame, its copies and the block a network runs in.  They are
cheap to get again there.  Twice that size stays free on the heap."""


@contextmanager
def given_back() -> Iterator[None]:
    """Give large blocks back to the system when they are freed, until the end of the `with` block.

    Loading a network makes three copies of its weights, and one stays.  On the heap the two others
    would leave holes.  Does nothing where the C library is not the GNU one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda _option, _value: 0)
    for option in (MMAP_THRESHOLD, TRIM_THRESHOLD):
        mallopt(option, EVERYTHING)
    try:
        yield
    finally:
        for option in (MMAP_THRESHOLD, TRIM_THRESHOLD):
            mallopt(option, USUAL)


def trim() -> None:
    """Give all free memory back to the system; does nothing without the GNU C library."""
    getattr(ctypes.CDLL(None), "malloc_trim", lambda _kept: 0)(0)
