"""Debian's mosquitto in tests: `tools.fleet.mosquitto` where it is installed."""

from __future__ import annotations

import pytest

from edge.errors import SettingsError
from tools.fleet.mosquitto import program


def missing() -> str:
    """Why there can be none here; empty when there can."""
    try:
        program()
    except SettingsError as error:
        return str(error)
    return ""


needed = pytest.mark.skipif(bool(missing()), reason=missing())
