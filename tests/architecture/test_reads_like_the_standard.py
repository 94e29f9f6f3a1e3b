"""The rules stand in order where the code opens, and the diagram is what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from edge.gate.states import Topology
from tools.scripts import state_diagram
from tools.scripts.gate_walk import walk
from tools.scripts.state_diagram import DOCUMENT, identifier, node, rendered

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^ *(\d+)\. ", re.MULTILINE)
APPLIED = re.compile(r"^ *# (\d+)\. ", re.MULTILINE)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("edge/gate/step.py", ["edge/gate/step.py"]),
        ("edge/emrtd/pace.py", ["edge/emrtd/pace.py"]),
        ("edge/trust/__init__.py", ["edge/trust/sod.py", "edge/trust/inspection.py"]),
    ],
)
def test_the_code_follows_the_rules_that_stand_above_it(rules: str, code: list[str]) -> None:
    opening = ast.get_docstring(ast.parse((ROOT / rules).read_text(encoding="utf-8"))) or ""
    listed = [int(number) for number in LISTED.findall(opening)]
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in code]
    assert listed == [*range(1, len(listed) + 1)]
    assert [int(number) for text in texts for number in APPLIED.findall(text)] == listed
    assert len(listed) > 1


def test_the_state_diagram_is_what_the_walk_draws() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == rendered(document), "run: python -m tools.scripts.state_diagram"


@pytest.mark.parametrize("topology", Topology)
def test_every_drawn_state_stands_for_states_that_do_the_same(topology: Topology) -> None:
    """From one node an event leads to one node, wherever it leads elsewhere at all."""
    targets: dict[tuple[str, str], set[str]] = {}
    for before, event, after in walk(topology):
        if before != after:
            targets.setdefault((node(before), repr(event)), set()).add(node(after))
    assert [ends for ends, reached in targets.items() if len(reached) != 1] == []


@pytest.mark.parametrize("topology", Topology)
def test_every_change_of_state_is_an_arrow_or_in_the_table(topology: Topology) -> None:
    drawn = state_diagram.edges(topology)
    rows = state_diagram.common(drawn)
    text = "\n".join(state_diagram.drawing(topology))
    for before, after in drawn:
        arrow = f"{identifier(before)} --> {identifier(after)} : "
        in_a_row = any(to == after and before in befores for befores, to in rows)
        assert arrow in text or in_a_row, arrow
