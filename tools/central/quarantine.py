"""The quarantine: what was refused, with its reason, in bounded room.

Counts are exact as long as the database lives; bodies are kept of the first few of a gate and
reason, cut.  What comes on no topic of a known gate shares one place, so that invented names
do not fill the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.errors import printable
from tools.central.database import Database
from tools.central.records import Refusal, Refused

STRANGERS = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept."""

    per_reason: int = 100
    """Bodies of one gate and reason."""
    in_all: int = 10_000
    body_bytes: int = 4096
    """Of each; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was refused."""

    source: str
    reason: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """One refused message."""

    arrived: datetime
    source: str
    reason: str
    detail: str
    topic: str
    sequence: int | None
    size: int
    body: bytes


def keep(database: Database, refused: Sequence[Refusal], now: datetime, limits: Limits) -> None:
    """Count refusals and keep what there is room for; inside a transaction."""
    groups: dict[tuple[str, Refused], list[Refusal]] = {}
    for refusal in refused:
        groups.setdefault((refusal.source or STRANGERS, refusal.reason), []).append(refusal)
    if not groups:
        return
    known = _known(database, {source for source, _ in groups})
    merged: dict[tuple[str, Refused], list[Refusal]] = {}
    for (source, reason), group in groups.items():
        place = source if source in known else STRANGERS
        merged.setdefault((place, reason), []).extend(group)
    room = limits.in_all - database.rows("SELECT count(*) FROM quarantine")[0][0]
    for (source, reason), group in sorted(merged.items()):
        _count(database, source, reason, len(group), now)
        there = database.rows(
            "SELECT count(*) FROM quarantine WHERE source = ? AND reason = ?", source, reason.value
        )[0][0]
        for refusal in group[: max(0, min(room, limits.per_reason - there))]:
            room -= 1
            _put(database, refusal, source, now, limits)


def counts(database: Database) -> list[Count]:
    """How much was refused."""
    rows = database.rows("SELECT source, reason, count, first, last FROM refusal ORDER BY 1, 2")
    return [
        Count(source, reason, count, database.when(first), database.when(last))
        for source, reason, count, first, last in rows
    ]


def newest(database: Database, limit: int) -> list[Kept]:
    """The newest refused messages."""
    rows = database.rows(
        "SELECT arrived, source, reason, detail, topic, sequence, size, body"
        " FROM quarantine ORDER BY id DESC LIMIT ?",
        limit,
    )
    return [
        Kept(database.when(arrived), source, reason, detail, topic, sequence, size, bytes(body))
        for arrived, source, reason, detail, topic, sequence, size, body in rows
    ]


def clear(database: Database, before: datetime) -> int:
    """Throw away what is older, and its counts; how many messages."""
    moment = database.moment(before)
    database.run("DELETE FROM refusal WHERE last < ?", moment)
    return database.run("DELETE FROM quarantine WHERE arrived < ?", moment)


def _known(database: Database, sources: set[str]) -> set[str]:
    marks = ", ".join("?" * len(sources))
    rows = database.rows(f"SELECT source FROM device WHERE source IN ({marks})", *sources)  # noqa: S608
    return {source for (source,) in rows}


def _count(database: Database, source: str, reason: Refused, more: int, now: datetime) -> None:
    moment = database.moment(now)
    database.run(
        "INSERT INTO refusal (source, reason, count, first, last) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (source, reason) DO UPDATE"
        " SET count = refusal.count + excluded.count, last = excluded.last",
        source, reason.value, more, moment, moment,
    )  # fmt: skip


def _put(database: Database, refusal: Refusal, source: str, now: datetime, limits: Limits) -> None:
    database.run(
        "INSERT INTO quarantine (arrived, source, reason, detail, topic, sequence, size, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        database.moment(now), source, refusal.reason.value, refusal.detail,
        printable(refusal.topic[:256]), refusal.sequence, len(refusal.body),
        refusal.body[: limits.body_bytes],
    )  # fmt: skip
