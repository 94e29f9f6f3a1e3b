"""What the central system says on `sync/`: hostile until it has been read here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Self, TypeAlias

from pydantic import ConfigDict, Field

from edge.contract.fields import UUID, WHOLE, Digest
from edge.contract.message import Message

LARGEST_BYTES: Final = 4096
LARGEST_SEQUENCE: Final = 10**20 - 1
"""A sequence has twenty digits."""
_Stored: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_SEQUENCE), WHOLE]
_Wanted: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_SEQUENCE), WHOLE]


class Acknowledgement(Message):
    """`sync/ack`: the central system has stored everything of this journal up to `sequence`."""

    model_config = ConfigDict(extra="forbid")
    sequence: _Stored
    journal: str = Field(pattern=UUID)
    hash: Digest
    """Of the event with this sequence, as the `prevhash` of the next tells it."""


class Replay(Message):
    """`sync/replay`: send these again, both ends included; nothing when `from` is above `to`."""

    model_config = ConfigDict(extra="forbid")
    first: _Wanted = Field(alias="from")
    last: _Wanted = Field(alias="to")

    @classmethod
    def between(cls, first: int, last: int) -> Self:
        """Ask for these sequences."""
        return cls.model_validate({"from": first, "to": last})


_BY_NAME: Final[Mapping[str, type[Acknowledgement | Replay]]] = MappingProxyType(
    {"ack": Acknowledgement, "replay": Replay}
)


def read(name: str, payload: bytes, *, retained: bool) -> Acknowledgement | Replay:
    """Read a message on `sync/{name}`.

    Raises:
        ValueError: it must not be obeyed; the text says why and quotes nothing of it.
    """
    if retained:
        raise ValueError("retained")
    if len(payload) > LARGEST_BYTES:
        raise ValueError("too large")
    if name not in _BY_NAME:
        raise ValueError("no such order")
    return _BY_NAME[name].read(payload)
