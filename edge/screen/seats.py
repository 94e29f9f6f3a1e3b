"""Seats: how many connections the pages take, from one peer and from all.

A peer is an address, in IPv6 the network of 64 bits that one machine chooses its addresses from.
This machine is one peer, with seats of its own: the traveller's screen finds one however many
others come.

Where no seat is free, a newcomer takes the one of a connection that has no question, the oldest of
its own peer first, then of the peer with most seats, if that peer holds more than the newcomer's.
So idle connections keep nobody out, and nobody loses an answer that is under way.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from dataclasses import dataclass
from typing import Final, Protocol

THIS_MACHINE: Final = "this machine"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most connections, or live streams, at a time."""

    this_machine: int
    one_peer: int
    """Of each other peer."""
    others: int
    """Of all other peers together."""

    def of(self, peer: str) -> int:
        """The most of one peer."""
        return self.this_machine if peer == THIS_MACHINE else self.one_peer

    def admit(self, peer: str, taken: Counter[str]) -> bool:
        """Whether this peer may have one more, beside what each has taken."""
        return taken[peer] < self.of(peer) and not self.is_full(peer, taken)

    def is_full(self, peer: str, taken: Counter[str]) -> bool:
        """Whether all other peers together have as many as they may."""
        return peer != THIS_MACHINE and taken.total() - taken[THIS_MACHINE] >= self.others


CONNECTIONS: Final = Limits(this_machine=32, one_peer=16, others=64)
STREAMS: Final = Limits(this_machine=16, one_peer=8, others=48)
"""A stream lasts: some seats remain for questions such as `/healthz`."""


class Seated(Protocol):
    """A connection that has a seat."""

    @property
    def waits(self) -> bool:
        """Whether it has no complete question that is being answered."""

    def drop(self) -> None:
        """Close it at once."""


class Seats:
    """Who has a seat.  Used from the event loop's thread only."""

    def __init__(self, limits: Limits = CONNECTIONS) -> None:
        self._limits = limits
        self._peers: dict[Seated, str] = {}
        """The peer of each connection, oldest first."""
        self._taken: Counter[str] = Counter()
        self.refused = 0
        """Newcomers without a seat, and connections that lost theirs to one."""

    def __len__(self) -> int:
        return len(self._peers)

    def take(self, peer: str, newcomer: Seated) -> bool:
        """Give the newcomer a seat, if need be another's; False when there is none."""
        if not self._limits.admit(peer, self._taken):
            self.refused += 1
            loser = self._loser_to(peer)
            if loser is None:
                return False
            self.leave(loser)
            loser.drop()
        self._peers[newcomer] = peer
        self._taken[peer] += 1
        return True

    def leave(self, connection: Seated) -> None:
        """Free the seat of a connection; without a seat nothing happens."""
        peer = self._peers.pop(connection, None)
        if peer is not None:
            self._taken[peer] -= 1
            if not self._taken[peer]:
                del self._taken[peer]

    def _loser_to(self, peer: str) -> Seated | None:
        waiting: dict[str, Seated] = {}
        for connection, owner in self._peers.items():
            if owner not in waiting and connection.waits:
                waiting[owner] = connection
        if self._taken[peer] >= self._limits.of(peer):
            return waiting.get(peer)
        richer = [
            owner
            for owner in waiting
            if owner != THIS_MACHINE and (owner == peer or self._taken[owner] > self._taken[peer])
        ]
        richest = max(richer, key=lambda owner: self._taken[owner], default=None)
        return None if richest is None else waiting[richest]


def peer_of(host: str) -> str:
    """Name the peer that an address belongs to."""
    address = ipaddress.ip_address(host.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return THIS_MACHINE
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
