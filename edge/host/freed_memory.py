"""Makes the process run with an allocator that overwrites freed memory.

Most data of a traveller pass through immutable `bytes` and through libraries that never wipe
memory: docs/adr/0006.  The program imports this module before anything large, because it may start
itself again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Freed memory is filled at once (mallopt(3), M_PERTURB), except what a thread keeps in its
        # cache, so there is none.  Large blocks go back to the kernel as soon as they are freed.
        # One heap for all threads: otherwise each thread has its own, with its own holes.
        "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
        ":glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=1",
        # Python's small objects use this allocator too, not pools that are never overwritten.
        "PYTHONMALLOC": "malloc",
        # numpy's algebra: its matrices are small, and every thread more would hold memory.
        "OPENBLAS_NUM_THREADS": "1",
    }
)
"""Variables that the C library, Python and numpy read only while they start."""


def wipe_what_is_freed() -> None:
    """Start this program again, at most once, with an allocator that overwrites freed memory.

    Does nothing when the environment is set already, as systemd/egated.service sets it.
    """
    wanted = {name: value for name, value in ENVIRONMENT.items() if os.environ.get(name) != value}
    if wanted:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | wanted)  # noqa: S606  # ourselves
