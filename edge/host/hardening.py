"""What the process does so that nothing of a traveller outlives the transaction in its memory.

No core dump and no swapping; `edge.host.freed_memory` overwrites what is freed.  See docs/adr/0006.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from pathlib import Path
from typing import Final

import numpy as np

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4

SMALL_ARRAY_BYTES, CACHED_ARRAYS = 1024, 8
"""numpy keeps at most seven freed blocks of each size below that (numpy/_core/src/multiarray)."""
SWAPS: Final = Path("/proc/swaps")


def forbid_dumps() -> None:
    """No core dump, not even to a program that collects them; nobody but root may look inside.

    Raises:
        OSError: the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def keep_in_memory() -> bool:
    """Forbid swapping this process out; False when it may be swapped out nevertheless.

    Locks only without a limit on locked memory: with one, memory would run out later.
    """
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if (unlimited or os.geteuid() == 0) and not _libc().mlockall(
        MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT
    ):
        return True
    return not _is_there_swap()


def settle() -> None:
    """Before the first traveller: what there is by now stays, and `sweep` need not look at it."""
    gc.collect()
    gc.freeze()


def sweep() -> None:
    """After a traveller: free what only refers to itself, such as exceptions with their frames.

    Overwrite what small arrays left in numpy's own cache, which the allocator does not see:
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
        return True  # nobody knows: better one line too many


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
