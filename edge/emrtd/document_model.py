"""What is known about reading a model of document: learnt from one, used for the next of its kind.

Nothing in it is about a holder, and nothing in it can weaken a check: whether a chip offers PACE,
and which files it has, is asked of every chip again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.emrtd.apdu import SHORT_LE

LARGEST_RESPONSE: Final = 65_000
"""Bytes of the longest reply worth asking for; leaves room for what drivers put around it."""

MOST_MODELS: Final = 256


@dataclass(frozen=True, slots=True)
class DocumentModel:
    """Who issues it, what kind it is, and how its chip answers to reset (ATS or ATQB)."""

    issuing_state: str
    document_code: str
    atr: bytes


@dataclass(frozen=True, slots=True)
class ReadHints:
    """How a chip wants to be read; as it stands, how one is read of which nothing is known."""

    response_limit: int = LARGEST_RESPONSE
    """Bytes of the longest reply it has not refused, protected or not."""
    short_identifiers: bool = True
    """READ BINARY by short file identifier works."""
    past_the_end: bool = True
    """READ BINARY may ask for more than the file holds."""

    @property
    def extended_length(self) -> bool:
        """Whether commands and replies of extended length are known, or hoped, to work."""
        return self.response_limit > SHORT_LE


class ReadHintCache:
    """What was learnt, by model; in memory only, of the models seen last.

    Teach it only from documents that proved authentic: a forged one may be slow on purpose.
    """

    def __init__(self, most: int = MOST_MODELS) -> None:
        self._most = most
        self._learnt: dict[DocumentModel, ReadHints] = {}

    def recall(self, model: DocumentModel) -> ReadHints | None:
        """What is known about a model; None when it is met for the first time."""
        learnt = self._learnt.pop(model, None)
        if learnt is not None:
            self._learnt[model] = learnt  # now the one used last
        return learnt

    def remember(self, model: DocumentModel, learnt: ReadHints) -> None:
        """Keep what was learnt; the model that was not seen for longest makes room."""
        self._learnt.pop(model, None)
        self._learnt[model] = learnt
        if len(self._learnt) > self._most:
            del self._learnt[next(iter(self._learnt))]
