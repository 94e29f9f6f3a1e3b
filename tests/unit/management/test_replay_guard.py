"""The ledger of commands: none counts twice, and the journal does not fill with their ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.commands import CommandName, LeaveService
from edge.contract.verified_command import LONGEST_LIFE_S, VerifiedCommand
from edge.management.replay_guard import FLOOR, PREFIX, Ledger

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def command(number: int, issued: datetime, life_s: int) -> VerifiedCommand:
    expires = issued + timedelta(seconds=life_s)
    name = next(iter(CommandName))
    return VerifiedCommand(f"id-{number}", name, LeaveService(), "kid", issued, expires)


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(1, LONGEST_LIFE_S), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_a_used_command_is_known_for_good_and_its_id_only_until_it_expires(
    orders: list[tuple[int, int, bool]],
) -> None:
    facts: dict[str, str] = {}
    ledger, now = Ledger(facts), NOON
    used: list[VerifiedCommand] = []
    for number, (pause_s, life_s, restarts) in enumerate(orders):
        now += timedelta(seconds=pause_s)
        ordered = command(number, now, life_s)
        assert not ledger.is_used(ordered)
        for fact in ledger.use(ordered, now):
            if fact.value is None:
                del facts[fact.name]
            else:
                facts[fact.name] = fact.value
        used.append(ordered)
        if restarts:
            ledger = Ledger(facts)
        assert all(ledger.is_used(each) for each in used)
        alive = {PREFIX + each.id for each in used if each.expires > now}
        assert facts.keys() == alive | {FLOOR}


def test_what_expired_with_an_id_that_was_forgotten_is_refused_by_a_clock_set_back() -> None:
    ledger = Ledger({})
    first = command(1, NOON, 60)
    ledger.use(first, NOON)
    ledger.use(command(2, NOON + timedelta(seconds=60), 60), NOON + timedelta(seconds=60))
    assert ledger.is_used(first)
    assert ledger.is_used(command(3, NOON - timedelta(seconds=30), 60))
