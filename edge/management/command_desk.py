"""Takes the commands of the central system: proves, writes down, acts, answers; in this order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

import structlog

from edge.contract.answers import Answer, Status
from edge.contract.commands import Code, CommandName
from edge.contract.events import DurableFacts
from edge.contract.payloads import CommandTaken
from edge.contract.verified_command import Refusal, VerifiedCommand, Verifier
from edge.errors import DeliveryError
from edge.lane.event_log import EventLog
from edge.management.actions import Actions, Ended
from edge.management.command_inbox import CommandInbox
from edge.management.refusals import Refusals
from edge.management.replay_guard import Ledger
from edge.mqtt.commands import ReceivedCommand as Received

PAUSE_S = 0.02
"""Between two of them: no flood takes the processor from the lane."""
LONGEST_DETAIL = 500
AT_ONCE = 8
"""Commands being carried out."""
ANSWERED = 10
"""Refusals of a kind that are answered in an interval (`edge.management.refusals`)."""

log = structlog.get_logger()


class CommandDesk:
    """The desk of one gate; `answer` publishes.  Made in the event loop it works in."""

    def __init__(  # noqa: PLR0913  # what it proves by, acts with, and tells
        self,
        verifier: Verifier,
        ledger: Ledger,
        actions: Actions,
        *,
        inbox: CommandInbox,
        refusals: Refusals,
        answer: Callable[[Received, Answer], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._verifier = verifier
        self._ledger = ledger
        self._actions = actions
        self._inbox = inbox
        self._refusals = refusals
        self._publish = answer
        self._clock = clock
        self._busy = 0

    @property
    def _event_log(self) -> EventLog:
        return self._actions.event_log

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being carried out."""
        return self._inbox.is_empty and not self._busy

    async def run(self) -> None:
        """Look at one message after the other until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._inbox.until_arrival()
                while (received := self._inbox.take()) is not None:
                    try:
                        self._look_at(received, tasks)
                    except Exception:  # whatever it was, it is not obeyed
                        log.exception("command_examination_failed")
                        self._refusals.note("cmd: a message the gate could not handle")
                    await asyncio.sleep(PAUSE_S)
                if dropped := self._inbox.take_dropped():
                    self._refusals.note("cmd: more at once than anybody needs", dropped)

    def _look_at(self, received: Received, tasks: asyncio.TaskGroup) -> None:
        now = self._clock()
        found = self._verifier.examine(
            received.name, received.payload, retained=received.retained, now=now
        )
        match found:
            case Refusal():
                self._refuse(received, found)
            case VerifiedCommand() if self._ledger.is_used(found):
                self._refuse(received, Refusal(Code.REPLAYED, "replayed", found.id))
            case VerifiedCommand():
                # Used from this moment on, whatever becomes of it.
                remember = self._ledger.use(found, now)
                if self._busy >= AT_ONCE:
                    self._note(found, "rejected", Code.BUSY, *remember)
                    self._answer(received, found, "rejected", Ended("failed", Code.BUSY))
                    return
                self._busy += 1
                tasks.create_task(self._take(received, found, remember), name=found.name)
            case _:
                assert_never(found)

    def _refuse(self, received: Received, refusal: Refusal) -> None:
        """Write down and answer what is not obeyed; an unproven sender learns nothing by it."""
        if self._refusals.note(f"cmd: {refusal.finding}") > ANSWERED:
            return
        answer = Answer(id=refusal.id, status="rejected", code=refusal.code)
        if refusal.proven:
            self._publish(received, answer)
        elif received.name in set(CommandName):
            self._publish(replace(received, response_topic="", correlation=b""), answer)

    async def _take(
        self, received: Received, verified: VerifiedCommand, remember: tuple[DurableFacts, ...]
    ) -> None:
        """Carry a command out; whatever goes wrong ends the command, not the gate."""
        try:
            ended = await self._obey(received, verified, remember)
        except DeliveryError:
            ended = Ended("failed", Code.NOT_RECORDED)
        except Exception as error:  # whatever it was
            log.exception("command_execution_failed", command=verified.name.value)
            ended = Ended("failed", Code.FAILED, type(error).__name__)
        finally:
            self._busy -= 1
        if ended is None:
            return
        undone = self._actions.record_failure(verified) if ended.status == "failed" else ()
        self._note(verified, ended.status, ended.code, *undone)
        self._answer(received, verified, ended.status, ended)

    async def _obey(
        self, received: Received, verified: VerifiedCommand, remember: tuple[DurableFacts, ...]
    ) -> Ended | None:
        """Write a command down, then act; None when the lane does not allow it."""
        objection = self._actions.objection(verified.command)
        if objection is not None:
            self._note(verified, "rejected", objection, *remember)
            await self._event_log.written()
            self._answer(received, verified, "rejected", Ended("failed", objection))
            return None
        self._note(
            verified, "accepted", Code.ACCEPTED, *remember, *self._actions.announce(verified)
        )
        await self._event_log.written()
        self._answer(received, verified, "accepted", Ended("done", Code.ACCEPTED))
        # The disk may have taken its time.
        late = verified.expires <= self._clock()
        objection = Code.EXPIRED if late else self._actions.objection(verified.command)
        return Ended("failed", objection) if objection else await self._actions.act(verified)

    def _note(
        self, verified: VerifiedCommand, status: Status, code: Code, *remember: DurableFacts
    ) -> None:
        data = CommandTaken(
            command=verified.id, name=verified.name, key=verified.kid, status=status, code=code
        )
        self._event_log.commanded(data, *remember)

    def _answer(
        self, received: Received, verified: VerifiedCommand, status: Status, ended: Ended
    ) -> None:
        self._publish(
            received,
            Answer(
                id=verified.id,
                status=status,
                code=ended.code,
                detail=ended.detail[:LONGEST_DETAIL],
                data=ended.data,
            ),
        )
