"""A batch's transaction on the store: chains locked, events and heads written."""

from __future__ import annotations

from collections.abc import Collection, Sized
from dataclasses import replace
from datetime import datetime

from tools.central.database import Database, Row
from tools.central.intake import Changes
from tools.central.records import Chain, ChainKey, Event

JOURNALS_LIMIT = 1000
"""Journals a gate can have; a technician makes one a year."""
CHAIN = "id, source, journal, head, hash, waiting"
IS_FORKED = "EXISTS (SELECT 1 FROM forked WHERE forked.chain = chain.id)"
COLUMNS = "sequence, hash, type, occurred, stored, transaction_id, simulated, body"


class StoreLedger:
    """A transaction of the store, as intake sees it."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self._now = database.moment(now)

    def chains(self, keys: Collection[ChainKey]) -> dict[ChainKey, Chain]:
        """Lock chains in one order everywhere, so that workers wait and never deadlock."""
        found = self._locked(keys)
        missing = sorted(set(keys) - found.keys())
        if missing:
            for key in missing:
                self._database.run(
                    "INSERT INTO chain (source, journal) SELECT ?, ?"
                    " WHERE (SELECT count(*) FROM chain WHERE source = ?) < ?"
                    " ON CONFLICT DO NOTHING",
                    *key, key.source, JOURNALS_LIMIT,
                )  # fmt: skip
            found |= self._locked(missing)
        return found

    def hashes(
        self, chain: int, sequences: Collection[int]
    ) -> tuple[dict[int, str], dict[int, str]]:
        """Of the events, those stored in the chain, and those waiting."""
        places = marks(sequences)
        rows = self._database.rows(
            f"SELECT 0, sequence, hash FROM event WHERE chain = ? AND sequence IN ({places})"  # noqa: S608
            f" UNION ALL SELECT 1, sequence, hash FROM waiting WHERE chain = ?"
            f" AND sequence IN ({places})",
            chain, *sequences, chain, *sequences,
        )  # fmt: skip
        found: tuple[dict[int, str], dict[int, str]] = ({}, {})
        for place, sequence, digest in rows:
            found[place][sequence] = bytes(digest).hex()
        return found

    def forked(self, chain: int, hashes: Collection[str]) -> set[str]:
        """Of the hashes, those of events that are stored beside the chain."""
        rows = self._database.rows(
            f"SELECT hash FROM forked WHERE chain = ? AND hash IN ({marks(hashes)})",  # noqa: S608
            chain, *map(bytes.fromhex, hashes),
        )  # fmt: skip
        return {bytes(digest).hex() for (digest,) in rows}

    def waiting(self, chain: Chain, after: int, limit: int) -> list[Event]:
        """Events whose predecessor has not come, in order."""
        rows = self._database.rows(
            f"SELECT previous, {COLUMNS} FROM waiting WHERE chain = ? AND sequence > ?"  # noqa: S608
            " ORDER BY sequence LIMIT ?",
            chain.id, after, limit,
        )  # fmt: skip
        return [self._event(chain.key, row) for row in rows]

    def write(self, changes: Changes) -> None:
        """Carry out what intake found."""
        database = self._database
        if changes.left:
            database.many("DELETE FROM waiting WHERE chain = ? AND sequence = ?", changes.left)
        if changes.kept:
            database.many(
                f"INSERT INTO waiting (chain, previous, {COLUMNS})"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(chain, event.previous, *self._row(event)) for chain, event in changes.kept],
            )
        database.insert_events([(chain, *self._row(event)) for chain, event in changes.joined])
        if changes.forked:
            database.many(
                f"INSERT INTO forked (chain, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                [(chain, *self._row(event)) for chain, event in changes.forked],
            )
        if changes.heads:
            database.many(
                "UPDATE chain SET asks = CASE WHEN head < ? THEN 0 ELSE asks END,"
                " head = ?, hash = ?, waiting = ? WHERE id = ?",
                [(c.head, c.head, c.hash, c.waiting, c.id) for c in changes.heads],
            )

    def _locked(self, keys: Collection[ChainKey]) -> dict[ChainKey, Chain]:
        if not keys:
            return {}
        values = ", ".join(["(?, ?)"] * len(keys))
        rows = self._database.rows(
            f"SELECT {CHAIN}, 0 FROM chain"  # noqa: S608
            f" WHERE (source, journal) IN (VALUES {values}) ORDER BY id{self._database.lock_rows}",
            *(part for key in keys for part in key),
        )
        chains = {row[0]: chain_of(row) for row in rows}
        if not chains:
            return {}
        # Another statement: what a worker before this one has stored is seen once the lock is held.
        which = f"id IN ({marks(chains)}) AND {IS_FORKED}"
        for (chain,) in self._database.rows(f"SELECT id FROM chain WHERE {which}", *chains):  # noqa: S608
            chains[chain] = replace(chains[chain], forked=True)
        return {chain.key: chain for chain in chains.values()}

    def _row(self, event: Event) -> Row:
        return (
            event.sequence,
            bytes.fromhex(event.hash),
            event.type,
            self._database.moment(event.occurred),
            self._now,
            event.transaction,
            event.simulated,
            event.body,
        )

    def _event(self, key: ChainKey, row: Row) -> Event:
        previous, sequence, found, kind, occurred, _, transaction, simulated, body = row
        return Event(
            chain=key,
            sequence=sequence,
            previous=previous,
            hash=bytes(found).hex(),
            type=kind,
            occurred=self._database.when(occurred),
            transaction=transaction,
            simulated=bool(simulated),
            body=bytes(body),
        )


def chain_of(row: Row) -> Chain:
    """A chain from its row: the columns of `CHAIN`, and whether it is forked."""
    return Chain(row[0], ChainKey(row[1], row[2]), row[3], row[4], row[5], bool(row[6]))


def marks(values: Sized) -> str:
    """As many placeholders as there are values."""
    return ", ".join("?" * len(values))
