"""A declared command imports its function when it is called, and says so when there is none."""

from __future__ import annotations

import sys

import click
import pytest
from click.testing import CliRunner

from tools.command_line import Deferred, runs

SLOW = "this"
"""A module of Python's that nothing else imports."""


def declared(place: str) -> click.Command:
    @click.command()
    @click.option("--size", default=3)
    @runs(place)
    def measure() -> None:
        """Measure something."""

    return measure


def test_a_help_does_not_import_the_function() -> None:
    sys.modules.pop(SLOW, None)
    command = declared(f"{SLOW}:run")
    assert "Measure something." in CliRunner().invoke(command, ["--help"]).output
    assert command.name == "measure"
    assert SLOW not in sys.modules


def test_the_function_is_called_with_the_options() -> None:
    command = declared("builtins:dict")
    assert command.main(["--size", "7"], standalone_mode=False) == {"size": 7}


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("builtins:nothing", AttributeError),
        ("no_such_module:run", ModuleNotFoundError),
        ("sys:maxsize", TypeError),
    ],
)
def test_a_place_without_a_function_is_an_error(place: str, error: type[Exception]) -> None:
    callback = declared(place).callback
    assert isinstance(callback, Deferred)
    with pytest.raises(error):
        callback.function()
