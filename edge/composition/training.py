"""What surrounds a virtual lane in training, as the daemon knows it: installed, never imported.

A gate at a border needs none of it.  The package that has it names it as an entry point (Python
Packaging User Guide, entry points specification).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from importlib.metadata import EntryPoints, entry_points
from typing import Protocol, TypeAlias

from edge.errors import SettingsError
from edge.screen.simulator import Simulator
from edge.settings.delivery import Broker
from edge.settings.simulation import Simulation

GROUP = "egate.surroundings"
NAME = "training"


class Training(Simulator, AbstractContextManager[object], Protocol):
    """Broker, central system and travellers, there while entered; raises EdgeError on entry."""

    def show(self, hint: str | None) -> None:
        """Let the virtual traveller see what the traveller's screen asks for."""

    async def repeat(self) -> None:
        """Send the traveller the settings name again and again, until somebody picks one."""


TrainingFactory: TypeAlias = Callable[[Simulation, Broker, Callable[[], Awaitable[None]]], Training]
"""Builds the surroundings; the last argument waits until the gate serves travellers."""


def installed_training(installed: EntryPoints | None = None) -> TrainingFactory:
    """Find the surroundings among the entry points, by default those of this installation.

    Raises:
        SettingsError: there are none, there are several, or they cannot be imported.
    """
    every = entry_points() if installed is None else installed
    found = tuple(every.select(group=GROUP, name=NAME))
    if len(found) != 1:
        raise SettingsError(
            f"`[simulation]` needs one installed package with the entry point `{NAME}` of "
            f"`{GROUP}`, found {len(found)}; run: make setup"
        )
    try:
        factory: TrainingFactory = found[0].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"`[simulation]`: {found[0].value} cannot be imported ({error}); run: make setup"
        ) from error
    return factory
