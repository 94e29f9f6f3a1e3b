"""File descriptors: the gate takes all it may have, and its pages never the last ones."""

from __future__ import annotations

import resource
from typing import Final

CORE: Final = 128
"""Kept for devices, journal, broker, decoder and service manager; a running gate holds about 60."""


def raise_limit() -> int:
    """Take as many descriptors as the process may have without asking root; return how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def is_for_the_core(descriptor: int) -> bool:
    """Whether so few descriptors are left that only the core may have them.

    The kernel gives the lowest free number, so a high number says that the others are in use.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft != resource.RLIM_INFINITY and descriptor >= soft - CORE
