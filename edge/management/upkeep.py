"""Reloads the rules of a gate while it runs, and diagnoses it."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from edge.border.policy import Policy
from edge.contract.answers import Diagnostics
from edge.contract.messages import Anchors, Health, Rules
from edge.errors import SettingsError
from edge.host.own_thread import aside
from edge.lane.inspection import Inspector
from edge.lane.lane import Lane
from edge.lane.place import Place
from edge.lane.transaction import TransactionRunner
from edge.pki.trust_anchors import digest_of, trust_store
from edge.settings.policy import load_policy
from edge.settings.tree import Settings

T = TypeVar("T")

READ_S: Final = 120.0
"""A master list of thousands of certificates takes a small computer most of a minute."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was replaced, by digests (SHA-256, hexadecimal)."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Reloads and diagnoses one gate.  An inspection ends by the rules it began with."""

    settings: Settings
    place: Place
    lane: Lane
    runner: TransactionRunner
    health: Callable[[], Health]
    """What the gate publishes about its health."""
    judged_by: Callable[[Inspector, Policy], Inspector]
    """The same inspector with another policy; SettingsError when the models cannot follow it."""
    clock: Callable[[], datetime]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One after the other: what was ordered last is read last."""

    def diagnose(self) -> Diagnostics:
        """How the gate is: versions, uptime, rules, health; nothing of any traveller."""
        now = self.clock()
        inspector = self.runner.inspector
        return Diagnostics(
            time=now,
            uptime_s=round((now - self.place.started_at).total_seconds()),
            version=self.place.version,
            python=platform.python_version(),
            system=platform.platform(),
            topology=self.place.topology.value,
            simulated=self.place.simulated,
            state=type(self.lane.state).__name__,
            maintenance=self.lane.maintenance,
            policy=Rules(version=inspector.policy.version, digest=inspector.policy.digest),
            trust=Anchors(digest=digest_of(inspector.store)),
            health=self.health(),
        )

    async def reload_policy(self) -> Change:
        """Read the policy again.  It counts from the next traveller on.

        Raises:
            SettingsError: it is wrong, or names what the models cannot do; the last one stays.
        """
        async with self._turn:
            policy = await _read(
                partial(load_policy, self.settings.policy, live=self.settings.live)
            )
            before = self.runner.inspector
            self.runner.inspector = self.judged_by(before, policy)
        return Change(before.policy.digest, policy.digest)

    async def reload_trust(self) -> Change:
        """Read the trust anchors again.  They count from the next traveller on.

        Raises:
            SettingsError: there are none; the last ones stay.
        """
        async with self._turn:
            store = await _read(partial(trust_store, self.settings.trust.anchors, self.clock()))
            before = self.runner.inspector
            self.runner.inspector = replace(before, store=store)
        return Change(digest_of(before.store), digest_of(store))


async def _read(read: Callable[[], T]) -> T:
    """Read rules from the disk; SettingsError when it does not answer."""
    try:
        return await aside(read, READ_S)
    except TimeoutError as error:
        raise SettingsError(f"the disk does not answer within {READ_S:.0f} s") from error
