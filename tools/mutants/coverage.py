"""Which files of tests run which functions of the core: observed once, kept until they change."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from tools.mutants import trial
from tools.mutants.mutant import Mutant
from tools.mutants.processes import wait_for_all

LONGEST_S = 60
"""No file of tests may take longer of the processor to be used, while it is observed."""
HANGS_S = 1_200
BUDGET_S, QUICK_S = 30.0, 8.0
"""The tests of one mutant take no longer together, on a machine with nothing else to do."""
_IMPORTED = re.compile(
    r"^\s*(?:from|import) (tests|edge)\.([\w.]+)(?: import (\w+))?", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of tests: its text's digest, what each test runs, and how long all take.

    `ran` has the functions of each test by its pytest id, and under "" those of the import.
    """

    path: Path
    digest: str
    ran: Mapping[str, frozenset[str]]
    seconds: float
    _tests: Mapping[str, set[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tests: defaultdict[str, set[str]] = defaultdict(set)
        for test, ran in self.ran.items():
            for name in {outer for each in ran for outer in _around(each)}:
                tests[name].add(test)
        object.__setattr__(self, "_tests", tests)

    def running(self, function: str) -> frozenset[str]:
        """The tests that run a function, named `edge/gate/step.py:step`, or what lies in it."""
        return frozenset(self._tests.get(function, ()))


def observed(root: Path, package: str, workers: int, *, own: bool = False) -> list[Suite]:
    """The tests of a package that pass, quickest first; those that are new or changed are run.

    With `own` only those that lie in a folder of its name.
    """
    code = hashlib.sha256(b"".join(p.read_bytes() for p in _sources(root, package))).hexdigest()
    found = [path for path in _candidates(root, package) if package in path.parts or not own]
    kept = {path: _kept(root, package, path, code) for path in found}
    new = [path for path, at in kept.items() if not at.is_file()]
    if new:
        click.echo(f"{package}: {len(new)} files of tests are run without a mutant first")
        _observe(root, {path: kept[path] for path in new}, workers)
    suites = []
    for path, at in kept.items():
        said = json.loads(at.read_text(encoding="utf-8")) if at.is_file() else None
        if said is not None and said["passes"]:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            ran = {test: frozenset(functions) for test, functions in said["ran"].items()}
            suites.append(Suite(path, digest, ran, said["seconds"]))
        else:
            click.echo(f"  {path.relative_to(root)} fails or takes too long: not used")
    return sorted(suites, key=lambda tests: tests.seconds)


def covering(
    mutant: Mutant, tests: Sequence[Suite], root: Path, budget_s: float = BUDGET_S
) -> list[Suite]:
    """The tests that run the mutated function, or where none is known to, all of the package.

    The package's own are chosen first, and of them the one that is named after the module, then the
    quickest, while they take no longer than the budget together.  Its own lie in a folder of its
    name, such as unit/contract and unit/tools/contract.
    """
    package = mutant.module.name.split(".")[1]
    found = [each for each in tests if each.running(named(mutant, root))] or tests
    found = sorted(found, key=lambda each: (package not in each.path.parts, _rank(mutant, each)))
    chosen: list[Suite] = []
    for each in found:
        if each.seconds <= budget_s:
            chosen.append(each)
            budget_s -= each.seconds
    return chosen or found[:1]


def _rank(mutant: Mutant, tests: Suite) -> tuple[bool, float]:
    """The tests that are named after the module first, then the quickest."""
    return tests.path.stem != f"test_{mutant.module.path.stem}", tests.seconds


def named(mutant: Mutant, root: Path) -> str:
    """Name the function of a mutant as `Suite.ran` does."""
    return f"{mutant.module.path.relative_to(root)}:{mutant.function}"


class Killers:
    """The tests that killed the neighbours of a mutant: they are likely to kill it as well."""

    def __init__(self) -> None:
        self._kills = Counter[tuple[str, Path]]()

    def add(self, mutant: Mutant, by: Suite) -> None:
        """Remember a kill."""
        module = mutant.module.name
        self._kills.update([(module, by.path), (f"{module}.{mutant.function}", by.path)])

    def first(self, mutant: Mutant, tests: Sequence[Suite]) -> list[Suite]:
        """Put those first that killed in the function, then those that killed in the module."""
        module = mutant.module.name
        function = f"{module}.{mutant.function}"

        def rank(each: Suite) -> tuple[int, int, tuple[bool, float]]:
            kills = self._kills
            return -kills[function, each.path], -kills[module, each.path], _rank(mutant, each)

        return sorted(tests, key=rank)


def _around(ran: str) -> Iterator[str]:
    """What ran, all that it lies in, such as its class, and its module (`edge/gate/step.py:`)."""
    file, _, name = ran.partition(":")
    yield f"{file}:"
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield f"{file}:{'.'.join(parts[:end])}"


def _sources(root: Path, package: str) -> list[Path]:
    single = root / "edge" / f"{package}.py"
    return [single] if single.is_file() else sorted((root / "edge" / package).rglob("*.py"))


def _kept(root: Path, package: str, path: Path, code: str) -> Path:
    name = str(path.relative_to(root)).encode()
    digest = hashlib.sha256(name + path.read_bytes() + code.encode()).hexdigest()
    return root / "var/mutants/ran" / f"{package}-{digest[:24]}.json"


def _candidates(root: Path, package: str) -> list[Path]:
    """The unit tests of a package, and of the other pure tests those that import it."""
    unit = sorted((root / "tests/unit" / package).rglob("test_*.py"))
    others = sorted(
        path
        for folder in ("exhaustive", "property", "attacks", "unit/tools/contract")
        for path in (root / "tests" / folder).rglob("test_*.py")
    )
    return [*unit, *(path for path in others if f"edge.{package}" in _imports(root, path, set()))]


def helpers(root: Path, package: str) -> set[str]:
    """The modules in tests/support that the tests of a package import."""
    seen = set[Path]()
    for path in _candidates(root, package):
        _imports(root, path, seen)
    found = (path.relative_to(root).with_suffix("") for path in seen)
    return {".".join(each.parts) for each in found if not each.name.startswith("test_")}


def _imports(root: Path, path: Path, seen: set[Path]) -> set[str]:
    """The packages of edge that a file and its helpers in tests/support import."""
    if path in seen or not path.is_file():
        return set()
    seen.add(path)
    found = set()
    for top, rest, name in _IMPORTED.findall(path.read_text(encoding="utf-8")):
        parts = rest.split(".")
        if top == "edge":
            found.add(f"edge.{parts[0]}")
            continue
        file = (root / "tests").joinpath(*parts)
        for each in (file.with_suffix(".py"), file / f"{name}.py"):
            found |= _imports(root, each, seen)
    return found


def _observe(root: Path, new: dict[Path, Path], workers: int) -> None:
    began = time.monotonic()
    starts: list[tuple[Callable[[], int], float]] = []
    for path, at in new.items():
        at.parent.mkdir(parents=True, exist_ok=True)
        starts.append((lambda path=path, at=at: trial.observe(path, root, at, LONGEST_S), HANGS_S))  # type: ignore[misc]  # bound now
    for done, _ in enumerate(wait_for_all(starts, workers), 1):
        click.echo(f"  {done} of {len(new)} files, {time.monotonic() - began:.0f} s")
