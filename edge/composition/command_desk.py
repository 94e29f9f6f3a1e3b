"""Builds the desk that takes the central system's commands."""

from __future__ import annotations

from edge.composition.central_link import CentralLink
from edge.composition.lane import LaneParts
from edge.composition.plan import Plan
from edge.composition.records import Records
from edge.contract.verified_command import Verifier
from edge.host.reboot import by_program, pretend
from edge.management.actions import Actions
from edge.management.command_desk import CommandDesk
from edge.management.command_inbox import CommandInbox
from edge.management.replay_guard import Ledger
from edge.management.upkeep import Upkeep


def command_desk(
    plan: Plan, records: Records, parts: LaneParts, link: CentralLink, inbox: CommandInbox
) -> CommandDesk:
    """Build the desk; the link puts into the inbox what the desk takes."""
    upkeep = Upkeep(
        plan.settings,
        plan.place,
        parts.lane,
        parts.runner,
        health=link.health.compose,
        judged_by=plan.rules.judged_by,
        clock=plan.clock,
    )
    reboot = pretend if plan.place.simulated else by_program(plan.settings.commands.reboot)
    actions = Actions(
        parts.lane,
        parts.runner,
        parts.event_log,
        upkeep,
        reboot=reboot,
        on_reloaded=link.announce_rules,
    )
    verifier = Verifier(
        plan.rules.command_keys,
        records.topics.source,
        parts.clock.is_plausible,
        parts.clock.learn,
    )
    return CommandDesk(
        verifier,
        Ledger(records.journal.durable_facts()),
        actions,
        inbox=inbox,
        refusals=link.refusals,
        answer=link.publisher.answer,
        clock=plan.clock,
    )
