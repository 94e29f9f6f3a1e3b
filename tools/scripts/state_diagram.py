"""Draws the states of the gate into `docs/gate.md`, from the exhaustive walk.

`python -m tools.scripts.state_diagram` writes the part between the two marks.  A test compares it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final, TypeAlias, get_args

from edge.border.decision import Open
from edge.gate import events
from edge.gate.events import Alarm, AlarmRaised, DeviceMissing, Event
from edge.gate.states import OutOfService, State, Topology, posture
from tools.scripts.gate_walk import ALPHABET, walk

DOCUMENT: Final = Path(__file__).parents[2] / "docs/gate.md"
BEGIN: Final = "<!-- drawn by python -m tools.scripts.state_diagram -->"
END: Final = "<!-- end of what is drawn -->"

Node: TypeAlias = str
"""A kind of state in words.  States that differ by transaction, reasons or alarm are one node."""
Edges: TypeAlias = Mapping[tuple[Node, Node], frozenset[Event]]
Rows: TypeAlias = Mapping[tuple[frozenset[Node], Node], frozenset[Event]]
"""Origins and target, and the events that lead from each of those to this."""

_KINDS: Final = [kind.__name__ for kind in get_args(State)]


def node(state: State) -> Node:
    """Name a state, with the facts about it that are true."""
    facts = [each.name for each in fields(state) if getattr(state, each.name) is True]
    return f"{type(state).__name__} ({', '.join(facts)})" if facts else type(state).__name__


def edges(topology: Topology) -> Edges:
    """Collect every change of state."""
    found: dict[tuple[Node, Node], set[Event]] = {}
    for before, event, after in walk(topology):
        if before != after:
            found.setdefault((node(before), node(after)), set()).add(event)
    return {ends: frozenset(led_by) for ends, led_by in found.items()}


def common(drawn: Edges) -> Rows:
    """Find the events that lead from more than half of all nodes to one: a table says it better."""
    nodes = {end for ends in drawn for end in ends}
    origins: dict[tuple[Node, Event], set[Node]] = {}
    for (before, after), led_by in drawn.items():
        for event in led_by:
            origins.setdefault((after, event), set()).add(before)
    found: dict[tuple[frozenset[Node], Node], set[Event]] = {}
    for (after, event), befores in origins.items():
        if 2 * len(befores) > len(nodes):
            found.setdefault((frozenset(befores), after), set()).add(event)
    return {row: frozenset(led_by) for row, led_by in found.items()}


def drawing(topology: Topology) -> Iterator[str]:
    """Draw one topology: a table of what leads there from almost everywhere, and a diagram."""
    drawn = edges(topology)
    rows = common(drawn)
    nodes = sorted({end for ends in drawn for end in ends}, key=_order)
    yield f"### {topology.value.capitalize()}\n"
    yield "| From | by | to |\n|---|---|---|"
    for (befores, after), led_by in sorted(rows.items(), key=lambda row: _order(row[0][1])):
        spared = [each for each in nodes if each not in {after, *befores}]
        origin = "every other state" + (f" but {', '.join(spared)}" if spared else "")
        yield f"| {origin} | {words(led_by)} | {after} |"
    yield "\n```mermaid\nstateDiagram-v2"
    yield from (
        f'  state "{each}" as {identifier(each)}' for each in nodes if identifier(each) != each
    )
    yield f"  [*] --> {identifier(node(OutOfService()))}"
    for before, after in sorted(drawn, key=lambda ends: [_order(end) for end in ends]):
        covered = [by for (befores, to), by in rows.items() if to == after and before in befores]
        left = drawn[before, after].difference(*covered)
        if left:
            yield f"  {identifier(before)} --> {identifier(after)} : {words(left)}"
    yield "```\n"


def postures() -> Iterator[str]:
    """List what the hardware shows in each kind of state."""
    yield "### What each state shows\n"
    yield "| State | Free doors | Sign | Waits at most |\n|---|---|---|---|"
    shown = {
        node(each.after): posture(each.after) for topology in Topology for each in walk(topology)
    }
    for name in sorted(shown, key=_order):
        doors = ", ".join(sorted(shown[name].free)) or "none"
        patience_s = shown[name].patience_s
        patience = "for ever" if patience_s is None else f"{patience_s:g} s"
        yield f"| {name} | {doors} | `{shown[name].sign}` | {patience} |"


def words(led_by: Iterable[Event]) -> str:
    """Say events in words, in the order of the alphabet."""
    found = sorted(led_by, key=ALPHABET.index)
    said = {
        AlarmRaised: _alarms({each.alarm for each in found if isinstance(each, AlarmRaised)}),
        DeviceMissing: "device missing" if DeviceMissing() in found else "cabinet missing",
    }
    return ", ".join(dict.fromkeys(said.get(type(each)) or _plain(each) for each in found))


def _plain(event: Event) -> str:
    match event:
        case events.Decided(decision=decision):
            return f"decided to {'open' if isinstance(decision, Open) else 'refer'}"
        case events.OfficerRelease():
            return "officer release of one person"
        case _:
            return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(event).__name__).lower()


def _alarms(raised: set[Alarm]) -> str:
    spared = [each.value for each in Alarm if each not in raised]
    if not spared:
        return "any alarm"
    if len(spared) == 1:
        return f"any alarm but {spared[0]}"
    return ", ".join(f"alarm {each.value}" for each in Alarm if each in raised)


def identifier(name: Node) -> str:
    """Name a node for mermaid: one word."""
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"\w+", name))


def _order(name: Node) -> tuple[int, Node]:
    """Along the union `State`, which lists the states as a traveller meets them."""
    return _KINDS.index(name.partition(" ")[0]), name


def rendered(document: str) -> str:
    """Return the document with the part between the marks as the walk draws it."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [line for topology in Topology for line in drawing(topology)]
    return "\n".join([f"{before}{BEGIN}\n", *parts, *postures(), f"\n{END}{after}"])


def main() -> None:
    """Write the drawn part."""
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
