"""The results of a check with which the gate may open."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from edge.checks import Result


class Requirement(StrEnum):
    """The obligations of a policy, strictest first.

    Only `IGNORED` accepts a check that was not made or was aborted.  An aborted check says nothing
    about the document (BSI TR-03135-1 §3.5.1).
    """

    REQUIRED = "required"
    """Successful, nothing else."""
    IF_SUPPORTED = "if_supported"
    """Successful, or the document (or this gate) has no such feature."""
    NOT_FAILED = "not_failed"
    """Made and not failed: the gate accepts and records doubt."""
    IGNORED = "ignored"
    """Recorded only."""

    @property
    def tolerated(self) -> frozenset[Result]:
        """The results with which the gate may open."""
        return _TOLERATED[self]

    def or_stricter(self, other: Requirement) -> Requirement:
        """The stricter of two."""
        return min(self, other, key=list(Requirement).index)


_TOLERATED: Mapping[Requirement, frozenset[Result]] = MappingProxyType(
    {
        Requirement.REQUIRED: frozenset({Result.SUCCESSFUL}),
        Requirement.IF_SUPPORTED: frozenset({Result.SUCCESSFUL, Result.NOT_SUPPORTED}),
        Requirement.NOT_FAILED: frozenset(
            {Result.SUCCESSFUL, Result.NOT_SUPPORTED, Result.UNDETERMINED}
        ),
        Requirement.IGNORED: frozenset(Result),
    }
)
