"""An event inside the program, and the listeners that are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Observable(Generic[P]):
    """Calls every listener, in the order in which they were added; in one thread.

    The part in which the event happens owns it.  A part that depends on it takes the owner as a
    constructor argument and adds its listener there: nobody can forget to connect the two.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def listen(self, listener: Callable[P, object]) -> None:
        """Call the listener each time from now on."""
        self._listeners.append(listener)

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener; an exception of one is the caller's."""
        for listener in self._listeners:
            listener(*args, **kwargs)
