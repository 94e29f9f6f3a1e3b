"""How long somebody stood inside."""

from __future__ import annotations

import socket

from drivers.virtual.stage import Place
from tools.chaos.presence import Presence


def test_only_the_time_inside_counts_and_it_ends_with_the_process() -> None:
    presence = Presence()
    presence.note(Place.BEFORE)
    assert presence.longest_inside_s == 0
    presence.note(Place.INSIDE)
    assert presence.longest_inside_s > 0  # whoever is there now counts too
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"BEFORE\nINSIDE\n")
        presence.hear(ours)
    stood_s = presence.longest_inside_s
    assert stood_s == presence.longest_inside_s
