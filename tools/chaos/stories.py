"""What the journal of a gate says about its travellers: who passed, and what has no end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tools.chaos.travellers import GENUINE, Visit
from tools.chaos.witness import CLOSED, DECIDED, PASSED, STARTED, Told

OPENS = ("gate.authorised", PASSED)
"""Nobody who must be referred may have one of these."""


@dataclass(slots=True)
class Stories:
    """What became of the travellers of one gate; `faults` says in words what must not have been."""

    passed: int = 0
    """Genuine travellers who went through."""
    referred: Counter[str] = field(default_factory=Counter)
    """Genuine travellers who did not, by the reasons."""
    others: int = 0
    """Transactions of those who must be referred."""
    faults: list[str] = field(default_factory=list)


def judge(events: Sequence[Told], visits: Sequence[Visit]) -> Stories:
    """Judge every transaction by who stood there when it began."""
    found = Stories()
    for transaction, told in _by_transaction(events).items():
        begun = [each.sequence for each in told if each.kind == STARTED]
        ended = [each.sequence for each in told if each.kind == CLOSED]
        if len(begun) != 1 or len(ended) != 1:
            found.faults.append(
                f"transaction {transaction} began {len(begun)} times and ended {len(ended)} times"
            )
        else:
            _judge_one(found, _who(begun[0], visits), told)
    unknown = sum(each.kind == PASSED and each.transaction is None for each in events)
    if unknown:
        found.faults.append(f"{unknown} passages belong to no transaction")
    return found


def _judge_one(found: Stories, who: str, told: Sequence[Told]) -> None:
    kinds = Counter(each.kind for each in told)
    decided = [each.data for each in told if each.kind == DECIDED]
    was_to_open = any(each["decision"] == "open" for each in decided)
    if who != GENUINE:
        found.others += 1
        if was_to_open or any(kinds[kind] for kind in OPENS):
            found.faults.append(f"the gate opened for: {who} (event {told[0].sequence})")
    elif kinds[PASSED]:
        found.passed += 1
    else:  # a later decision replaces an earlier one
        reasons = decided[-1]["reasons"] if decided else ["not decided"]
        found.referred[" ".join(reasons) or "did not walk"] += 1
    if kinds[PASSED] > was_to_open:
        found.faults.append(f"more passages than decisions to open (event {told[0].sequence})")


def _by_transaction(events: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for each in events:
        if each.transaction is not None:
            found.setdefault(each.transaction, []).append(each)
    return found


def _who(sequence: int, visits: Sequence[Visit]) -> str:
    """The last who had stepped up when this event was written."""
    return next((visit.name for visit in reversed(visits) if visit.after < sequence), "nobody")
