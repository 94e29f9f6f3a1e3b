"""Events to passages: what is counted of one traveller's way through a lane."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tools.central.store import Kept

TYPES = (
    "transaction.started", "document.read", "chip.verified", "chip.failed", "decision.made",
    "transaction.closed",
)  # fmt: skip
LATER_TYPES = ("officer.outcome", "officer.override")
"""They come after the lane is free again."""
PROOF = ("chip.sod_signature", "chip.ds_chain")
"""What must be successful for a document's signature to be covered."""
FACE = "R-FACE-"


@dataclass(slots=True)
class Passage:
    """One transaction, as far as it can be told."""

    source: str
    transaction: str
    began: datetime
    issuer: str = ""
    """The state whose document it was, as the MRZ says; empty when it was not read."""
    decision: str = ""
    reasons: tuple[str, ...] = ()
    chip: bool | None = None
    """Whether signature and chain were proven; None when no chip was read."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    outcome: str = ""
    again: bool | None = None
    """Whether the same document was at this gate before on that day; None when that is not told."""

    @property
    def face_only(self) -> bool:
        """Referred, and for nothing but the face."""
        return bool(self.reasons) and all(reason.startswith(FACE) for reason in self.reasons)


def passages(events: Iterable[Kept], *, simulated: bool = False) -> Iterator[Passage]:
    """Fold events, in the order they occurred; each passage when its lane is free again.

    Those under way at the end are not told: one by one, they would make small counts of large ones.
    Payloads that are not as the contract says count as if they were not there.
    """
    open_ones: dict[str, Passage] = {}
    seen: dict[str, tuple[date, set[str]]] = {}
    for event in events:
        if not event.transaction or (event.simulated and not simulated):
            continue
        passage = open_ones.get(event.source)
        if passage is None or passage.transaction != event.transaction:
            if passage is not None:
                yield passage
            passage = Passage(event.source, event.transaction, event.occurred)
            open_ones[event.source] = passage
        data = _data(event)
        _learn(passage, event.type, data)
        if event.type == "transaction.closed":
            passage.again = _again(seen, event, _text(data.get("traveller")))
            yield open_ones.pop(event.source)


def admitted(events: Iterable[Kept]) -> set[tuple[str, str]]:
    """Gate and transaction of those whom an officer let pass after all."""
    return {
        (event.source, event.transaction)
        for event in events
        if _data(event).get("outcome") in ("admitted", "released")
    }


def _again(seen: dict[str, tuple[date, set[str]]], event: Kept, pseudonym: str) -> bool | None:
    """Look a day's pseudonym up among those of its gate; it goes no further than here."""
    if not pseudonym:
        return None
    day, known = seen.get(event.source, (event.occurred.date(), set[str]()))
    if day != event.occurred.date():
        known = set()
    seen[event.source] = (event.occurred.date(), known)
    before = pseudonym in known
    known.add(pseudonym)
    return before


def _learn(passage: Passage, kind: str, data: Mapping[str, object]) -> None:
    match kind:
        case "document.read":
            passage.issuer = _text(data.get("issuing_state"))
        case "chip.verified" | "chip.failed":
            results = _results(data.get("checks"))
            passage.chip = all(results.get(check) == "successful" for check in PROOF)
        case "decision.made":
            passage.decision = _text(data.get("decision"))
            reasons = data.get("reasons")
            passage.reasons = tuple(map(_text, reasons)) if isinstance(reasons, list) else ()
            passage.timings_ms = _numbers(data.get("timings_ms"))
        case "transaction.closed":
            passage.outcome = _text(data.get("outcome"))
        case _:
            pass


def _data(event: Kept) -> Mapping[str, object]:
    data = json.loads(event.body).get("data")
    return data if isinstance(data, dict) else {}


def _results(checks: object) -> dict[str, str]:
    if not isinstance(checks, list):
        return {}
    found = [check for check in checks if isinstance(check, dict)]
    return {_text(check.get("id")): _text(check.get("result")) for check in found}


def _numbers(values: object) -> dict[str, float]:
    if not isinstance(values, dict):
        return {}
    return {k: float(v) for k, v in values.items() if isinstance(v, int | float) and 0 < v < 1e9}


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) < 100 else ""
