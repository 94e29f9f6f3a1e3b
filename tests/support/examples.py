"""How many examples a property is tried on."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings

OF: Final = 100
"""The profile of `make test` tries so many where a test says nothing; see tests/conftest.py."""


def examples(most: int, *suppressed: HealthCheck) -> settings:
    """Try so many, or the share of them that the loaded profile tries of a hundred."""
    loaded = settings()
    return settings(
        max_examples=max(1, most * loaded.max_examples // OF),
        suppress_health_check=[*loaded.suppress_health_check, *suppressed],
    )
