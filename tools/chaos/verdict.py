"""What a storm has shown: a row for each accident, and what the audit found at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from edge.contract.json_object import JsonObject
from tools.fleet.audit import Audit

SHUT_IN_S: Final = 60.0
"""Nobody stands inside for longer: every state with shut doors ends sooner (edge.gate.states)."""


def faults_of_a_lane(passed: int, longest_inside_s: float) -> list[str]:
    """What is wrong with a lane that let so many pass and held one person for so long."""
    faults = [] if passed else ["its journal says of nobody that they passed"]
    return [*faults, "somebody was locked in"] if longest_inside_s > SHUT_IN_S else faults


@dataclass(slots=True)
class Row:
    """One kind of accident."""

    accident: str
    seen: int = 0
    worst_s: float = 0.0
    """From the end of the cause to the next genuine traveller who has passed."""
    missing: str = ""
    """Why it was not tried, if it was not."""
    faults: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """The verdict in a word."""
        if not self.seen:
            return f"not tried: {self.missing or 'broken off'}"
        return "; ".join(self.faults) or "good"


@dataclass(slots=True)
class LaneVerdict:
    """What became of one lane."""

    lane: str
    passed: int
    others: int
    """Who must be referred."""
    referred: dict[str, int]
    starts: int
    longest_inside_s: float
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole."""

    seed: int
    bar_s: float
    rows: Sequence[Row]
    lanes: Sequence[LaneVerdict]
    audits: Sequence[Audit]
    """Of each journal against the store of the central side."""
    is_whole: bool = True
    """Whether the storm went on to its end."""

    @property
    def holds(self) -> bool:
        """Whether nothing went wrong, and something was tried."""
        tried = [row for row in self.rows if row.seen]
        good = not any(row.faults for row in self.rows)
        audited = bool(self.audits) and all(audit.holds for audit in self.audits)
        lanes = not any(lane.faults for lane in self.lanes)
        return self.is_whole and bool(tried) and good and audited and lanes

    def words(self) -> str:
        """The verdict for a person."""
        width = max((len(row.accident) for row in self.rows), default=8)
        lines = [f"{'accident':{width}}  seen  back after, worst  verdict"]
        for row in self.rows:
            worst = f"{row.worst_s:.1f} s" if row.seen else "-"
            lines.append(f"{row.accident:{width}}  {row.seen:4}  {worst:>17}  {row.word}")
        lines += [line for lane in self.lanes for line in _of(lane)]
        for found in self.audits:
            lines.append(
                f"central side: {found.written} events written, {found.stored} stored, {found.lost}"
                f" lost, {found.strange} doubled or strange, {found.unproven} findings in the chain"
            )
            lines += found.faults
        verdict = "holds" if self.holds else "DOES NOT HOLD" if self.is_whole else "BROKEN OFF"
        lines.append(f"{verdict}, --seed {self.seed}")
        return "\n".join(lines)

    def json(self) -> JsonObject:
        """The verdict for a program."""
        return {
            "seed": self.seed,
            "holds": self.holds,
            "is_whole": self.is_whole,
            "bar_s": self.bar_s,
            "accidents": [asdict(row) | {"verdict": row.word} for row in self.rows],
            "lanes": [asdict(lane) for lane in self.lanes],
            "audits": [asdict(audit) for audit in self.audits],
        }


def _of(lane: LaneVerdict) -> list[str]:
    referred = ", ".join(f"{reasons} {n}" for reasons, n in sorted(lane.referred.items()))
    return [
        (
            f"{lane.lane}: {lane.passed} genuine travellers passed, {lane.others} came who must be"
            f" referred, {lane.starts} starts, longest inside {lane.longest_inside_s:.1f} s"
        ),
        f"{lane.lane}: genuine travellers referred meanwhile: {referred or 'none'}",
        *(f"{lane.lane}: {fault}" for fault in lane.faults),
    ]
