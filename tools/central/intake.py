"""Puts events where they belong: on the end of their chain, beyond a gap, or nowhere.

The rules are the same for every store; a store brings a `Ledger`, which works inside one
transaction and holds the chains of the batch locked, so that workers may race.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tools.central.records import Chain, ChainKey, Event, Outcome, Refusal, Refused

REACH = 100_000
"""How far beyond the head an event is kept; further ones stay at their gate."""
WAITING_LIMIT = 20_000
"""Events of one chain that may wait beyond a gap."""
PAGE = 1000


@dataclass(slots=True)
class Changes:
    """What a batch changes; events are paired with the id of their chain."""

    joined: list[tuple[int, Event]] = field(default_factory=list)
    kept: list[tuple[int, Event]] = field(default_factory=list)
    left: list[tuple[int, int]] = field(default_factory=list)
    """Chain and sequence of what waits no more."""
    heads: list[Chain] = field(default_factory=list)


class Ledger(Protocol):
    """One transaction on a store."""

    def chains(self, keys: Collection[ChainKey]) -> dict[ChainKey, Chain]:
        """Lock chains, made when new; those of a gate with too many journals are left out."""
        ...

    def hashes(self, chain: int, sequences: Collection[int]) -> dict[int, str]:
        """Hashes of those of the events that are stored or wait."""
        ...

    def waiting(self, chain: Chain, after: int, limit: int) -> list[Event]:
        """Events that wait, after a sequence, in order."""
        ...

    def write(self, changes: Changes) -> None:
        """Carry out the changes."""
        ...


def take(ledger: Ledger, arrivals: Iterable[Event]) -> Outcome:
    """Place a batch: any order, any chains, duplicates among them."""
    by_chain: dict[ChainKey, list[Event]] = {}
    for event in arrivals:
        by_chain.setdefault(event.chain, []).append(event)
    outcome, changes = Outcome(), Changes()
    chains = ledger.chains(by_chain)
    for key, events in by_chain.items():
        if key in chains:
            _Placing(ledger, chains[key], outcome, changes).place(events)
        else:
            outcome.refused += [_refusal(event, Refused.JOURNALS) for event in events]
    ledger.write(changes)
    return outcome


class _Placing:
    """One chain's share of a batch."""

    def __init__(self, ledger: Ledger, chain: Chain, outcome: Outcome, changes: Changes) -> None:
        self._ledger = ledger
        self._chain = chain
        self._outcome = outcome
        self._changes = changes
        self._held: dict[int, Event] = {}
        self._proven = 0
        """Up to here the sender's history is the one that is stored: its own event says so."""

    def place(self, events: Sequence[Event]) -> None:
        fresh = self._without_duplicates(events)
        head = self._advance(fresh)
        kept = self._keep([fresh[sequence] for sequence in sorted(fresh)], head)
        if head != self._chain or kept:
            self._changes.heads.append(
                Chain(head.id, head.key, head.head, head.hash, head.waiting + kept)
            )
        if head.head > self._chain.head:
            self._proven = head.head
        if self._proven:
            self._outcome.heads[head.key] = self._proven

    def _without_duplicates(self, events: Sequence[Event]) -> dict[int, Event]:
        """What is new; of two different events with one sequence the first to come counts."""
        fresh: dict[int, Event] = {}
        chain = self._chain
        looked_up = {e.sequence for e in events if e.sequence <= chain.head or chain.waiting}
        known = self._ledger.hashes(chain.id, looked_up) if looked_up else {}
        for event in events:
            rival = fresh.get(event.sequence)
            there = rival.hash if rival is not None else known.get(event.sequence, "")
            if there and there != event.hash:
                self._outcome.refused.append(_refusal(event, Refused.FORKED))
            elif there or event.sequence <= chain.head:
                self._outcome.duplicates += 1
                if event.sequence <= chain.head:
                    self._proven = max(self._proven, event.sequence)
            else:
                fresh[event.sequence] = event
        return fresh

    def _advance(self, fresh: dict[int, Event]) -> Chain:
        """Move the head over everything that continues it; takes from `fresh` what it used."""
        head, last, waiting = self._chain.head, self._chain.hash, self._chain.waiting
        while True:
            event = fresh.pop(head + 1, None)
            if event is None:
                event = self._waiting_at(head + 1)
                if event is None:
                    break
                waiting -= 1
                self._changes.left.append((self._chain.id, event.sequence))
            if last and event.previous != last:
                self._outcome.refused.append(_refusal(event, Refused.CHAIN))
                break
            self._changes.joined.append((self._chain.id, event))
            self._outcome.stored += 1
            head, last = event.sequence, event.hash
        return Chain(self._chain.id, self._chain.key, head, last, waiting)

    def _waiting_at(self, sequence: int) -> Event | None:
        if not self._chain.waiting:
            return None
        if sequence not in self._held:
            page = self._ledger.waiting(self._chain, sequence - 1, PAGE)
            self._held = {event.sequence: event for event in page}
        return self._held.get(sequence)

    def _keep(self, events: Sequence[Event], head: Chain) -> int:
        """Keep what lies beyond a gap, within bounds; how many."""
        room = max(0, WAITING_LIMIT - head.waiting)
        near = [event for event in events if event.sequence <= head.head + REACH][:room]
        self._changes.kept += [(head.id, event) for event in near]
        self._outcome.kept += len(near)
        self._outcome.deferred += len(events) - len(near)
        return len(near)


_WORDS = {
    Refused.FORKED: "another event with this sequence is already there",
    Refused.CHAIN: "it does not continue the event before it",
    Refused.JOURNALS: "its gate has too many journals",
}


def _refusal(event: Event, reason: Refused) -> Refusal:
    source = event.chain.source
    return Refusal(reason, source, source, _WORDS[reason], event.body, event.sequence)
