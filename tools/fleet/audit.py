"""Has the central side exactly what the gates wrote?  Byte for byte, from both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.chain import ChainVerifier
from edge.contract.signature import VerificationKeys
from edge.keys.device_key import DeviceKey
from tools.central.store import Store
from tools.fleet.gate import JOURNAL

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
TOLD = 5


@dataclass(slots=True)
class Audit:
    """What was compared, and what was found wrong; `faults` holds the first few, in words."""

    gates: int = 0
    written: int = 0
    stored: int = 0
    lost: int = 0
    strange: int = 0
    """Stored, but never written; or doubled, or out of order."""
    unproven: int = 0
    """What the verification of a chain had to say."""
    faults: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Every event is stored exactly once, in order, and its chain is proven."""
        return not (self.lost or self.strange or self.unproven) and self.written == self.stored

    def note(self, fault: str) -> None:
        """Keep a fault for the verdict."""
        if len(self.faults) < TOLD:
            self.faults.append(fault)


def audit(fleet: Path, site: str, store: Store) -> Audit:
    """Compare every gate of a fleet's folder with the store."""
    found = Audit()
    for folder in sorted(path for path in fleet.iterdir() if (path / JOURNAL).exists()):
        source = f"/egate/v1/{site}/{folder.name}"
        written = list(bodies_of(folder))
        stored = _stored(store, source)
        found.gates += 1
        found.written += len(written)
        found.stored += len(stored)
        _compare(found, source, written, stored)
        _verify(found, folder, source, stored)
    return found


def bodies_of(folder: Path) -> Iterator[bytes]:
    """Every event a gate has written, in order, as it stands on its disk."""
    uri = f"{(folder / JOURNAL).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        for (body,) in connection.execute("SELECT body FROM journal ORDER BY sequence"):
            yield bytes(body)


def _stored(store: Store, source: str) -> list[bytes]:
    kept = store.events(EARLIEST, LATEST, source=source)
    return [each.body for each in sorted(kept, key=lambda each: (each.journal, each.sequence))]


def _compare(found: Audit, source: str, written: list[bytes], stored: list[bytes]) -> None:
    if written == stored:
        return
    missing, strange = len(set(written) - set(stored)), len(set(stored) - set(written))
    doubled = len(stored) - len(set(stored))
    found.lost += missing
    found.strange += strange + doubled + (not missing and not strange and not doubled)
    found.note(f"{source}: {missing} lost, {strange} never written, {doubled} doubled")


def _verify(found: Audit, folder: Path, source: str, stored: list[bytes]) -> None:
    key = DeviceKey.load(folder / "device-key.pem")
    verifier = ChainVerifier(VerificationKeys.of_jwks({"keys": [key.public_jwk(source)]}))
    findings = [finding for body in stored for finding in verifier.take(body)]
    findings += verifier.end()
    found.unproven += len(findings)
    for finding in findings:
        found.note(f"{source}: {finding}")
