"""When the commit was made that this program was built from: the build writes it beside this file.

No git runs where a gate runs.  An editable checkout has the date of its last installation, which is
a lower bound as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from typing import Final

from edge.errors import SettingsError

STAMP: Final = "built.txt"
UNKNOWN: Final = datetime.fromtimestamp(0, UTC)
"""Of a checkout that nobody installed: it bounds nothing, and the journal does."""


def built(package: Traversable) -> datetime:
    """Read the date from the files of a package; UNKNOWN where nothing wrote it.

    Raises:
        SettingsError: the file says something else.
    """
    try:
        text = package.joinpath(STAMP).read_text(encoding="ascii")
    except FileNotFoundError:
        return UNKNOWN
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except ValueError as error:
        raise SettingsError(f"{STAMP} is no date; install egate again") from error
