"""The faults that are put into the core: which there are, how they are tried, what is kept."""

from __future__ import annotations

import ast
import json
import os
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.some import replaced
from tools.mutants import trial
from tools.mutants.__main__ import CORE, ROOT, main
from tools.mutants.breeding import enumerations, modules, mutants
from tools.mutants.coverage import Killers, Suite, covering
from tools.mutants.mutant import Module, Mutant
from tools.mutants.processes import HUNG, wait_for_all
from tools.mutants.verdicts import Verdict, Verdicts, equivalents

SOURCE = '''
"""A docstring is no code."""
LIMIT: int = 3
__all__ = ["LIMIT"]
T = TypeVar("T")
DIGEST = hashlib.sha1(usedforsecurity=False)

class Word(StrEnum):
    YES = "yes"
    NO = "no"

def judge(value: int | None, *, strict: bool = True) -> Word:
    """Neither is this."""
    if value is None or value < LIMIT and not strict:
        raise ValueError("two words")
    match value:
        case 3 | 4 if strict:
            return Word.YES
    seen.append(value)
    return Word.NO if any(seen) else Word.YES
'''


def bred(source: str = SOURCE) -> list[Mutant]:
    tree = ast.parse(source)
    return mutants(Module("edge.gate.step", ROOT / "edge/gate/step.py", tree), enumerations([tree]))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("3", "4"),
        ("'yes'", "'yesX'"),
        ("True", "False"),
        ("value is None", "value is not None"),
        ("value < LIMIT", "value <= LIMIT"),
        ("value < LIMIT", "value >= LIMIT"),
        ("value < LIMIT and (not strict)", "value < LIMIT or not strict"),
        ("not strict", "strict"),
        ("raise ValueError('two words')", "pass"),
        ("case 3 | 4 if strict", "case 3 | 4"),
        ("3 | 4", "4"),
        ("return Word.YES", "return None"),
        ("Word.YES", "Word.NO"),
        ("seen.append(value)", "pass"),
        ("any", "all"),
        ("if any(seen)", "if not any(seen)"),
    ],
)
def test_a_fault_that_a_programmer_makes(was: str, becomes: str) -> None:
    assert (was, becomes) in {(mutant.was, mutant.becomes) for mutant in bred()}


def test_what_is_no_code_has_no_faults() -> None:
    """Docstrings, annotations, exports, names of types, and the words of an error."""
    for mutant in bred():
        assert mutant.was not in {"'T'", "False"}
        assert "'LIMIT'" not in mutant.was
        assert "docstring" not in mutant.was
        assert mutant.was not in {"int | None", "'two words'"}


def test_every_mutant_of_the_core_compiles_and_has_a_name_of_its_own() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.glob("edge/**/*.py")]
    enums = enumerations(trees)
    for package in CORE:
        found = [each for module in modules(ROOT, package) for each in mutants(module, enums)]
        assert found
        assert len({mutant.key for mutant in found}) == len(found)
    fresh = modules(ROOT, "gate")[-1]
    for place in range(0, len(mutants(fresh, enums)), 7):
        module = modules(ROOT, "gate")[-1]
        mutants(module, enums)[place].apply()
        compile(ast.fix_missing_locations(module.tree), module.path, "exec")
        assert ast.unparse(module.tree) != ast.unparse(fresh.tree)


def suite(name: str, ran: str, seconds: float) -> Suite:
    return Suite(
        Path(name), name, {"": frozenset[str](), f"{name}::test": frozenset({ran})}, seconds
    )


def test_the_tests_that_run_the_function_try_its_mutant() -> None:
    mutant = next(each for each in bred() if each.function == "judge")
    near = suite("near", "edge/gate/step.py:judge", 1)
    inner = suite("inner", "edge/gate/step.py:judge.<locals>.<genexpr>", 2)
    other = suite("other", "edge/gate/step.py:judges", 0)
    slow = suite("slow", "edge/gate/step.py:judge", 100)
    assert covering(mutant, [other, near, inner, slow], ROOT) == [near, inner]
    assert covering(mutant, [other], ROOT) == [other]
    assert covering(mutant, [slow], ROOT) == [slow]
    table = next(each for each in bred() if not each.function)
    elsewhere = suite("elsewhere", "edge/gate/states.py:posture", 0)
    assert covering(table, [elsewhere, other, near], ROOT) == [other, near]


def test_the_own_tests_of_a_package_are_not_crowded_out_by_quicker_ones() -> None:
    mutant = next(each for each in bred() if each.function == "judge")
    attack, tool, slow = (
        suite(path, "edge/gate/step.py:judge", seconds)
        for path, seconds in (
            ("tests/attacks/test_a.py", 20),
            ("tests/unit/tools/gate/test_t.py", 25),
            ("tests/unit/gate/test_s.py", 100),
        )
    )
    assert covering(mutant, [attack, tool], ROOT) == [tool]
    assert covering(mutant, [attack], ROOT) == [attack]
    assert covering(mutant, [attack, slow], ROOT) == [attack]


def test_what_killed_the_neighbours_of_a_mutant_is_run_first() -> None:
    one, other = (each for each in bred() if each.was in {"value is None", "seen.append(value)"})
    table = next(each for each in bred() if not each.function)
    quick, slow, slower = (suite(f"{seconds} s", "", seconds) for seconds in (1, 2, 3))
    killers = Killers()
    assert killers.first(one, [slow, quick, slower]) == [quick, slow, slower]
    killers.add(one, slower)
    killers.add(table, slow)
    killers.add(table, slow)
    assert killers.first(other, [quick, slow, slower]) == [slower, slow, quick]
    assert killers.first(table, [quick, slow, slower]) == [slow, slower, quick]


def test_a_process_that_does_not_end_is_hung_and_not_killed() -> None:
    def forked(seconds: int, code: int) -> int:
        process = os.fork()
        if not process:
            os.setsid()
            os.execvp("sh", ["sh", "-c", f"sleep {seconds}; exit {code}"])  # noqa: S606, S607
        return process

    starts = [(lambda: forked(600, 0), 0.2), (lambda: forked(0, 7), 60.0)]
    assert dict(wait_for_all(starts, 2)) == {0: HUNG, 1: 7}


def test_a_verdict_counts_until_the_function_or_its_tests_change(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    killed, survived = bred()[:2]
    one, two, new = (suite(name, "", 1) for name in ("one", "two", "new"))
    Verdicts(file).add(killed, Verdict.KILLED, [two])
    Verdicts(file).add(survived, Verdict.SURVIVED, [one, two])
    again = Verdicts(file)
    assert again.get(killed, [new, two]) is Verdict.KILLED
    assert again.get(killed, [one, new]) is None
    assert again.get(survived, [two, one]) is Verdict.SURVIVED
    assert again.get(survived, [one, two, new]) is None
    changed = next(m for m in bred(replaced(SOURCE, "LIMIT: int = 3", "LIMIT: int = 2")))
    assert again.get(changed, [two]) is None


def test_every_equivalent_has_its_reason() -> None:
    listed = equivalents()
    assert all(len(each.reason.split()) > 3 for each in listed)
    assert len({(e.module, e.function, e.was, e.becomes, e.ordinal) for e in listed}) == len(listed)


KILLING = "assert posture(Ready()).sign == 'present-document'"


@pytest.mark.parametrize(
    ("near", "other", "quick", "code"),
    [
        (KILLING, "pass", False, trial.KILLED),
        ("pass", KILLING, False, trial.KILLED),
        ("pass", KILLING, True, trial.SURVIVED),
        ("pass", "pass", False, trial.SURVIVED),
    ],
)
def test_a_mutant_is_tried_in_a_process_of_its_own(
    near: str, other: str, quick: bool, code: int, tmp_path: Path
) -> None:
    """The sign of a gate that serves: a test that looks at it kills, whether near or not.

    In a hurry only those that are near are run.
    """
    file = tmp_path / "test_tried.py"
    file.write_text(
        "from edge.gate.states import Ready, posture\n"
        f"def test_near() -> None:\n    {near}\n"
        f"def test_other() -> None:\n    {other}\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    module = next(each for each in modules(ROOT, "gate") if each.name == "edge.gate.states")
    mutant = next(m for m in mutants(module, {}) if m.was == "'present-document'")
    tests = [(file, {"test_tried.py::test_near"})]
    start = partial(trial.start, mutant, tests, tmp_path, quick=quick)
    assert list(wait_for_all([(start, 120)], 1)) == [(0, code)]


def test_a_package_that_is_not_there() -> None:
    result = CliRunner().invoke(main, ["nowhere"])
    assert isinstance(result.exception, ValueError)


def test_what_each_test_runs_is_observed(tmp_path: Path) -> None:
    file = tmp_path / "test_observed.py"
    file.write_text(
        "from edge.gate.states import Ready, posture\n"
        "def test_one() -> None:\n    posture(Ready())\n"
        "def test_two() -> None:\n    pass\n",
        encoding="utf-8",
    )
    at = tmp_path / "found.json"
    assert list(wait_for_all([(lambda: trial.observe(file, ROOT, at, 60), 120)], 1)) == [(0, 0)]
    said = json.loads(at.read_text(encoding="utf-8"))
    ran = {test.partition("::")[2]: functions for test, functions in said["ran"].items()}
    assert said["passes"]
    assert "edge/gate/states.py:posture" in ran["test_one"]
    assert "edge/gate/states.py:posture" not in (*ran["test_two"], *ran[""])


def test_a_file_of_tests_that_takes_too_long_is_not_used(tmp_path: Path) -> None:
    file, at = tmp_path / "test_endless.py", tmp_path / "found.json"
    file.write_text("def test_it() -> None:\n    while True:\n        pass\n", encoding="utf-8")
    ((_, code),) = wait_for_all([(lambda: trial.observe(file, ROOT, at, 2), 120)], 1)
    assert code != HUNG
    assert not json.loads(at.read_text(encoding="utf-8"))["passes"]
