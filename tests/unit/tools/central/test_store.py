"""One suite for every store: once, in order, proven; whatever order, whoever races."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.support.central_chains import NOON, Gate, Open, acknowledged, altered
from tests.support.examples import examples
from tools.central import intake, ledger
from tools.central.database import StoreError
from tools.central.quarantine import STRANGERS, Limits
from tools.central.records import ChainKey, Event, Gap, Refusal, Refused
from tools.central.sqlite import Sqlite
from tools.central.store import FIRST_USE, OPERATOR, Contradiction, Store

EVER = (datetime.min.replace(tzinfo=NOON.tzinfo).replace(year=1971), NOON + timedelta(days=9999))


def stored(store: Store) -> list[tuple[ChainKey, int]]:
    return sorted(
        (ChainKey(kept.source, kept.journal), kept.sequence) for kept in store.events(*EVER)
    )


def expected(gate: Gate, count: int) -> list[tuple[ChainKey, int]]:
    return [(gate.chain, sequence) for sequence in range(1, count + 1)]


def head(store: Store, gate: Gate) -> int:
    return {chain.key: chain.head for chain in store.chains()}[gate.chain]


def test_events_in_order_are_stored_byte_for_byte_and_acknowledged(store: Store) -> None:
    gate = Gate()
    events = gate.events(3)
    outcome = store.add(events, [], NOON)
    assert (outcome.stored, outcome.duplicates, acknowledged(outcome)) == (3, 0, {gate.chain: 3})
    assert [kept.body for kept in store.events(*EVER)] == [event.body for event in events]
    assert [kept.stored for kept in store.events(*EVER)] == [NOON] * 3


def test_a_duplicate_is_acknowledged_and_not_stored_again(store: Store) -> None:
    gate = Gate()
    events = gate.events(3)
    store.add(events, [], NOON)
    outcome = store.add([events[1], events[1]], [], NOON)
    assert (outcome.stored, outcome.duplicates, acknowledged(outcome)) == (0, 2, {gate.chain: 2})
    assert stored(store) == expected(gate, 3)


def test_what_arrives_early_waits_and_is_not_acknowledged(store: Store) -> None:
    gate = Gate()
    first, second, third = gate.events(3)
    outcome = store.add([third, second], [], NOON)
    assert (outcome.stored, outcome.kept, acknowledged(outcome)) == (0, 2, {})
    assert stored(store) == []
    outcome = store.add([first], [], NOON)
    assert (outcome.stored, acknowledged(outcome)) == (3, {gate.chain: 3})
    assert stored(store) == expected(gate, 3)
    assert store.totals().waiting == 0


def test_an_early_event_that_comes_again_is_a_duplicate(store: Store) -> None:
    _, second = Gate().events(2)
    store.add([second], [], NOON)
    outcome = store.add([second], [], NOON)
    assert (outcome.kept, outcome.duplicates) == (0, 1)
    assert store.totals().waiting == 1


def test_more_wait_than_one_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PAGE", 4)
    gate = Gate()
    events = gate.events(15)
    store.add(events[1:], [], NOON)
    assert store.add(events[:1], [], NOON).stored == 15
    assert stored(store) == expected(gate, 15)


def test_the_second_of_two_events_with_one_sequence_is_stored_beside_the_first(
    store: Store,
) -> None:
    gate = Gate()
    twin = Gate(key=gate.key)
    genuine = gate.events(2)
    store.add(genuine, [], NOON)
    twin.now += timedelta(hours=1)
    other = twin.events(2)
    outcome = store.add(other, [], NOON)
    assert [refusal.reason for refusal in outcome.refused] == [Refused.FORKED] * 2
    assert (outcome.heads, outcome.forks) == ({}, {gate.chain: (2, twin.hash)})
    assert store.chain(gate.chain).hash == gate.hash
    assert [kept.body for kept in store.events(*EVER)] == [e.body for e in (*genuine, *other)]
    outcome = store.add(other, [], NOON)
    assert (outcome.duplicates, outcome.refused) == (2, [])
    assert outcome.forks == {gate.chain: (2, twin.hash)}


def test_an_event_that_does_not_continue_its_chain_blocks_nobody(store: Store) -> None:
    gate = Gate()
    twin = Gate(key=gate.key)
    twin.now += timedelta(hours=1)
    genuine, other = gate.events(3), twin.events(3)
    outcome = store.add([genuine[0], other[1], other[2]], [], NOON)
    assert [(r.reason, r.sequence) for r in outcome.refused] == [(Refused.CHAIN, 2)]
    assert acknowledged(outcome) == {gate.chain: 1}
    outcome = store.add([genuine[1]], [], NOON)  # the third, foreign one waits until now
    assert [(r.reason, r.sequence) for r in outcome.refused] == [(Refused.CHAIN, 3)]
    assert acknowledged(outcome) == {gate.chain: 2}
    assert acknowledged(store.add([genuine[2]], [], NOON)) == {gate.chain: 3}
    assert [kept.body for kept in store.events(*EVER)] == [event.body for event in genuine]


def test_the_first_event_must_name_no_other(store: Store) -> None:
    gate = Gate(hash="1" * 64)
    outcome = store.add(gate.events(1), [], NOON)
    assert [refusal.reason for refusal in outcome.refused] == [Refused.CHAIN]


def test_a_new_journal_is_a_new_chain(store: Store) -> None:
    old, new = Gate(number=1), Gate(number=2)
    outcome = store.add([*old.events(2), *new.events(1)], [], NOON)
    assert acknowledged(outcome) == {old.chain: 2, new.chain: 1}


def test_what_is_too_far_ahead_stays_at_its_gate(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "REACH", 5)
    monkeypatch.setattr(intake, "WAITING_LIMIT", 3)
    events = Gate().events(9)
    outcome = store.add(events[1:], [], NOON)
    assert (outcome.kept, outcome.deferred) == (3, 5)
    assert [chain.waiting for chain in store.chains()] == [3]


def test_a_gate_cannot_have_any_number_of_journals(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "JOURNALS_LIMIT", 2)
    events = [Gate(number=number).events(1)[0] for number in range(1, 5)]
    other = Gate("hall/lane-2")
    outcome = store.add([*events, *other.events(1)], [], NOON)
    assert (outcome.stored, len(store.chains())) == (3, 3)
    assert [refusal.reason for refusal in outcome.refused] == [Refused.JOURNALS] * 2


@pytest.mark.parametrize("workers", [4])
def test_workers_race_and_every_event_is_there_once(open_store: Open, workers: int) -> None:
    gates = [Gate(f"hall/lane-{number}", number) for number in range(1, 6)]
    events = [event for gate in gates for event in gate.events(40)]
    faults: list[BaseException] = []

    def work(share: int) -> None:
        try:
            store = open_store()
            # Each takes most of what there is, in an order of its own, in batches.
            mine = sorted(events, key=lambda e: hash((e.sequence * 7919 * (share + 1)) % 101))
            for start in range(0, len(mine), 17):
                store.add(mine[start : start + 17], [], NOON)
        except BaseException as error:  # noqa: BLE001  # told in the main thread
            faults.append(error)

    open_store()
    threads = [threading.Thread(target=work, args=(share,)) for share in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    store = open_store()
    assert stored(store) == sorted(place for gate in gates for place in expected(gate, 40))
    assert store.totals().waiting == 0
    assert store.refusals() == []


@given(st.permutations(range(12)), st.integers(1, 5), st.randoms(use_true_random=False))
@examples(25, HealthCheck.function_scoped_fixture)
def test_any_order_and_any_batches_end_the_same(
    open_store: Open, order: Sequence[int], size: int, random: object
) -> None:
    store = open_store()
    number = len(store.chains()) + 1
    gate = Gate(number=number)
    events = gate.events(12)
    shuffled: list[Event] = [events[place] for place in (*order, *order[:4])]
    for start in range(0, len(shuffled), size):
        store.add(shuffled[start : start + size], [], NOON)
    assert head(store, gate) == 12
    assert [p for p in stored(store) if p[0] == gate.chain] == expected(gate, 12)


def test_a_batch_that_fails_leaves_nothing(store: Store) -> None:
    gate = Gate()
    first, second = gate.events(2)
    bad = Refusal(Refused.FORM, "", "t", "d", b"", sequence=2**70)  # no database takes that
    with pytest.raises((StoreError, OverflowError)):
        store.add([first], [bad], NOON)
    assert stored(store) == []
    assert acknowledged(store.add([first, second], [], NOON)) == {gate.chain: 2}


def test_events_are_found_by_time_type_and_gate(store: Store) -> None:
    gate, other = Gate(), Gate("hall/lane-2")
    store.add([*gate.events(3), *other.events(1)], [], NOON)
    second = NOON + timedelta(seconds=2)
    assert [kept.sequence for kept in store.events(second, EVER[1], source=gate.source)] == [2, 3]
    assert [kept.source for kept in store.events(EVER[0], second)] == [gate.source, other.source]
    assert list(store.events(*EVER, types=["gate.passed"])) == []
    assert len(list(store.events(*EVER, types=["gate.passed", "gate.opened"]))) == 4


def test_nobody_else_reads_the_file_whoever_made_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with closing(Store(Sqlite(tmp_path / "central.db"))) as store:
            store.add(Gate().events(1), [], NOON)
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("central.db", "central.db-wal", "central.db-shm"), 0o600)


def test_forgotten_events_do_not_come_back(store: Store) -> None:
    gate = Gate()
    events = gate.events(3)
    store.add(events[:2], [], NOON)
    store.add(events[2:], [], NOON + timedelta(days=70))
    store.forget(NOON + timedelta(days=65))
    assert stored(store) == [(gate.chain, 3)]
    outcome = store.add(events, [], NOON + timedelta(days=71))
    assert (outcome.stored, outcome.duplicates) == (0, 3)
    assert stored(store) == [(gate.chain, 3)]


# Gaps


def with_a_gap(store: Store) -> Gate:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    events = gate.events(6)
    store.add([*events[:2], *events[4:]], [], NOON)
    return gate


def test_a_gap_that_lasts_is_asked_for_by_one(open_store: Open) -> None:
    gate = with_a_gap(open_store())
    patience = timedelta(seconds=2)
    assert open_store().gaps(NOON, patience) == []
    later = NOON + timedelta(seconds=3)
    found = [open_store().gaps(later, patience) for _ in range(3)]
    assert found == [[Gap(gate.chain, 3, 4)], [], []]


def test_an_unanswered_gap_is_asked_for_again_ever_more_patiently(open_store: Open) -> None:
    with_a_gap(open_store())
    store, patience = open_store(), timedelta(seconds=2)
    asked = [s for s in range(0, 200, 5) if store.gaps(NOON + timedelta(seconds=s), patience)]
    assert asked == [5, 50, 135]


def test_a_clock_that_is_set_back_does_not_silence_the_asking(open_store: Open) -> None:
    gate = with_a_gap(open_store())
    store, patience = open_store(), timedelta(seconds=2)
    assert store.gaps(NOON + timedelta(seconds=3), patience)
    yesterday = NOON - timedelta(days=1)
    assert store.gaps(yesterday, patience) == [Gap(gate.chain, 3, 4)]
    assert store.gaps(yesterday + timedelta(seconds=3), patience) == []


def test_what_fills_the_gap_ends_the_asking(store: Store) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    events = gate.events(3)
    store.add([events[2]], [], NOON)
    store.add(events[:2], [], NOON)
    assert store.gaps(NOON + timedelta(hours=1), timedelta(0)) == []


def test_an_old_journal_is_not_asked_for(store: Store) -> None:
    gate = with_a_gap(store)
    store.introduce(ChainKey(gate.source, Gate(number=2).journal), 1, NOON)
    assert store.gaps(NOON + timedelta(hours=1), timedelta(0)) == []


def test_who_introduces_itself_is_asked_for_everything_new(store: Store) -> None:
    gate = with_a_gap(store)
    assert store.introduce(gate.chain, 1, NOON) == Gap(gate.chain, 3, 2**53 - 1)
    assert store.introduce(gate.chain, 3, NOON) == Gap(gate.chain, 3, 2**53 - 1)
    assert store.gaps(NOON + timedelta(seconds=10), timedelta(0)) == []
    assert [device.journal for device in store.devices()] == [gate.journal]
    other = Gate("hall/lane-2")
    assert store.introduce(other.chain, 1, NOON) == Gap(other.chain, 1, 2**53 - 1)


def test_events_a_gate_has_no_more_are_missed_until_they_are_given_up(store: Store) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    events = gate.events(8)
    store.add([*events[:2], events[3], *events[6:]], [], NOON)
    with pytest.raises(Contradiction, match=r"events 3 to 5 are at .* no more.*skip hall/lane-1"):
        store.introduce(gate.chain, 6, NOON)
    with pytest.raises(Contradiction, match="is stored"):
        store.skip(gate.chain, 2, "test", NOON)
    assert store.skip(gate.chain, 5, "the disk was lost", NOON) == 3
    assert store.totals().waiting == 2
    assert acknowledged(store.add([events[5]], [], NOON)) == {gate.chain: 8}
    assert [s for _, s in stored(store)] == [1, 2, 6, 7, 8]


# Devices


def test_a_gate_is_enrolled_with_its_keys(store: Store) -> None:
    gate = Gate()
    assert store.active_keys() == []
    assert store.enrol(gate.enrolled, OPERATOR, NOON)
    assert not store.enrol(gate.enrolled, OPERATOR, NOON)
    assert store.active_keys() == gate.enrolled
    (device,) = store.devices()
    assert (device.source, device.how, device.enrolled) == (gate.source, OPERATOR, NOON)


def test_the_first_use_counts_once_only(store: Store) -> None:
    gate, impostor = Gate(), Gate()
    assert store.enrol(gate.enrolled, FIRST_USE, NOON)
    assert not store.enrol(impostor.enrolled, FIRST_USE, NOON)
    assert store.active_keys() == gate.enrolled
    assert store.enrol(impostor.enrolled, OPERATOR, NOON)  # an operator may
    assert len(store.active_keys()) == 2


def test_a_revoked_key_counts_no_more_and_the_gate_stays_known(store: Store) -> None:
    gate = Gate()
    store.enrol(gate.enrolled, FIRST_USE, NOON)
    assert store.revoke(gate.source, gate.key.kid, NOON) == 1
    assert store.revoke(gate.source, "", NOON) == 0
    assert store.active_keys() == []
    assert not store.enrol(gate.enrolled, FIRST_USE, NOON)
    assert store.enrol(gate.enrolled, OPERATOR, NOON)
    assert store.active_keys() == gate.enrolled


def test_a_flow_is_told_of_known_gates_only(store: Store) -> None:
    gate = Gate()
    assert not store.set_flow(gate.source, "entry")
    store.enrol(gate.enrolled, OPERATOR, NOON)
    assert store.set_flow(gate.source, "entry")
    assert [device.flow for device in store.devices()] == ["entry"]


# The quarantine


def refusal(source: str, reason: Refused = Refused.FORM, body: bytes = b"x") -> Refusal:
    return Refusal(reason, source, "egate/v1/\x00", "words", body)


def test_refusals_are_counted_and_kept_within_bounds(store: Store) -> None:
    store._limits = Limits(per_reason=3, in_all=5, body_bytes=4)
    gate = Gate()
    store.enrol(gate.enrolled, OPERATOR, NOON)
    for _ in range(4):
        store.add([], [refusal(gate.source, body=b"123456")] * 2, NOON)
    store.add([], [refusal(f"/egate/v1/x/{n}", Refused.UNKNOWN_DEVICE) for n in range(50)], NOON)
    counts = {(found.source, found.reason): found.count for found in store.refusals()}
    assert counts == {(gate.source, "form"): 8, (STRANGERS, "unknown_device"): 50}
    kept = store.quarantined(100)
    assert [found.source for found in kept] == [STRANGERS] * 2 + [gate.source] * 3
    assert (kept[-1].body, kept[-1].size, kept[-1].topic) == (b"1234", 6, "egate/v1/?")
    assert store.release(NOON + timedelta(seconds=1)) == 5
    assert store.quarantined(100) == []
    assert store.refusals() == []
    store.add([], [refusal(gate.source)], NOON)
    assert len(store.quarantined(100)) == 1


def test_what_intake_refuses_is_quarantined_with_its_bytes(store: Store) -> None:
    gate = Gate()
    twin = Gate(key=gate.key)
    store.enrol(gate.enrolled, OPERATOR, NOON)
    store.add(gate.events(1), [], NOON)
    twin.now += timedelta(hours=1)
    fork = twin.events(1)
    store.add(fork, [], NOON)
    (kept,) = store.quarantined(9)
    assert (kept.reason, kept.sequence, kept.body) == ("forked", 1, fork[0].body)


def test_altered_bodies_are_what_the_name_says() -> None:
    body = Gate().write()
    assert altered(body) == body
