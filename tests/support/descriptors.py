"""The descriptors of this process: how many it holds, and how many it may have."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

STANDARD: Final = 3
"""Input, output and errors: always open, so that with this limit nothing can be opened."""


@contextlib.contextmanager
def limited_to(limit: int = STANDARD) -> Iterator[None]:
    """Let this process open none from this number on; what it has open stays open.

    A limit near the lowest free number should leave dozens: a thread or the garbage collector may
    close some at any time.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def lowest_free() -> int:
    """The number that the kernel gives next."""
    gc.collect()
    found = os.dup(0)
    os.close(found)
    return found


def held() -> int:
    """How many files, pipes and sockets are open, but for those that nobody refers to."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))
