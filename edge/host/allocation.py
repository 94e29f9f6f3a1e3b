"""Has the C library give memory back that was used for a moment."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)
EVERYTHING: Final = 64 * 1024
"""Blocks of so many bytes and more get pages of their own, which are gone when they are freed."""
USUAL: Final = 16 * 1024 * 1024
"""Afterwards: a frame and what is made of it are kept on the heap, where getting them is cheap, and
so is the block a network runs in, twice of which stays free there."""


@contextmanager
def given_back() -> Iterator[None]:
    """Within it, large blocks go back to the system when freed.

    A network is loaded with three copies of its weights, of which one stays: on the heap the holes
    of the others would stay too.  Does nothing where the C library is not the GNU one.
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
    """Give back what is free by now, wherever it lies; not where the C library is another."""
    getattr(ctypes.CDLL(None), "malloc_trim", lambda _kept: 0)(0)
