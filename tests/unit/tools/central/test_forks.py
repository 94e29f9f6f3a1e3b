"""Copies of a journal, and journals that were turned back: all of it is stored, nothing is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.central_chains import NOON, Gate, Open
from tests.support.examples import examples
from tools.central import intake
from tools.central.records import LATEST, ChainKey, Event, Gap, Outcome, Position, Refused
from tools.central.sqlite import Sqlite
from tools.central.store import OPERATOR, Store

EVER = (NOON - timedelta(days=9), NOON + timedelta(days=9))


@dataclass(slots=True)
class History:
    """What one copy of a journal has written, and what its outbox still holds."""

    gate: Gate
    events: list[Event] = field(default_factory=list)
    acknowledged: int = 0

    def go_on(self, many: int) -> None:
        self.events += self.gate.events(many)

    def copied(self, at: int, number: int) -> History:
        """A copy of the disk as it was after so many events; its clock says something else."""
        digest = self.events[at - 1].hash if at else "0" * 64
        gate = replace(self.gate, sequence=at, hash=digest)
        gate.now += timedelta(hours=number)
        return History(gate, self.events[:at], min(at, self.acknowledged))

    def hear(self, end: Position) -> None:
        """Let rows go as the gate does: by its own event of that sequence."""
        if end.sequence <= len(self.events) and self.events[end.sequence - 1].hash == end.hash:
            self.acknowledged = max(self.acknowledged, end.sequence)

    @property
    def waiting(self) -> list[Event]:
        return self.events[self.acknowledged :]


def bodies(store: Store, chain: ChainKey) -> list[bytes]:
    return [kept.body for kept in store.events(*EVER) if kept.journal == chain.journal]


def send(store: Store, histories: Sequence[History], events: Sequence[Event]) -> Outcome:
    """Store a batch, and let every copy hear what is acknowledged; nobody lets go what is not."""
    outcome = store.add(events, [], NOON)
    for ends in (outcome.heads, outcome.forks):
        for end in ends.values():
            for history in histories:
                history.hear(end)
    stored = {*bodies(store, histories[0].gate.chain)}
    for history in histories:
        assert {event.body for event in history.events[: history.acknowledged]} <= stored
    return outcome


def turned_back(store: Store) -> tuple[History, History]:
    """A journal of ten events, and itself turned back to six."""
    first = History(Gate())
    first.go_on(6)
    second = first.copied(6, 1)
    first.go_on(4)
    store.enrol(first.gate.enrolled, OPERATOR, NOON)
    store.add(first.events, [], NOON)
    return first, second


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8), st.integers(1, 6)), max_size=3),
    st.integers(1, 7),
    st.integers(0, 2**32),
)
@example([(0, 4, 2), (0, 0, 5), (0, 0, 6)], 5, 524287)  # one that waits, and has a rival
@examples(60)
def test_every_copy_is_stored_once_and_may_let_go_whatever_the_order(
    copies: list[tuple[int, int, int]], size: int, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Sqlite(Path(folder) / "central.db")
        database._connection.execute("PRAGMA synchronous = OFF")
        with closing(Store(database)) as store:
            deliver(store, copies, size, seed)


def deliver(store: Store, copies: list[tuple[int, int, int]], size: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    histories = [History(Gate())]
    histories[0].go_on(8)
    for number, (of, at, many) in enumerate(copies, 1):
        origin = histories[of % len(histories)]
        histories.append(origin.copied(min(at, len(origin.events)), number))
        histories[-1].go_on(many)
    for _ in range(40):
        waiting = [event for history in histories for event in history.waiting]
        if not waiting:
            break
        waiting = [waiting[place] for place in chance.permutation(len(waiting))]
        for start in range(0, len(waiting), size):
            send(store, histories, waiting[start : start + size])
    assert [history.waiting for history in histories] == [[]] * len(histories)
    every = {event.body for history in histories for event in history.events}
    assert sorted(bodies(store, histories[0].gate.chain)) == sorted(every)


def test_a_gate_that_is_turned_back_goes_on_and_is_told_so_by_name(store: Store) -> None:
    first, second = turned_back(store)
    second.go_on(20)
    outcome = send(store, [second], second.events[3:])
    assert outcome.heads == {first.gate.chain: (6, first.events[5].hash)}
    assert outcome.forks == {first.gate.chain: (26, second.gate.hash)}
    assert {(r.reason, r.sequence) for r in outcome.refused} == {
        (Refused.FORKED, sequence) for sequence in range(7, 27)
    }
    assert second.waiting == []
    second.go_on(3)
    assert send(store, [second], second.waiting).forked == 3
    chain = store.chain(first.gate.chain)
    assert (chain.head, chain.hash, chain.forked) == (10, first.gate.hash, True)
    assert len(bodies(store, chain.key)) == 33


def test_both_copies_of_a_card_go_on_at_the_same_time(store: Store) -> None:
    first, second = turned_back(store)
    for _ in range(4):
        first.go_on(3)
        second.go_on(2)
        send(store, [first, second], [*second.waiting, *first.waiting])
    assert (first.waiting, second.waiting) == ([], [])
    assert store.chain(first.gate.chain).head == 22


def test_what_of_a_fork_comes_early_waits_for_its_beginning(store: Store) -> None:
    first, second = turned_back(store)
    second.go_on(8)
    outcome = send(store, [second], second.events[7:])
    assert (outcome.forks, outcome.forked) == ({}, 0)
    assert {r.reason for r in outcome.refused} == {Refused.FORKED, Refused.CHAIN}
    outcome = send(store, [second], [second.events[6]])
    assert outcome.forks == {first.gate.chain: (10, second.events[9].hash)}
    send(store, [second], second.waiting)
    assert (second.waiting, store.totals().waiting) == ([], 0)


def test_of_a_fork_no_more_waits_than_there_is_room_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAITING_LIMIT", 2)
    _, second = turned_back(store)
    second.go_on(4)
    outcome = send(store, [second], second.events[7:])
    assert (outcome.kept, outcome.deferred) == (2, 1)
    assert send(store, [second], second.events[7:]).kept == 2  # they come again, and wait again


def test_two_beginnings_in_one_batch(store: Store) -> None:
    """Of two events with one sequence the one that continues the chain is in it, not the first."""
    first = History(Gate())
    first.go_on(2)
    stray = History(Gate(key=first.gate.key))
    stray.gate.now += timedelta(hours=1)
    stray.go_on(2)
    outcome = send(store, [first, stray], [stray.events[1], *first.events, *stray.events])
    assert outcome.heads == {first.gate.chain: (1, first.events[0].hash)}
    send(store, [first, stray], [*first.waiting, *stray.waiting])
    assert (first.waiting, stray.waiting) == ([], [])
    assert store.chain(first.gate.chain).hash == first.gate.hash


def test_what_was_forgotten_is_not_acknowledged_to_a_copy(store: Store) -> None:
    """Nobody can say any more whether it is the same."""
    first, second = turned_back(store)
    second.go_on(2)
    store.forget(NOON + timedelta(days=1))
    outcome = store.add(second.events[6:], [], NOON)
    assert (outcome.duplicates, outcome.heads, outcome.forks) == (2, {}, {})
    # But of the last event, whose hash the chain keeps.
    outcome = store.add(first.events, [], NOON)
    assert outcome.heads == {first.gate.chain: (10, first.gate.hash)}


def test_old_events_of_a_fork_are_forgotten_too(store: Store) -> None:
    first, second = turned_back(store)
    second.go_on(2)
    store.add(second.events, [], NOON + timedelta(days=2))
    assert store.forget(NOON + timedelta(days=1)) == 10
    assert bodies(store, first.gate.chain) == [event.body for event in second.events[6:]]
    assert store.forget(NOON + timedelta(days=3)) == 2


def test_a_forked_gate_is_asked_for_all_it_has(store: Store) -> None:
    """Which of the histories it writes nobody knows."""
    first, second = turned_back(store)
    second.go_on(30)
    assert store.introduce(first.gate.chain, 3, NOON) == Gap(first.gate.chain, 11, LATEST)
    send(store, [second], second.events[:8] + second.events[9:])
    assert store.introduce(first.gate.chain, 20, NOON) == Gap(first.gate.chain, 20, LATEST)
    assert store.gaps(NOON + timedelta(hours=1), timedelta(0)) == []


def test_whether_a_head_is_held_is_told_of_every_history(store: Store) -> None:
    first, second = turned_back(store)
    chain = store.chain(first.gate.chain)
    second.go_on(2)
    for history in (first, second):
        ends = [Position(event.sequence, event.hash) for event in history.events]
        held = [store.holds(chain, end) for end in ends]
        assert held == ([True] * 10 if history is first else [True] * 6 + [False] * 2)
    send(store, [second], second.events)
    assert store.holds(chain, Position(8, second.gate.hash))
    assert not store.holds(chain, Position(LATEST, ""))
    store.forget(NOON + timedelta(days=1))
    assert store.holds(chain, Position(8, "ab" * 32))
    unknown = store.chain(Gate("hall/lane-2").chain)
    assert store.holds(unknown, Position(0, "0" * 64))
    assert not store.holds(unknown, Position(1, "ab" * 32))


def test_a_database_of_an_earlier_program_knows_forks_from_now_on(open_store: Open) -> None:
    before = open_store()
    before._database.run("DROP TABLE forked")
    _, second = turned_back(store := open_store())
    second.go_on(2)
    assert send(store, [second], second.waiting).forked == 2
