"""Something that happens at times, and the listeners that hear of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Observable(Generic[P]):
    """Tells every listener, in the order in which they came; in one thread.

    The part in which something happens owns it.  A part that depends on it takes its owner as an
    argument of its constructor and listens there, so that nobody can forget to connect the two.
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
