"""Puts events where they belong: on the end of their chain, beside it, beyond a gap, or nowhere.

The rules are the same for every store; a store brings a `Ledger`, which works inside one
transaction and holds the chains of the batch locked, so that workers may race.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edge.contract.events import FIRST_HASH
from tools.central.records import (
    Chain,
    ChainKey,
    Event,
    Outcome,
    Position,
    Refusal,
    Refused,
)

REACH = 100_000
"""How far beyond the head an event is kept; further ones stay at their gate."""
WAITING_LIMIT = 20_000
"""Events of one chain that may wait for their predecessors."""
PAGE = 1000


@dataclass(slots=True)
class Changes:
    """What a batch changes; events are paired with the id of their chain."""

    joined: list[tuple[int, Event]] = field(default_factory=list)
    forked: list[tuple[int, Event]] = field(default_factory=list)
    kept: list[tuple[int, Event]] = field(default_factory=list)
    left: list[tuple[int, int]] = field(default_factory=list)
    """Chain and sequence of what waits no more."""
    heads: list[Chain] = field(default_factory=list)


class Ledger(Protocol):
    """One transaction on a store."""

    def chains(self, keys: Collection[ChainKey]) -> dict[ChainKey, Chain]:
        """Lock chains, made when new; those of a gate with too many journals are left out."""
        ...

    def hashes(
        self, chain: int, sequences: Collection[int]
    ) -> tuple[dict[int, str], dict[int, str]]:
        """Hashes of those of the events that are stored in the chain, and of those that wait."""
        ...

    def forked(self, chain: int, hashes: Collection[str]) -> set[str]:
        """Those of the hashes whose events are stored beside the chain."""
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
        self._head, self._last, self._waiting = chain.head, chain.hash, chain.waiting
        # As far as they matter to this batch:
        self._stored: dict[int, str] = {}
        self._waits: dict[int, str] = {}
        self._forked: set[str] = set()
        self._held: dict[int, Event | None] = {}

    def place(self, events: Sequence[Event]) -> None:
        chain = self._chain
        self._look_up(events)
        fresh, others = self._without_duplicates(events)
        misfit = self._advance(fresh)
        if self._head > chain.head:
            self._outcome.heads[chain.key] = Position(self._head, self._last)
        strays = sorted([*fresh.values(), *others, *misfit], key=lambda event: event.sequence)
        if chain.forked or others:
            strays = self._fork(strays)
        self._keep(strays)
        head = Chain(chain.id, chain.key, self._head, self._last, self._waiting, chain.forked)
        if head != chain:
            self._changes.heads.append(head)

    def _look_up(self, events: Sequence[Event]) -> None:
        chain = self._chain
        wanted = {e.sequence for e in events if e.sequence <= chain.head or chain.waiting}
        wanted |= {e.sequence - 1 for e in events if e.sequence <= chain.head}
        if wanted:
            self._stored, self._waits = self._ledger.hashes(chain.id, wanted)
        self._stored |= {0: FIRST_HASH, chain.head: chain.hash}
        if chain.forked:
            hashes = {digest for event in events for digest in (event.hash, event.previous)}
            self._forked = self._ledger.forked(chain.id, hashes)

    def _without_duplicates(self, events: Sequence[Event]) -> tuple[dict[int, Event], list[Event]]:
        """What is new; and what has a rival that was there first, of two in a batch as well."""
        fresh: dict[int, Event] = {}
        others: list[Event] = []
        for event in events:
            sequence, digest = event.sequence, event.hash
            there, rival = self._stored.get(sequence), fresh.get(sequence)
            waits = self._waits.get(sequence) == digest
            if there == digest:
                self._acknowledge(self._outcome.heads, event)
            elif digest in self._forked:
                self._acknowledge(self._outcome.forks, event)
            elif there or (rival is not None and rival.hash != digest and not waits):
                if waits:
                    self._leave(event)  # perhaps it need not wait any more
                others.append(event)
                continue
            elif sequence > self._head and rival is None and not waits:
                fresh[sequence] = event
                continue
            # Of what was forgotten or given up nobody can say more.
            self._outcome.duplicates += 1
        return fresh, others

    def _advance(self, fresh: dict[int, Event]) -> list[Event]:
        """Move the head over everything that continues it; takes from `fresh` what it used.

        What has waited for its turn, and now does not continue the head, is returned.
        """
        while True:
            event = fresh.get(self._head + 1)
            if event is not None and self._continues(event):
                del fresh[event.sequence]
            else:
                event = self._waiting_at(self._head + 1)
                if event is None:
                    return []
                self._leave(event)
                if not self._continues(event):
                    return [event]
            self._changes.joined.append((self._chain.id, event))
            self._outcome.stored += 1
            self._head, self._last = event.sequence, event.hash
            self._stored[event.sequence] = event.hash

    def _fork(self, strays: Sequence[Event]) -> list[Event]:
        """Store beside the chain what begins or continues another history; what is left.

        Nothing is stored there before its predecessor is: so it can be acknowledged like the rest.
        """
        left: list[Event] = []
        for stray in strays:
            event: Event | None = stray
            if stray.hash in self._forked:
                self._outcome.duplicates += 1
                event = None
            elif not self._is_of_another_history(stray):
                left.append(stray)
                event = None
            while event is not None:
                self._changes.forked.append((self._chain.id, event))
                self._forked.add(event.hash)
                self._outcome.forked += 1
                self._outcome.refused.append(_refusal(event, Refused.FORKED))
                self._acknowledge(self._outcome.forks, event)
                event = self._waiting_after(event)
        return left

    def _is_of_another_history(self, event: Event) -> bool:
        before = event.sequence - 1
        branches_off = before < self._head and self._stored.get(before) == event.previous
        return branches_off or event.previous in self._forked

    def _waiting_after(self, event: Event) -> Event | None:
        found = self._waiting_at(event.sequence + 1)
        if found is None or found.previous != event.hash:
            return None
        self._leave(found)
        return found

    def _keep(self, strays: Sequence[Event]) -> None:
        """Keep what waits for its predecessor, within bounds; its gate has what is not kept."""
        for event in strays:
            sequence = event.sequence
            if sequence == self._head + 1:
                self._outcome.refused.append(_refusal(event, Refused.CHAIN))
                continue
            if sequence <= self._head:
                self._outcome.refused.append(_refusal(event, Refused.FORKED))
            is_near = sequence <= self._head + REACH and self._waiting < WAITING_LIMIT
            if is_near and sequence not in self._waits:
                self._waits[sequence] = event.hash
                self._waiting += 1
                self._outcome.kept += 1
                self._changes.kept.append((self._chain.id, event))
            else:
                self._outcome.deferred += 1

    def _acknowledge(self, ends: dict[ChainKey, Position], event: Event) -> None:
        """Up to here the sender's history is stored: its own event says so."""
        end, key = Position(event.sequence, event.hash), self._chain.key
        ends[key] = max(end, ends.get(key, end))

    def _continues(self, event: Event) -> bool:
        return not self._last or event.previous == self._last

    def _waiting_at(self, sequence: int) -> Event | None:
        if self._chain.waiting and sequence not in self._held:
            for event in self._ledger.waiting(self._chain, sequence - 1, PAGE):
                self._held.setdefault(event.sequence, event)
        return self._held.setdefault(sequence, None)

    def _leave(self, event: Event) -> None:
        """It waits no more."""
        self._held[event.sequence] = None
        self._waits.pop(event.sequence, None)
        self._waiting -= 1
        self._changes.left.append((self._chain.id, event.sequence))


_WORDS = {
    Refused.FORKED: "of another history of its journal, which was copied or turned back",
    Refused.CHAIN: "it does not continue the event before it",
    Refused.JOURNALS: "its gate has too many journals",
}


def _refusal(event: Event, reason: Refused) -> Refusal:
    source = event.chain.source
    return Refusal(reason, source, source, _WORDS[reason], event.body, event.sequence)
