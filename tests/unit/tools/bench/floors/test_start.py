"""The start imports what it needs, and its floor imports the same of others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5]
_TOLD = """
import json
others = {name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names}
ours = ("edge", "drivers", "tools", "_", "tests")
print(json.dumps(sorted(name for name in others if not name.startswith(ours))))
"""
_GATE = "import edge.__main__, edge.daemon, edge.composition.equipment, drivers.registry"
_FLOOR = "from tools.bench.floors.start import main; main([])"


def modules(program: str) -> set[str]:
    """The modules of others that a program has loaded, in an interpreter of its own."""
    whole = f"import sys; sys.modules['rich'] = None\n{program}\n{_TOLD}"
    found = subprocess.run(  # noqa: S603  # our own interpreter, our own program
        [sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(found.stdout))


@pytest.fixture(scope="module")
def gate() -> set[str]:
    return modules(_GATE)


def test_the_floor_loads_what_the_gate_loads_of_others(gate: set[str]) -> None:
    """Neither more, which would flatter the gate, nor less; the decoder's Pillow besides."""
    floor = modules(_FLOOR)
    assert {name for name in floor - gate if not name.startswith("PIL")} == set()
    assert {name.partition(".")[0] for name in gate - floor} <= {"pydantic"}
    assert len(gate - floor) <= 3


def test_the_gate_itself_loads_no_picture_library(gate: set[str]) -> None:
    """Pictures of others are decoded in a confined process; a technician's page loads it later."""
    assert not any(name.startswith("PIL") for name in gate)


def test_no_reader_of_events_is_made_before_an_event_is_read() -> None:
    """A gate writes events and reads none; 36 models took a tenth of its start."""
    program = "from edge.contract.verification import _reader; print(_reader.cache_info().currsize)"
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
        [sys.executable, "-c", f"{_GATE}; {program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0"
