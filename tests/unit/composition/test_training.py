"""The surroundings of a virtual lane are found among what is installed, or refused in words."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from edge.composition.training import GROUP, NAME, installed_training
from edge.errors import SettingsError
from tools.simulation.surroundings import Surroundings


def offered(*values: str) -> EntryPoints:
    return EntryPoints(EntryPoint(NAME, value, GROUP) for value in values)


def test_this_installation_brings_the_surroundings_of_a_virtual_lane() -> None:
    assert installed_training() is Surroundings


def test_without_surroundings_the_message_says_what_to_run() -> None:
    with pytest.raises(SettingsError, match="found 0; run: make setup"):
        installed_training(offered())


def test_two_packages_with_surroundings_are_refused_not_guessed() -> None:
    with pytest.raises(SettingsError, match="found 2"):
        installed_training(offered("one:Training", "another:Training"))


@pytest.mark.parametrize("value", ["no_such_package:Training", "tools.simulation:NoSuchClass"])
def test_surroundings_that_cannot_be_imported_are_named(value: str) -> None:
    with pytest.raises(SettingsError, match=f"{value} cannot be imported"):
        installed_training(offered(value))
