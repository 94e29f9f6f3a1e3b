"""The present end of the chain of a gate, signed by the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.contract.events import Sign
from edge.contract.json_object import JsonObject
from edge.contract.verification import sign_head
from edge.journal.writer import JournalWriter


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Composes the head; a receiver with a kept head sees when the end of the chain is cut off."""

    source: str
    journal_id: str
    journal_writer: JournalWriter
    sign: Sign
    clock: Callable[[], datetime]

    def compose(self) -> JsonObject:
        """The signed head of this moment."""
        sequence, digest = self.journal_writer.last
        content = {
            "source": self.source,
            "journalid": self.journal_id,
            "first_sequence": self.journal_writer.first_sequence,
            "sequence": sequence,
            "hash": digest,
            "time": self.clock().isoformat(),
        }
        return sign_head(content, self.sign)
