"""The store: what is proven of every chain, which keys gates have, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.errors import EdgeError
from tools.central import intake, quarantine
from tools.central.database import Cell, Database
from tools.central.ledger import CHAIN, IS_FORKED, StoreLedger, chain_of, marks
from tools.central.records import (
    LATEST,
    Chain,
    ChainKey,
    DeviceKey,
    Event,
    Gap,
    Outcome,
    Position,
    Refusal,
    Totals,
)

ASK_AGAIN = timedelta(seconds=20)
LONGEST_DOUBLING = 7
FIRST_USE = "first use"
OPERATOR = "operator"


class Contradiction(EdgeError):
    """What is asked for contradicts what is stored; the message says how."""


class ErasedAtGate(Contradiction):
    """A gate has erased events, `first` to `last`, that are not stored."""

    def __init__(self, key: ChainKey, first: int, last: int) -> None:
        super().__init__(
            f"events {first} to {last} are at {key.source} no more: if they are lost, say so with"
            f" `skip {key.source.removeprefix('/egate/v1/')} --journal {key.journal} --to {last}`"
        )
        self.first = first
        self.last = last


@dataclass(frozen=True, slots=True)
class Device:
    """A gate that is known."""

    source: str
    enrolled: datetime
    how: str
    """`operator`, or `first use`."""
    flow: str
    """What its lane serves, in the operator's words; for statistics."""
    journal: str
    """The journal it writes now, as far as it has introduced itself."""
    keys: int
    """Keys that are not revoked."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored event, for a reader."""

    source: str
    journal: str
    sequence: int
    type: str
    occurred: datetime
    stored: datetime
    transaction: str
    simulated: bool
    body: bytes


class Store:
    """Everything the central side remembers, on one database connection; used from one thread.

    Every method raises StoreError when the database fails; then nothing has changed.
    """

    def __init__(self, database: Database, limits: quarantine.Limits | None = None) -> None:
        self._database = database
        self._limits = limits or quarantine.Limits()

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    # Events

    def add(self, events: Iterable[Event], refused: Sequence[Refusal], now: datetime) -> Outcome:
        """Store a batch in one transaction; safe beside any number of other workers.

        Duplicates and events out of order are welcome; see `tools.central.intake`.
        """
        with self._database.transaction():
            outcome = intake.take(StoreLedger(self._database, now), events)
            outcome.refused += refused
            quarantine.keep(self._database, outcome.refused, now, self._limits)
        return outcome

    def events(
        self, first: datetime, last: datetime, types: Collection[str] = (), source: str = ""
    ) -> Iterator[Kept]:
        """Proven events that occurred in [first, last), in the order in which they occurred.

        Those of all histories of a journal: what a copy of it says has happened as well.
        """
        when = self._database.when
        wanted, arguments = "", [self._database.moment(first), self._database.moment(last)]
        if types:
            wanted += f" AND type IN ({marks(types)})"
            arguments += types
        if source:
            wanted += " AND source = ?"
            arguments.append(source)
        one = (
            "SELECT source, journal, chain, sequence, type, occurred, stored, transaction_id,"  # noqa: S608  # marks only
            " simulated, body FROM {} JOIN chain ON chain.id = chain"
            f" WHERE occurred >= ? AND occurred < ?{wanted}"
        )
        rows = self._database.stream(
            f"{one.format('event')} UNION ALL {one.format('forked')}"
            " ORDER BY occurred, chain, sequence",
            *arguments, *arguments,
        )  # fmt: skip
        for src, journal, _, sequence, kind, occurred, stored, transaction, simulated, body in rows:
            yield Kept(
                source=src,
                journal=journal,
                sequence=sequence,
                type=kind,
                occurred=when(occurred),
                stored=when(stored),
                transaction=transaction,
                simulated=bool(simulated),
                body=bytes(body),
            )

    def chains(self) -> list[Chain]:
        """Every chain, by gate and age."""
        rows = self._database.rows(f"SELECT {CHAIN}, {IS_FORKED} FROM chain ORDER BY source, id")  # noqa: S608
        return [chain_of(row) for row in rows]

    def chain(self, key: ChainKey) -> Chain:
        """How far a chain is stored; one that is not known yet has no id."""
        rows = self._database.rows(
            f"SELECT {CHAIN}, {IS_FORKED} FROM chain WHERE source = ? AND journal = ?",  # noqa: S608
            *key,
        )
        return chain_of(rows[0]) if rows else Chain(0, key)

    def holds(self, chain: Chain, end: Position) -> bool:
        """Whether everything up to an event of a gate is stored, in whichever history.

        Also true when it was, and that event is forgotten or given up: nobody can compare it.
        """
        rows = self._database.rows(
            "SELECT hash FROM event WHERE chain = ? AND sequence = ?"
            " UNION ALL SELECT hash FROM forked WHERE chain = ? AND hash = ?",
            chain.id, end.sequence, chain.id, bytes.fromhex(end.hash),
        )  # fmt: skip
        found = {bytes(digest).hex() for (digest,) in rows}
        return end.hash in found or (end.sequence <= chain.head and not found)

    def totals(self) -> Totals:
        """How the central side is doing; quick."""
        chains, stored, waiting = self._database.rows(
            "SELECT count(*), coalesce(sum(head), 0), coalesce(sum(waiting), 0) FROM chain"
        )[0]
        devices = self._database.rows("SELECT count(*) FROM device")[0][0]
        refused = self._database.rows("SELECT coalesce(sum(count), 0) FROM refusal")[0][0]
        return Totals(devices, chains, int(stored), int(waiting), int(refused))

    def forget(self, before: datetime) -> int:
        """Erase events stored before a moment; chains and heads stay, so nothing comes twice."""
        with self._database.transaction():
            moment = self._database.moment(before)
            forked = self._database.run("DELETE FROM forked WHERE stored < ?", moment)
            return self._database.forget(before) + forked

    # Gaps

    def gaps(self, now: datetime, patience: timedelta) -> list[Gap]:
        """Gaps that have lasted, claimed for the caller; each comes again, later every time."""
        found = self._database.rows(
            "SELECT chain.id, chain.source, chain.journal, head, min(sequence), asked, asks"  # noqa: S608
            " FROM chain JOIN waiting ON waiting.chain = chain.id"
            " JOIN device ON device.source = chain.source"
            " WHERE chain.waiting > 0 AND device.journal IN ('', chain.journal)"
            f" AND NOT {IS_FORKED}"  # such gates send again by themselves
            " GROUP BY chain.id, chain.source, chain.journal, head, asked, asks"
            " HAVING min(stored) < ? OR min(stored) > ?",  # stored before this clock was set back
            self._database.moment(now - patience), self._database.moment(now),
        )  # fmt: skip
        gaps = []
        for chain, source, journal, head, first_waiting, asked, asks in found:
            when = None if asked is None else self._database.when(asked)
            waits = when is not None and when <= now <= when + _pause(asks)
            if not waits and self._claim(chain, asked, asks + 1, now):
                gaps.append(Gap(ChainKey(source, journal), head + 1, first_waiting - 1))
        return gaps

    def introduce(self, key: ChainKey, first: int, now: datetime) -> Gap:
        """A gate says which journal it writes and which event is its oldest; what to ask it for.

        Raises:
            ErasedAtGate: it does not have the next event any more.
        """
        source, journal = key
        self._database.run(
            "UPDATE device SET journal = ? WHERE source = ? AND journal <> ?",
            journal, source, journal,
        )  # fmt: skip
        chain = self.chain(key)
        if chain.forked:  # who knows which of its histories this gate writes
            return Gap(key, first, LATEST)
        head = chain.head
        if first > head + 1:
            raise ErasedAtGate(key, head + 1, first - 1)
        # Whatever waits beyond a gap comes with the answer.
        self._database.run(
            "UPDATE chain SET asked = ?, asks = 0 WHERE source = ? AND journal = ? AND waiting > 0",
            self._database.moment(now), source, journal,
        )  # fmt: skip
        return Gap(key, head + 1, LATEST)

    def skip(self, key: ChainKey, last: int, why: str, now: datetime) -> int:
        """Give up the events up to a sequence, for good and on record; how many were given up.

        Raises:
            Contradiction: they are stored, or nobody has ever heard of the journal.
        """
        with self._database.transaction():
            if not self._is_known(key):
                raise Contradiction(
                    f"{key.source} has no journal {key.journal}: `devices` and `chains` list them"
                )
            ledger = StoreLedger(self._database, now)
            chain = ledger.chains([key]).get(key)
            if chain is None or last <= chain.head:
                raise Contradiction(f"event {last} of {key.source} is stored; nothing is skipped")
            left = [(chain.id, event.sequence) for event in ledger.waiting(chain, 0, last)
                    if event.sequence <= last]  # fmt: skip
            self._database.run(
                "INSERT INTO gap (chain, first, last, accepted, why) VALUES (?, ?, ?, ?, ?)",
                chain.id, chain.head + 1, last, self._database.moment(now), why,
            )  # fmt: skip
            skipped = Chain(chain.id, key, last, "", chain.waiting - len(left))
            ledger.write(intake.Changes(left=left, heads=[skipped]))
        return last - chain.head

    def _is_known(self, key: ChainKey) -> bool:
        """Whether a gate has shown this journal, or events of it are here."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM chain WHERE source = ? AND journal = ?"
                " UNION ALL SELECT 1 FROM device WHERE source = ? AND journal = ?",
                *key, *key,
            )
        )  # fmt: skip

    def _claim(self, chain: int, asked: Cell, asks: int, now: datetime) -> bool:
        """Whether this caller, of all that saw the same, is the one who asks."""
        moment = self._database.moment(now)
        if asked is None:
            statement, arguments = "asked IS NULL", []
        else:
            statement, arguments = "asked = ?", [asked]
        return bool(
            self._database.run(
                f"UPDATE chain SET asked = ?, asks = ? WHERE id = ? AND {statement}",  # noqa: S608
                moment, asks, chain, *arguments,
            )
        )  # fmt: skip

    # Devices

    def active_keys(self, source: str = "") -> list[DeviceKey]:
        """The keys that are not revoked, of one gate or of all."""
        which, arguments = (" AND source = ?", [source]) if source else ("", [])
        rows = self._database.rows(
            f"SELECT source, kid, jwk FROM device_key WHERE revoked IS NULL{which}"  # noqa: S608
            " ORDER BY source, since",
            *arguments,
        )
        return [DeviceKey(found, kid, json.loads(jwk)) for found, kid, jwk in rows]

    def keys_of(self, source: str) -> list[DeviceKey]:
        """The keys one gate ever had; also those that were revoked."""
        rows = self._database.rows(
            "SELECT source, kid, jwk FROM device_key WHERE source = ?", source
        )
        return [DeviceKey(found, kid, json.loads(jwk)) for found, kid, jwk in rows]

    def devices(self) -> list[Device]:
        """Every known gate."""
        rows = self._database.rows(
            "SELECT device.source, enrolled, how, flow, journal,"
            " (SELECT count(*) FROM device_key"
            "  WHERE device_key.source = device.source AND revoked IS NULL)"
            " FROM device ORDER BY device.source"
        )
        when = self._database.when
        return [Device(row[0], when(row[1]), *row[2:]) for row in rows]

    def enrol(self, keys: Sequence[DeviceKey], how: str, now: datetime) -> bool:
        """Make keys of one gate known; on first use only when the gate has none.

        Returns whether there is anything new.
        """
        moment = self._database.moment(now)
        with self._database.transaction():
            new = self._database.run(
                "INSERT INTO device (source, enrolled, how) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                keys[0].source, moment, how,
            )  # fmt: skip
            if how == FIRST_USE and not new:
                return False
            added = 0
            for key in keys:
                added += self._database.run(
                    "INSERT INTO device_key (source, kid, jwk, since) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (source, kid) DO UPDATE SET revoked = NULL"
                    " WHERE device_key.revoked IS NOT NULL",
                    key.source, key.kid, json.dumps(dict(key.jwk), sort_keys=True), moment,
                )  # fmt: skip
        return bool(new or added)

    def revoke(self, source: str, kid: str, now: datetime) -> int:
        """Trust a key of a gate no more, or all when `kid` is empty; how many."""
        which, arguments = (" AND kid = ?", [kid]) if kid else ("", [])
        return self._database.run(
            f"UPDATE device_key SET revoked = ? WHERE source = ? AND revoked IS NULL{which}",  # noqa: S608
            self._database.moment(now), source, *arguments,
        )  # fmt: skip

    def set_flow(self, source: str, flow: str) -> bool:
        """Say what a lane serves; whether the gate is known."""
        return bool(self._database.run("UPDATE device SET flow = ? WHERE source = ?", flow, source))

    # Refusals

    def refusals(self) -> list[quarantine.Count]:
        """How much was refused, by gate and reason."""
        return quarantine.counts(self._database)

    def quarantined(self, limit: int) -> list[quarantine.Kept]:
        """The newest refused messages."""
        return quarantine.newest(self._database, limit)

    def release(self, before: datetime) -> int:
        """Throw away what was refused before a moment; how many messages."""
        with self._database.transaction():
            return quarantine.clear(self._database, before)


def _pause(asks: int) -> timedelta:
    """How long to wait for an answer before asking again."""
    return timedelta(ASK_AGAIN.days, ASK_AGAIN.seconds * 2 ** min(asks, LONGEST_DOUBLING))
