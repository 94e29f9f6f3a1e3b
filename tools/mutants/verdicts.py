"""The verdicts so far, kept from run to run, and the mutants that are known to change nothing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from tools.mutants.coverage import Suite
from tools.mutants.mutant import Mutant

EQUIVALENTS = Path(__file__).parent / "equivalents.toml"


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    HUNG = "hung"
    EQUIVALENT = "equivalent"


class Verdicts:
    """Keeps each verdict the moment it is known: a run that was stopped goes on from there.

    A kill counts while the file of tests that killed is what it was, anything else while all are.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._known: dict[str, tuple[Verdict, str]] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, verdict, tests = json.loads(line)
                self._known[key] = Verdict(verdict), tests

    def get(self, mutant: Mutant, tests: Sequence[Suite]) -> Verdict | None:
        """The verdict on a mutant, if these tests would give it again."""
        verdict, by = self._known.get(mutant.key, (None, ""))
        digests = {each.digest for each in tests}
        counts = by in digests if verdict is Verdict.KILLED else by == digest_of(tests)
        return verdict if counts else None

    def add(self, mutant: Mutant, verdict: Verdict, tests: Sequence[Suite]) -> None:
        """Keep a verdict, and the tests it comes from."""
        entry = verdict, digest_of(tests)
        self._known[mutant.key] = entry
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([mutant.key, *entry]) + "\n")


def digest_of(tests: Sequence[Suite]) -> str:
    """One digest for one file of tests, and for several."""
    digests = sorted(each.digest for each in tests)
    return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that no test can notice, and why."""

    module: str
    function: str
    was: str
    becomes: str
    reason: str
    ordinal: int = 0
    """Which of the mutants of the function that read alike."""

    def fits(self, mutant: Mutant) -> bool:
        """Whether it speaks of this mutant."""
        spoken = (self.module, self.function, self.was, self.becomes, self.ordinal)
        meant = (mutant.module.name, mutant.function, mutant.was, mutant.becomes, mutant.ordinal)
        return spoken == meant


def equivalents(path: Path = EQUIVALENTS) -> list[Equivalent]:
    """Read the list; KeyError or TypeError where an entry says too little or too much."""
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    return [Equivalent(**each) for each in listed]
