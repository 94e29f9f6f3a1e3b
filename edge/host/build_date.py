"""The date of the commit this program was built from.  The build writes it beside this file.

There is no git on a gate.  An editable checkout has the date of its last installation: that is a
lower bound as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from typing import Final

from edge.errors import SettingsError

STAMP: Final = "built.txt"
UNKNOWN: Final = datetime.fromtimestamp(0, UTC)
"""Date of a checkout that was never installed.  It bounds nothing; the journal still does."""


def built(package: Traversable) -> datetime:
    """Read the date from the files of a package; UNKNOWN when the build wrote none.

    Raises:
        SettingsError: the file holds no date.
    """
    try:
        text = package.joinpath(STAMP).read_text(encoding="ascii")
    except FileNotFoundError:
        return UNKNOWN
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except ValueError as error:
        raise SettingsError(f"{STAMP} is no date; install egate again") from error
