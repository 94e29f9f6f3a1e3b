"""How gates are named on the broker: SITE/DEVICE, the middle of every topic."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = "[a-z0-9][a-z0-9-]{0,62}"
"""A site or a device, as a gate's own settings demand it."""
_ROOT: Final = re.compile(rf"egate/v1/{NAME}/{NAME}")


def source_of(topic: str) -> str:
    """The gate a topic belongs to; empty when it is no topic of a gate."""
    found = _ROOT.match(topic)
    return f"/{found[0]}" if found else ""
