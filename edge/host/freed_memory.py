"""The process runs with an allocator that overwrites what is freed.

Most of what is read of a traveller passes through immutable `bytes`, and through libraries that
never wipe: docs/adr/0006.  The program imports this before anything large, because it may start
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
        # Freed memory is filled at once (mallopt(3), M_PERTURB); not what a thread keeps in its
        # cache, so there is none.  Large blocks go back to the kernel as soon as they are freed.
        # One heap for all threads: each would keep holes of its own.
        "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
        ":glibc.malloc.mmap_threshold=1048576:glibc.malloc.arena_max=1",
        # Python's small objects come from there too, instead of pools that are never filled.
        "PYTHONMALLOC": "malloc",
        # numpy's algebra: its matrices are small, and a thread a processor would each have memory.
        "OPENBLAS_NUM_THREADS": "1",
    }
)
"""What the C library, Python and numpy read only while they start."""


def wipe_what_is_freed() -> None:
    """Start this program again, at most once, with an allocator that overwrites what is freed.

    Does nothing when the environment says so already, as that of systemd/egated.service does.
    """
    wanted = {name: value for name, value in ENVIRONMENT.items() if os.environ.get(name) != value}
    if wanted:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | wanted)  # noqa: S606  # ourselves
