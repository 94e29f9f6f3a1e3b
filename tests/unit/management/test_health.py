"""What a gate says of its health, when the central side does not take its events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.contract.messages import Health
from edge.journal.capacity import StorageWatch
from edge.journal.chain_head import ChainHead
from edge.management.health import HealthReport, state_of
from edge.mqtt.backlog import RESEND_AFTER_S
from edge.mqtt.publisher import Listeners, Publisher
from edge.settings.delivery import Broker, JournalSettings
from tests.support.bench import until
from tests.support.desk import NOON, TOPICS, Office, at_work
from tests.support.scripted_broker import ScriptedBroker
from tests.support.signing import SIGN


class Clock:
    """A monotonic clock that goes on whenever it is asked."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        self.now_s += 0.1 * RESEND_AFTER_S
        return self.now_s


@contextmanager
def delivering(office: Office, broker: ScriptedBroker) -> Iterator[Publisher]:
    """The gate's publisher, for which time flies."""
    publisher = Publisher(
        office.folder / "journal.db",
        TOPICS,
        Broker(port=broker.port),
        Listeners(
            acknowledged=office.journal_writer.acknowledge,
            refused=lambda _: None,
            connected=lambda _: None,
            damaged=lambda _: None,
            command=lambda _: None,
        ),
        journal_id=office.journal.journal_id,
        clock=Clock(),
    )
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


def test_health_and_state_name_the_event_that_the_central_side_does_not_take(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        office.event_log.started("1.0")
        office.event_log.stopped()
        await office.journal_writer.commit()
        storage = StorageWatch(
            office.journal_writer, office.folder, JournalSettings(), lambda: NOON
        )
        head = ChainHead(
            TOPICS.source, office.journal.journal_id, office.journal_writer, SIGN, lambda: NOON
        )
        assert state_of(office.lane, storage, None).state == "online"
        with ScriptedBroker() as broker, delivering(office, broker) as publisher:
            report = HealthReport(
                office.lane, office.journal_writer, publisher, storage, office.runner, head,
                lambda: NOON,
            )  # fmt: skip
            assert b"stall" not in report.compose().to_bytes()
            await until(lambda: (stall := publisher.stall) is not None and stall.delivered > 1)
            said = Health.read(report.compose().to_bytes()).outbox
            assert said.depth == office.journal_writer.depth > 1
            assert said.stall is not None
            assert said.stall.sequence == 1
            assert said.stall.delivered > 1
            assert state_of(office.lane, storage, publisher.stall).state == "degraded"

    at_work(tmp_path, story)
