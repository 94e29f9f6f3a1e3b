"""Listeners hear in the order in which they came."""

from __future__ import annotations

import pytest

from edge.host.observable import Observable


def test_every_listener_hears_each_time_in_the_order_they_came() -> None:
    heard: list[tuple[str, int]] = []
    changed: Observable[[int]] = Observable()
    changed.tell(0)  # nobody listens
    changed.listen(lambda value: heard.append(("first", value)))
    changed.tell(1)
    changed.listen(lambda value: heard.append(("second", value)))
    changed.tell(2)
    assert heard == [("first", 1), ("first", 2), ("second", 2)]


def test_what_a_listener_raises_reaches_the_part_that_tells() -> None:
    changed: Observable[[]] = Observable()

    def fail() -> None:
        raise ZeroDivisionError

    changed.listen(fail)
    with pytest.raises(ZeroDivisionError):
        changed.tell()
