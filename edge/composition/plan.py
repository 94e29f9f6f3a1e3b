"""Judges settings, rules and drivers as a whole before anything is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Self

from edge.composition.equipment import Equipment
from edge.composition.rules import LoadedRules
from edge.lane.place import Place
from edge.screen import languages
from edge.settings.tree import Operation, Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings, and the files and drivers that they name."""

    settings: Settings
    place: Place
    rules: LoadedRules
    equipment: Equipment
    clock: Callable[[], datetime]

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], datetime]) -> Self:
        """Plan a gate; nothing of it is started, no hardware touched.

        Raises:
            SettingsError: anything about the configuration is wrong.
        """
        if settings.screen is not None:
            languages.require(settings.screen.language, languages.load())
        rules = LoadedRules.read(settings, clock())
        place = Place(
            site=settings.site,
            device=settings.device,
            version=version("egate"),
            topology=settings.topology,
            simulated=settings.operation is Operation.TRAINING,
            started_at=clock(),
        )
        return cls(settings, place, rules, Equipment.of(settings), clock)
