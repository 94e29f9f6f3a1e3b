"""Who a gate is and where its journal begins, for the retained topic `info`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.contract.commands import CommandName
from edge.contract.json_object import Jwk
from edge.contract.messages import SCHEMA, Anchors, Info, Rules
from edge.journal.writer import JournalWriter
from edge.lane.lane import Lane
from edge.lane.place import Place
from edge.lane.transaction import TransactionRunner
from edge.pki.trust_anchors import digest_of


@dataclass(frozen=True, slots=True)
class BirthMessage:
    """Composes `info`; it changes when rules are reloaded or old events are erased."""

    source: str
    place: Place
    models: Mapping[str, str]
    """Digests of the models, by what they are for."""
    journal_id: str
    keys: Sequence[Jwk]
    """Public JWKs, today's first."""
    lane: Lane
    runner: TransactionRunner
    journal_writer: JournalWriter
    obeys: bool
    """Whether there is a key that may sign commands."""

    def compose(self) -> Info:
        """The content of `info` at this moment."""
        inspector = self.runner.inspector
        return Info(
            source=self.source,
            version=self.place.version,
            topology=self.place.topology.value,
            simulated=self.place.simulated,
            peripherals={
                device.status.role: device.status.driver for device in self.lane.devices.every()
            },
            commands=tuple(CommandName) if self.obeys else (),
            models=dict(self.models),
            policy=Rules(version=inspector.policy.version, digest=inspector.policy.digest),
            trust=Anchors(digest=digest_of(inspector.store)),
            journalid=self.journal_id,
            first_sequence=self.journal_writer.first_sequence,
            keys=tuple(self.keys),
            schema=SCHEMA,
        )
