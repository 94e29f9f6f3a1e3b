"""Builds the connection to the central system, and what the gate says there about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Never

from edge.composition.lane import LaneParts
from edge.composition.plan import Plan
from edge.composition.records import Records
from edge.errors import DamagedJournal
from edge.journal.chain_head import ChainHead
from edge.management.announcer import Announcer
from edge.management.health import HealthReport, state_of
from edge.management.info import BirthMessage
from edge.management.refusals import Refusals
from edge.management.reporter import Reporter
from edge.mqtt.commands import ReceivedCommand as Received
from edge.mqtt.publisher import Listeners, Publisher


class CentralLink:
    """The link of one gate; made in the event loop that carries out commands.

    `on_connected` is called in that loop, `on_command` in the publisher's thread.
    """

    def __init__(
        self,
        plan: Plan,
        records: Records,
        parts: LaneParts,
        *,
        on_command: Callable[[Received], None],
        on_connected: Callable[[], None],
    ) -> None:
        self.refusals = Refusals(parts.event_log.refused)
        journal_writer, journal_id = records.journal_writer, records.journal.journal_id
        # The publisher calls from its thread; the event loop does the work.
        loop = asyncio.get_running_loop()
        soon = partial(_soon, loop)
        self._damage: asyncio.Future[Never] = loop.create_future()
        self.publisher = Publisher(
            records.path,
            records.topics,
            plan.settings.broker,
            Listeners(
                acknowledged=lambda sequence: soon(journal_writer.acknowledge, sequence),
                refused=lambda detail: soon(self.refusals.note, detail),
                connected=lambda _: soon(on_connected),
                damaged=lambda error: soon(self._found_damaged, error),
                command=on_command,
            ),
            journal_id=journal_id,
        )
        journal_writer.written.listen(self.publisher.notify)
        source = records.topics.source
        self.health = HealthReport(
            parts.lane,
            journal_writer,
            self.publisher,
            parts.storage,
            parts.runner,
            ChainHead(source, journal_id, journal_writer, records.key.sign, plan.clock),
            plan.clock,
        )
        self._birth = BirthMessage(
            source,
            plan.place,
            plan.rules.models.identities(),
            journal_id,
            records.public_keys,
            parts.lane,
            parts.runner,
            journal_writer,
            obeys=bool(plan.rules.command_keys),
        )
        self._announcer = Announcer(
            self.publisher,
            state=lambda: state_of(parts.lane, parts.storage, self.publisher.stall),
            info=self._birth.compose,
            health=self.health.compose,
        )
        self._reporter = Reporter(
            self.publisher.tell,
            plan.settings.statistics.suppress_below,
            plan.clock,
            simulated=plan.place.simulated,
        )
        parts.runner.passages.added.listen(self._reporter.count)

    async def run(self) -> None:
        """Keep the retained topics true, and report every hour, until cancelled.

        Raises:
            DamagedJournal: what waits for the central system is not what was written.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._announcer.run())
            tasks.create_task(self._reporter.run())
            await self._damage

    def announce_rules(self) -> None:
        """Announce the rules that the gate follows from now on."""
        self.publisher.announce(self._birth.compose())

    def _found_damaged(self, error: DamagedJournal) -> None:
        if not self._damage.done():
            self._damage.set_exception(error)


def _soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *args: object) -> None:
    """Call in the loop from another thread; a loop that has ended needs no news."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)
