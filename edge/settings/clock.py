"""`time_zone` and `[clock]`: the civil date of a lane, and when its clock is trusted."""

from __future__ import annotations

import difflib
import zoneinfo
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from edge.settings.section import Section


def _known(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        names = zoneinfo.available_timezones()
        if not names:
            raise ValueError("no time zones are installed: apt-get install tzdata") from None
        near = difflib.get_close_matches(name, names, n=1)
        advice = f"did you mean `{near[0]}`?" if near else 'such as "America/Guatemala"'
        raise ValueError(f"`{name}` is no time zone of the IANA list; {advice}") from None
    return name


TimeZone: TypeAlias = Annotated[str, AfterValidator(_known)]


class ClockSettings(Section):
    """`[clock]`: when the clock of this computer is trusted."""

    hardware_error_s: float | None = Field(default=None, ge=0, le=3600)
    """Bound of the clock error in seconds while nothing has synchronised the clock since the start,
    for a computer whose clock has a battery.  Without this bound such a clock is not trusted, and
    travellers are referred (R-CLOCK) until it is synchronised.  The bound ends when somebody sets
    the clock; a restart begins it again.  In training without it the clock counts as right."""
