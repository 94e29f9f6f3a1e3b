"""Seats: each peer a share, this machine its own, and idle connections keep nobody out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.screen.seats import THIS_MACHINE, Limits, Seats, peer_of

LIMITS = Limits(this_machine=3, one_peer=4, others=6)


class Guest:
    """A connection that notes when it is closed."""

    def __init__(self, *, waits: bool = True) -> None:
        self.waits = waits
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


def seated(seats: Seats, peer: str, count: int, *, waits: bool = True) -> list[Guest]:
    guests = [Guest(waits=waits) for _ in range(count)]
    assert all(seats.take(peer, guest) for guest in guests)
    return guests


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("127.0.0.1", THIS_MACHINE),
        ("127.8.9.1", THIS_MACHINE),
        ("::1", THIS_MACHINE),
        ("::ffff:127.0.0.1", THIS_MACHINE),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_peer_is_an_address_or_what_one_machine_chooses_from(host: str, peer: str) -> None:
    assert peer_of(host) == peer


@pytest.mark.parametrize(("peer", "most"), [(THIS_MACHINE, 3), ("a", 4)])
def test_a_newcomer_gets_the_oldest_idle_seat_of_its_own_peer(peer: str, most: int) -> None:
    seats = Seats(LIMITS)
    (busy,) = seated(seats, peer, 1, waits=False)
    idle = seated(seats, peer, most - 1)
    assert seats.take(peer, Guest())
    assert [guest.dropped for guest in (busy, *idle)] == [False, True, *[False] * (most - 2)]
    assert len(seats) == most


def test_nobody_loses_an_answer_that_is_under_way() -> None:
    seats = Seats(LIMITS)
    busy = seated(seats, "a", 4, waits=False)
    assert not seats.take("a", Guest())
    assert not any(guest.dropped for guest in busy)
    assert seats.refused == 1


def test_the_richest_peer_gives_way_to_a_poorer_one() -> None:
    seats = Seats(LIMITS)
    rich, poor = seated(seats, "rich", 4), seated(seats, "poor", 2)
    assert seats.take("newcomer", Guest())
    assert [guest.dropped for guest in rich] == [True, False, False, False]
    assert not any(guest.dropped for guest in poor)


def test_a_peer_takes_no_seat_of_one_that_has_no_more() -> None:
    seats = Seats(LIMITS)
    guests = seated(seats, "a", 3, waits=False) + seated(seats, "b", 3)
    assert not seats.take("a", Guest())
    assert not any(guest.dropped for guest in guests)


def test_this_machine_has_its_seats_however_many_others_come() -> None:
    seats = Seats(LIMITS)
    for number in range(20):
        seats.take(f"peer {number}", Guest(waits=False))
    ours = seated(seats, THIS_MACHINE, 3, waits=False)
    seats.take("late", Guest())
    assert len(seats) == 9
    assert not any(guest.dropped for guest in ours)


def test_this_machine_takes_no_seat_of_another() -> None:
    seats = Seats(LIMITS)
    others = seated(seats, "a", 4) + seated(seats, "b", 2)
    for _ in range(9):
        assert seats.take(THIS_MACHINE, Guest())
    assert not any(guest.dropped for guest in others)


def test_who_leaves_frees_a_seat_once() -> None:
    seats = Seats(LIMITS)
    first, *_ = seated(seats, "a", 4, waits=False)
    seats.leave(first)
    seats.leave(first)
    seats.leave(Guest())
    assert seats.take("a", Guest(waits=False))
    assert not seats.take("a", Guest())


@given(st.lists(st.tuples(st.sampled_from([THIS_MACHINE, *"abcdef"]), st.booleans()), max_size=60))
def test_no_order_of_newcomers_passes_a_limit_or_keeps_an_idle_gate_shut(
    newcomers: list[tuple[str, bool]],
) -> None:
    seats = Seats(LIMITS)
    owners: dict[Guest, str] = {}
    for peer, waits in newcomers:
        guest = Guest(waits=waits)
        before = Counter(owners.values())
        idle = any(one.waits for one, owner in owners.items() if owner == peer)
        taken = seats.take(peer, guest)
        if taken:
            owners[guest] = peer
        assert (
            taken
            or before[peer]
            or all(
                not one.waits or before[owner] == 1
                for one, owner in owners.items()
                if owner != THIS_MACHINE
            )
        )
        assert taken or not (idle and before[peer] >= LIMITS.of(peer))
        owners = {one: owner for one, owner in owners.items() if not one.dropped}
        count = Counter(owners.values())
        assert all(count[one] <= LIMITS.of(one) for one in count)
        assert count.total() - count[THIS_MACHINE] <= LIMITS.others
        assert len(seats) == count.total()
