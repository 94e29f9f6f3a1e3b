"""How many messages are on their way, and when the broker counts as stuck."""

from __future__ import annotations

from edge.mqtt.window import STUCK_S, Window


def test_there_is_room_for_as_many_as_the_connection_takes() -> None:
    window = Window(lambda: 0.0)
    room = [window.has_room]
    window.open(2)
    for identifier in (1, 2):
        room.append(window.has_room)
        window.add(identifier)
    room.append(window.has_room)
    window.confirm(1)
    room.append(window.has_room)
    assert room == [False, True, True, False, True]
    assert 1 not in window
    assert 2 in window


def test_a_new_connection_begins_with_an_empty_window() -> None:
    window = Window(lambda: 0.0)
    window.open(1)
    window.add(1)
    window.open(1)
    assert window.has_room
    assert 1 not in window


def test_a_broker_is_stuck_when_it_confirms_nothing_of_what_is_due() -> None:
    now_s = 0.0
    window = Window(lambda: now_s)
    window.open(3)

    def is_stuck(after_s: float) -> bool:
        nonlocal now_s
        now_s += after_s
        return window.is_stuck

    assert not is_stuck(1000), "nothing was sent"
    window.add(1)
    window.add(2)
    assert not is_stuck(STUCK_S)
    assert is_stuck(1)
    window.confirm(1)
    assert not is_stuck(0), "it has confirmed one"
    assert is_stuck(STUCK_S + 1)
    window.confirm(2)
    assert not is_stuck(0), "nothing is due"
