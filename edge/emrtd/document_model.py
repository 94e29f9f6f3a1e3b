"""How a model of document is read best: learnt from one document, used for the next of its model.

It contains nothing about a holder.  It cannot weaken a check: every chip is asked again whether it
offers PACE, and which files it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.emrtd.apdu import SHORT_LE

LARGEST_RESPONSE: Final = 65_000
"""Bytes of the longest reply to ask for; drivers need some room around it."""

MOST_MODELS: Final = 256


@dataclass(frozen=True, slots=True)
class DocumentModel:
    """The issuer, the kind, and the answer of the chip to reset (ATS or ATQB)."""

    issuing_state: str
    document_code: str
    atr: bytes


@dataclass(frozen=True, slots=True)
class ReadHints:
    """How a chip is read best; the defaults are for an unknown chip."""

    response_limit: int = LARGEST_RESPONSE
    """Bytes of the longest reply that it has not refused, protected or not."""
    short_identifiers: bool = True
    """READ BINARY by short file identifier works."""
    past_the_end: bool = True
    """READ BINARY may ask for more than the file holds."""

    @property
    def extended_length(self) -> bool:
        """Whether commands and replies of extended length work, or may work."""
        return self.response_limit > SHORT_LE


class ReadHintCache:
    """Hints by model; in memory only, for the models seen last.

    Learn only from authentic documents: a forged one may be slow on purpose.
    """

    def __init__(self, most: int = MOST_MODELS) -> None:
        self._most = most
        self._learnt: dict[DocumentModel, ReadHints] = {}

    def recall(self, model: DocumentModel) -> ReadHints | None:
        """The hints for a model; None for a new model."""
        learnt = self._learnt.pop(model, None)
        if learnt is not None:
            self._learnt[model] = learnt  # now the one used last
        return learnt

    def remember(self, model: DocumentModel, learnt: ReadHints) -> None:
        """Keep the hints of a model; the model that was not seen for longest makes room."""
        self._learnt.pop(model, None)
        self._learnt[model] = learnt
        if len(self._learnt) > self._most:
            del self._learnt[next(iter(self._learnt))]
