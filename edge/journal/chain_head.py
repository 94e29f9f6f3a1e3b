"""The present end of the chain of a gate, signed by the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.contract.events import Sign
from edge.contract.verification import Head, UnsignedHead
from edge.journal.writer import JournalWriter


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Composes the head; a receiver with a kept head sees when the end of the chain is cut off."""

    source: str
    journal_id: str
    journal_writer: JournalWriter
    sign: Sign
    clock: Callable[[], datetime]

    def compose(self) -> Head:
        """The signed head of this moment."""
        sequence, digest = self.journal_writer.last
        return UnsignedHead(
            source=self.source,
            journalid=self.journal_id,
            first_sequence=self.journal_writer.first_sequence,
            sequence=sequence,
            hash=digest,
            time=self.clock().isoformat(),
        ).signed(self.sign)
