"""The files of the pages that ship with this package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(str(files(__package__)))
STATIC: Final = _PACKAGE / "static"
CATALOGUES: Final = _PACKAGE / "catalogues"
