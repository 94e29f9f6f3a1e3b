"""What was put is written once, in order, however the disk and the waiting ones behave."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from edge.contract.event_types import EventType
from edge.contract.events import Event, EventDraft
from edge.contract.payloads import Peripheral
from edge.errors import DeliveryError
from edge.journal.journal import ACKNOWLEDGE_AT_A_TIME, FORGET_AT_A_TIME
from edge.journal.outbox import Outbox
from edge.journal.writer import MOST_AT_ONCE, RETRY_S, JournalWriter
from tests.support.bench import STUCK_S, hurry, now_s, settled, tell, until
from tests.support.clocks import Uptime, is_plausible
from tests.support.scripted_disk import NOON, Disk

PAGE = "x" * 5000
"""More than a page of the database: no room is left for it on a full disk."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(tmp_path / "state" / "journal.db")
    yield found
    found.may_write.set()
    with suppress(sqlite3.ProgrammingError, ValueError):
        found.close()


def event(driver: str) -> EventDraft:
    lost = Peripheral(role="camera", driver=driver)
    return EventDraft(EventType.DEVICE_PERIPHERAL_LOST, NOON, lost)


def written(disk: Disk) -> list[str]:
    """The drivers of the events in the journal, in order."""
    with sqlite3.connect(disk.path) as connection:
        rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
    connection.close()
    return [Event.model_validate_json(body).data["driver"] for (body,) in rows]


def erasures(disk: Disk) -> list[tuple[int, int]]:
    """What the journal says about erased events: how many, up to which sequence."""
    with sqlite3.connect(disk.path) as connection:
        rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
    connection.close()
    events = [Event.model_validate_json(body) for (body,) in rows]
    return [(e.data["count"], e.data["through"]) for e in events if "through" in e.data]


def waiting(disk: Disk) -> list[int]:
    """The sequences in the outbox."""
    with Outbox(disk.path) as outbox:
        return [row.sequence for row in outbox.waiting(after=0, limit=1000)]


def recording(
    disk: Disk,
    story: Callable[[JournalWriter], Coroutine[Any, Any, None]],
    is_plausible: Callable[[datetime], bool] = is_plausible,
) -> Coroutine[Any, Any, None]:
    """Tell a story while a journal writer runs, and end it as the daemon does."""

    async def told() -> None:
        journal_writer = JournalWriter(disk, is_plausible)
        running = asyncio.create_task(journal_writer.run())
        await story(journal_writer)
        await settled(running)
        assert running.cancelled()
        disk.may_write.set()
        await journal_writer.close()

    return told()


def commanding(
    disk: Disk, story: Callable[[JournalWriter], Coroutine[Any, Any, None]]
) -> Coroutine[Any, Any, None]:
    """Tell a story in which only the story writes."""

    async def told() -> None:
        journal_writer = JournalWriter(disk, is_plausible)
        await story(journal_writer)
        await journal_writer.close()

    return told()


def test_what_is_put_together_is_written_together_and_in_order(disk: Disk) -> None:
    details = [f"{number}" for number in range(100)]

    async def story(journal_writer: JournalWriter) -> None:
        for detail in details:
            journal_writer.put(event(detail))
        await until(lambda: disk.groups)
        assert written(disk) == details
        assert disk.groups == [100]
        journal_writer.put(event("later"))
        await until(lambda: len(disk.groups) == 2)
        assert disk.groups == [100, 1]

    hurry(recording(disk, story))
    assert written(disk) == [*details, "later"]


def test_a_committed_event_is_on_the_disk_when_the_wait_ends(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.put(event("before"))
        journal_writer.put(event("decision"))
        disk.may_write.clear()
        committing = asyncio.create_task(journal_writer.commit())
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        assert not committing.done()
        assert written(disk) == []
        disk.may_write.set()
        await committing
        assert written(disk) == ["before", "decision"]

    tell(recording(disk, story))


def test_what_is_put_during_a_write_is_written_next(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        disk.may_write.clear()
        journal_writer.put(event("first"))
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        journal_writer.put(event("second"))
        journal_writer.put(event("third"))
        disk.may_write.set()
        await journal_writer.commit()
        assert written(disk) == ["first", "second", "third"]
        assert disk.groups == [1, 2]

    tell(recording(disk, story))


def test_nothing_put_is_nothing_written(disk: Disk) -> None:
    told: list[None] = []

    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.written.listen(lambda: told.append(None))
        await journal_writer.commit()

    hurry(recording(disk, story))
    assert disk.groups == []
    assert told == []


def test_a_full_disk_loses_nothing_and_is_tried_again(disk: Disk) -> None:
    health: list[tuple[float, bool]] = []

    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.changed.listen(lambda: health.append((now_s(), journal_writer.may_serve)))
        journal_writer.put(event("well"))
        await journal_writer.commit()
        disk.fill()
        for number in range(3):
            journal_writer.put(event(f"{number}{PAGE}"))
        await until(lambda: health)
        journal_writer.put(event("meanwhile"))
        with pytest.raises(DeliveryError, match="full"):
            await journal_writer.commit()
        await asyncio.sleep(10 * RETRY_S)
        assert written(disk) == ["well"]
        assert len(health) == 1  # told once, not at every attempt
        disk.free()
        await until(lambda: journal_writer.healthy)
        assert [driver[:9] for driver in written(disk)] == [
            "well", "0xxxxxxxx", "1xxxxxxxx", "2xxxxxxxx", "meanwhile",
        ]  # fmt: skip

    with capture_logs() as said:
        hurry(recording(disk, story))
    assert [line["event"] for line in said] == ["journal_write_failed", "journal_write_recovered"]
    assert said[0]["cause"] == "the journal cannot be written: database or disk is full"
    assert [well for _, well in health] == [False, True]
    assert disk.groups == [1, 4]


def test_a_refusal_is_tried_again_without_anything_new_to_write(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        disk.fill()
        journal_writer.put(event(PAGE))
        await until(lambda: not journal_writer.healthy)
        disk.free()
        began_s = now_s()
        await until(lambda: journal_writer.healthy)
        assert now_s() - began_s == pytest.approx(RETRY_S, abs=0.1)

    hurry(recording(disk, story))
    assert len(written(disk)) == 1


def test_each_durable_write_is_told(disk: Disk) -> None:
    told: list[int] = []

    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.written.listen(lambda: told.append(len(written(disk))))
        for _ in range(3):
            journal_writer.put(event("one more"))
            await journal_writer.commit()

    hurry(recording(disk, story))
    assert told == [1, 2, 3]


@pytest.mark.parametrize("who", ["the decision", "the journal writer itself"])
def test_an_event_whose_writer_was_cancelled_is_written_once(disk: Disk, who: str) -> None:
    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible)
        disk.may_write.clear()
        journal_writer.put(event("once"))
        work = journal_writer.commit() if who == "the decision" else journal_writer.run()
        working = asyncio.create_task(work)
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        await settled(working)
        assert working.cancelled()
        journal_writer.put(event("afterwards"))
        disk.may_write.set()
        await journal_writer.close()

    tell(story())
    assert written(disk) == ["once", "afterwards"]


def test_an_event_whose_writer_was_cancelled_is_not_lost_when_the_disk_refuses(disk: Disk) -> None:
    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible)
        disk.fill()
        disk.may_write.clear()
        journal_writer.put(event(f"kept{PAGE}"))
        committing = asyncio.create_task(journal_writer.commit())
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        await settled(committing)
        disk.may_write.set()
        with pytest.raises(DeliveryError):
            await journal_writer.commit()
        assert not journal_writer.healthy
        disk.free()
        await journal_writer.close()

    tell(story())
    assert [detail[:4] for detail in written(disk)] == ["kept"]


def test_acknowledged_events_leave_the_outbox_and_stay_in_the_journal(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        for number in range(5):
            journal_writer.put(event(f"{number}"))
        await journal_writer.commit()
        assert journal_writer.depth == 5
        journal_writer.acknowledge(3)
        await until(lambda: journal_writer.depth == 2)
        assert waiting(disk) == [4, 5]
        journal_writer.acknowledge(5)
        await until(lambda: journal_writer.depth == 0)
        assert waiting(disk) == []
        assert len(written(disk)) == 5

    hurry(recording(disk, story))


def test_an_acknowledgement_of_less_than_before_changes_nothing(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        for number in range(5):
            journal_writer.put(event(f"{number}"))
        await journal_writer.commit()
        journal_writer.acknowledge(4)
        journal_writer.acknowledge(2)
        await journal_writer.commit()
        assert waiting(disk) == [5]

    hurry(recording(disk, story))


def test_an_acknowledgement_during_a_write_or_a_refusal_is_not_forgotten(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        for number in range(5):
            journal_writer.put(event(f"{number}"))
        await journal_writer.commit()
        disk.fill()
        journal_writer.acknowledge(2)
        journal_writer.put(event(PAGE))
        with pytest.raises(DeliveryError):
            await journal_writer.commit()
        assert waiting(disk) == [1, 2, 3, 4, 5]
        disk.free()
        disk.may_write.clear()
        disk.asked.clear()
        committing = asyncio.create_task(journal_writer.commit())
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        journal_writer.acknowledge(4)
        disk.may_write.set()
        await committing
        await journal_writer.commit()
        assert waiting(disk) == [5, 6]

    tell(commanding(disk, story))


def test_the_age_of_the_oldest_event_is_that_of_the_first_unacknowledged(disk: Disk) -> None:
    uptime = Uptime()

    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible, uptime)
        assert journal_writer.oldest_age_s(NOON) is None
        journal_writer.put(event("old"))
        await journal_writer.commit()
        uptime.now_s += 60
        assert journal_writer.oldest_age_s(NOON + timedelta(minutes=1)) == 60
        journal_writer.acknowledge(1)
        await journal_writer.commit()
        assert journal_writer.oldest_age_s(NOON) is None
        await journal_writer.close()

    hurry(story())


def test_a_clock_that_is_set_makes_no_event_older_or_younger(disk: Disk) -> None:
    uptime = Uptime()

    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible, uptime)
        journal_writer.put(event("of a gate that does not know the year"))
        await journal_writer.commit()
        assert journal_writer.oldest_age_s(NOON + timedelta(days=20_000)) == 0
        uptime.now_s += 30
        assert journal_writer.oldest_age_s(NOON + timedelta(days=20_000)) == 30
        assert journal_writer.oldest_age_s(NOON - timedelta(days=20_000)) == 30
        await journal_writer.close()

    hurry(story())


def test_what_an_earlier_daemon_wrote_is_as_old_as_the_date_says(disk: Disk) -> None:
    disk.append([event("of last month")])
    uptime = Uptime()

    async def story() -> None:
        journal_writer = JournalWriter(disk, is_plausible, uptime)
        assert journal_writer.oldest_age_s(NOON + timedelta(days=31)) == 31 * 86400
        await journal_writer.close()

    hurry(story())


def test_what_an_earlier_daemon_wrote_in_1970_waits_since_it_was_seen(disk: Disk) -> None:
    """Else a gate whose clock was wrong would refer everybody until the broker is back."""
    disk.append([event("of a gate without a battery")])
    uptime = Uptime()

    async def story() -> None:
        journal_writer = JournalWriter(disk, lambda moment: moment > NOON, uptime)
        assert journal_writer.oldest_age_s(NOON + timedelta(days=20_000)) == 0
        uptime.now_s += 30
        assert journal_writer.oldest_age_s(NOON + timedelta(days=20_000)) == 30
        await journal_writer.close()

    hurry(story())


def test_acknowledged_rows_leave_a_few_at_a_time_and_a_decision_goes_between(disk: Disk) -> None:
    waited = 2 * ACKNOWLEDGE_AT_A_TIME + 50
    disk.append([event("waits")] * waited)

    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.acknowledge(waited)
        journal_writer.put(event("decision"))
        await journal_writer.commit()
        assert waiting(disk)[0] == ACKNOWLEDGE_AT_A_TIME + 1
        assert journal_writer.depth == ACKNOWLEDGE_AT_A_TIME + 51
        running = asyncio.create_task(journal_writer.run())
        await until(lambda: journal_writer.depth == 1)
        assert waiting(disk) == [waited + 1]
        await settled(running)

    hurry(commanding(disk, story))


def test_more_events_than_fit_a_transaction_are_written_in_several(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        for number in range(MOST_AT_ONCE + 1):
            journal_writer.put(event(f"{number}"))
        assert journal_writer.unwritten == MOST_AT_ONCE + 1
        await journal_writer.commit()
        assert journal_writer.unwritten == 0
        assert disk.groups == [MOST_AT_ONCE, 1]

    hurry(commanding(disk, story))


def test_old_acknowledged_events_are_erased_in_pieces_and_it_is_told(disk: Disk) -> None:
    disk.append([event("old")] * (FORGET_AT_A_TIME * 2 + 50))
    disk.append([], acknowledged=FORGET_AT_A_TIME * 2 + 20)

    async def story(journal_writer: JournalWriter) -> None:
        later = NOON + timedelta(days=4)
        tidying = asyncio.create_task(journal_writer.tidy(lambda: later, timedelta(days=3)))
        await until(lambda: disk.groups[2:])
        assert journal_writer.first_sequence == FORGET_AT_A_TIME * 2 + 21
        assert waiting(disk)[0] == journal_writer.first_sequence
        await settled(tidying)

    hurry(recording(disk, story))
    assert erasures(disk) == [(FORGET_AT_A_TIME * 2 + 20, FORGET_AT_A_TIME * 2 + 20)]


def test_a_clock_that_cannot_be_right_erases_nothing(disk: Disk) -> None:
    """Without its battery a gate starts in 1970: what it keeps seems to be of the far future."""
    disk.append([event("kept")] * 5)
    disk.append([], acknowledged=4)
    clock = [datetime(1970, 1, 1, tzinfo=UTC)]
    asked: list[datetime] = []

    def is_plausible(moment: datetime) -> bool:
        asked.append(moment)
        return moment.year > 2000

    async def story(journal_writer: JournalWriter) -> None:
        keep = timedelta(days=3)
        tidying = asyncio.create_task(journal_writer.tidy(lambda: clock[0], keep, 1))
        await until(lambda: len(asked) == 3)
        assert journal_writer.first_sequence == 1
        clock[0] = NOON + timedelta(days=4)
        await until(lambda: journal_writer.first_sequence == 5)
        await settled(tidying)

    hurry(recording(disk, story, is_plausible))


def test_a_disk_that_cannot_be_tidied_is_tidied_later(disk: Disk) -> None:
    disk.append([event("old")] * 3, acknowledged=2)

    async def story(journal_writer: JournalWriter) -> None:
        disk.readable = False
        later = NOON + timedelta(days=4)
        tidying = asyncio.create_task(journal_writer.tidy(lambda: later, timedelta(days=3), 10))
        await asyncio.sleep(1)
        disk.readable = True
        await until(lambda: journal_writer.first_sequence == 3)
        await settled(tidying)

    hurry(recording(disk, story))


def test_what_waited_before_the_start_is_counted(disk: Disk) -> None:
    disk.append([event("of yesterday")] * 3)

    async def story(journal_writer: JournalWriter) -> None:
        assert journal_writer.depth == 3
        assert journal_writer.oldest_age_s(NOON + timedelta(days=1)) == 86400

    hurry(recording(disk, story))


def test_a_disk_that_took_the_events_but_cannot_be_read_does_not_get_them_again(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        disk.readable = False
        journal_writer.put(event("once"))
        await journal_writer.commit()
        assert journal_writer.healthy
        disk.readable = True
        journal_writer.put(event("next"))
        await journal_writer.commit()
        assert journal_writer.depth == 2

    hurry(recording(disk, story))
    assert written(disk) == ["once", "next"]


def test_closing_writes_the_last_events_and_gives_the_file_back(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        journal_writer.put(event("last"))

    hurry(recording(disk, story))
    assert written(disk) == ["last"]
    with Disk(disk.path) as again:
        assert again.last_sequence == 1


def test_closing_gives_the_file_back_even_when_the_disk_refuses(disk: Disk) -> None:
    async def story(journal_writer: JournalWriter) -> None:
        disk.fill()
        journal_writer.put(event(PAGE))

    hurry(recording(disk, story))
    with Disk(disk.path) as again:
        assert again.last_sequence == 0


def test_a_disk_that_does_not_answer_takes_the_gate_out_until_it_does(disk: Disk) -> None:
    """The write goes on: what was begun once is never begun twice."""

    async def story(journal_writer: JournalWriter) -> None:
        disk.may_write.clear()
        journal_writer.put(event("slow"))
        await asyncio.to_thread(disk.asked.wait, STUCK_S)
        await until(lambda: not journal_writer.may_serve)
        disk.may_write.set()
        await journal_writer.commit()
        await until(lambda: journal_writer.may_serve)

    async def told() -> None:
        journal_writer = JournalWriter(disk, is_plausible, patience_s=0.05)
        running = asyncio.create_task(journal_writer.run())
        await story(journal_writer)
        await settled(running)
        await journal_writer.close()

    with capture_logs() as said:
        tell(told())
    assert [line["event"] for line in said] == ["journal_write_failed", "journal_write_recovered"]
    assert said[0]["cause"] == "the disk does not answer"
    assert written(disk) == ["slow"]


def test_the_end_does_not_wait_for_a_disk_that_does_not_answer(disk: Disk) -> None:
    async def told() -> None:
        journal_writer = JournalWriter(disk, is_plausible, patience_s=0.05)
        disk.may_write.clear()
        journal_writer.put(event("slow"))
        await journal_writer.close()
        assert written(disk) == []
        disk.may_write.set()
        await until(lambda: written(disk) == ["slow"])

    with capture_logs() as said:
        tell(told())
    assert "journal_close_abandoned" in [line["event"] for line in said]
