"""Keeps data of a traveller out of memory, swap and dumps after the transaction.

No core dump and no swapping; `edge.host.freed_memory` overwrites freed memory.  See docs/adr/0006.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4

SMALL_ARRAY_BYTES, CACHED_ARRAYS = 1024, 8
"""numpy keeps at most seven freed blocks of each size below that (numpy/_core/src/multiarray)."""
SWAPS: Final = Path("/proc/swaps")


def forbid_dumps() -> None:
    """Forbid core dumps, also to a program that collects them; only root may look inside.

    Raises:
        OSError: the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def keep_in_memory() -> bool:
    """Lock this process in memory; False when the kernel may swap it out nevertheless.

    Does not lock when there is a limit on locked memory: memory would run out later.
    """
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if (unlimited or os.geteuid() == 0) and not _libc().mlockall(
        MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT
    ):
        return True
    return not _is_there_swap()


@contextmanager
def settled() -> Iterator[None]:
    """From before the first traveller: all objects there are stay, so that `sweep` skips them.

    From now on garbage is collected, also if the start did without (`edge.__main__`).
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.unfreeze()


def sweep() -> None:
    """After a traveller: free objects that only refer to each other, as exceptions and frames do.

    Overwrite the cache in which numpy keeps small freed arrays: the allocator does not see it, and
    templates have that size.
    """
    gc.collect()
    for size in range(4, SMALL_ARRAY_BYTES, 4):
        for block in [np.empty(size, np.uint8) for _ in range(CACHED_ARRAYS)]:
            block.fill(0)


def _is_there_swap() -> bool:
    try:
        return len(SWAPS.read_bytes().splitlines()) > 1
    except OSError:
        return True  # unknown: one warning too many is better


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
