"""Commands whose functions are imported when they are called.

A command line is declared where only click is imported: names, options and helps.  What a command
does may need numpy, cryptography or a database, and a help needs none of them.
"""

from __future__ import annotations

import functools
import importlib
import signal
import sys
from collections.abc import Callable
from typing import TypeAlias

import click

from edge.errors import EdgeError

Declaration: TypeAlias = Callable[[], None]
"""The name and the help of a command, as a function without arguments or body."""


class Deferred:
    """The callback of a declared command: imports the function at `place`, and calls it."""

    def __init__(self, declaration: Declaration, place: str) -> None:
        functools.update_wrapper(self, declaration)
        self.place = place

    def function(self) -> Callable[..., object]:
        """Import the function; TypeError when `place` is none."""
        module, _, name = self.place.partition(":")
        found: object = getattr(importlib.import_module(module), name)
        if not callable(found):
            raise TypeError(f"{self.place} is no function")
        return found

    def __call__(self, **options: object) -> object:
        """Call the function with the options of the command."""
        return self.function()(**options)


def runs(place: str) -> Callable[[Declaration], Deferred]:
    """Say which function a declared command calls, "module:name"; stands below its options."""
    return lambda declaration: Deferred(declaration, place)


def tell_in_one_line(command: Callable[[], object], name: str) -> None:
    """Run a command; an error that we foresaw is one line and exit 1.

    SIGTERM ends it as Ctrl-C does, so that it tidies up.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command()
    except EdgeError as error:
        click.echo(f"{name}: {error}", err=True)
        sys.exit(1)
