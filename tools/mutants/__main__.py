"""Puts small faults into the core, one after the other, and says which of them no test notices.

Example:  python -m tools.mutants gate border
"""

from __future__ import annotations

import ast
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251 -- the seed is an option
from typing import TypeAlias

import click

from tools.mutants import trial
from tools.mutants.breeding import enumerations, modules, mutants
from tools.mutants.coverage import (
    BUDGET_S,
    QUICK_S,
    Killers,
    Suite,
    covering,
    helpers,
    named,
    observed,
)
from tools.mutants.mutant import Mutant
from tools.mutants.processes import HUNG, wait_for_all
from tools.mutants.verdicts import Verdict, Verdicts, equivalents

ROOT = Path(__file__).parents[2]
CORE = ("gate", "border", "trust", "emrtd", "face", "contract", "mrz")
PERFECT = ("gate", "border")
ENOUGH = 0.97
"""Share of the mutants that must die elsewhere; all of them in `PERFECT`."""
TELL_S = 5.0
EXAMPLES = """\b
Examples:
  make mutants PACKAGES="gate border"       # all of two packages
  make mutants PACKAGES=trust SAMPLE=100    # a hundred, drawn at random; SEED=2 draws others
  make mutants                              # the whole core: hours; a stopped run goes on"""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the mutants of a package."""

    package: str
    verdicts: Counter[Verdict]

    @property
    def rate(self) -> float:
        """The share of those that change something which a test noticed; a hang is no kill."""
        counted = self.verdicts.total() - self.verdicts[Verdict.EQUIVALENT]
        return self.verdicts[Verdict.KILLED] / counted if counted else 1.0

    @property
    def suffices(self) -> bool:
        """Whether enough were noticed."""
        return self.rate >= (1.0 if self.package in PERFECT else ENOUGH)


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.argument("packages", nargs=-1)
@click.option("--sample", default=0, help="How many mutants of each package; 0: all of them.")
@click.option("--seed", default=1, show_default=True, help="Draws the sample.")
@click.option("--workers", default=os.cpu_count() or 1, help="Processes side by side.")
@click.option(
    "--quick",
    is_flag=True,
    help="Only by the package's own tests, and of them by those that run the mutant; a survivor is"
    " not kept.",
)
def main(packages: tuple[str, ...], sample: int, seed: int, workers: int, *, quick: bool) -> None:
    """Try mutants of packages of the core; without a name, of all.

    Verdicts are kept in var/mutants until the function or its tests change.  Exits with 1 when
    too many survive: all must die in gate and border, 97 % elsewhere.
    """
    trial.preload()
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.glob("edge/**/*.py")]
    enums = enumerations(trees)
    verdicts = Verdicts(ROOT / "var/mutants/verdicts.jsonl")
    known = {each: observed(ROOT, each, workers, own=quick) for each in packages or CORE}
    trial.preload(_everything_imported(known))
    rows = []
    for package, tests in known.items():
        every = [each for module in modules(ROOT, package) for each in mutants(module, enums)]
        chosen = every
        if 0 < sample < len(every):
            chosen = Random(seed).sample(every, sample)  # noqa: S311 -- no secret
        if not tests:
            raise click.ClickException(f"no test of {package} passes: nothing can be learnt")
        budget_s = QUICK_S if quick else BUDGET_S
        found, unknown = _told_apart(chosen, tests, verdicts, budget_s)
        click.echo(f"{package}: {len(chosen)} mutants, {len(unknown)} of them to be tried")
        found += _tell_each(_Trials(unknown, quick), workers, verdicts)
        _tell_survivors(found)
        if chosen is every:
            _tell_stale(package, every)
        rows.append(Row(package, Counter(verdict for _, verdict in found)))
    _tell_table(rows)
    sys.exit(0 if all(row.suffices for row in rows) else 1)


def _everything_imported(packages: Iterable[str]) -> list[str]:
    """The modules of the core, and those that help to test these packages."""
    core = [module.name for package in CORE for module in modules(ROOT, package)]
    return core + sorted({name for package in packages for name in helpers(ROOT, package)})


Unknown: TypeAlias = list[tuple[Mutant, list[Suite]]]
"""Mutants to be tried, each with the tests that may notice it."""


def _told_apart(
    chosen: Sequence[Mutant], tests: Sequence[Suite], verdicts: Verdicts, budget_s: float
) -> tuple[list[tuple[Mutant, Verdict]], Unknown]:
    """The verdicts that an earlier run has found, or somebody has written down; and the rest."""
    listed = equivalents()
    found: list[tuple[Mutant, Verdict]] = []
    unknown: Unknown = []
    for mutant in chosen:
        used = covering(mutant, tests, ROOT, budget_s)
        known = verdicts.get(mutant, used)
        if any(each.fits(mutant) for each in listed):
            known = Verdict.EQUIVALENT
        if known is None:
            unknown.append((mutant, used))
        else:
            found.append((mutant, known))
    return found, unknown


@dataclass(slots=True)
class _Trials:
    """Tries mutants one after the other, the tests first that killed their neighbours."""

    unknown: Unknown
    quick: bool
    killers: Killers = field(default_factory=Killers)
    orders: dict[int, list[Suite]] = field(default_factory=dict)

    def run(self, workers: int) -> Iterator[tuple[Mutant, Verdict, Sequence[Suite]]]:
        """Yield each verdict as it is found, and the tests it comes from."""
        starts = [
            (partial(self._start, place), 60 + 8 * sum(each.seconds for each in used))
            for place, (_, used) in enumerate(self.unknown)
        ]
        for place, code in wait_for_all(starts, workers):
            mutant = self.unknown[place][0]
            verdict, by = _verdict(mutant, self.orders.pop(place), code)
            if verdict is Verdict.KILLED:
                self.killers.add(mutant, by[0])
            yield mutant, verdict, by

    def _start(self, place: int) -> int:
        mutant, used = self.unknown[place]
        self.orders[place] = self.killers.first(mutant, used)
        here = named(mutant, ROOT)
        tests = [(each.path, each.running(here)) for each in self.orders[place]]
        quick = self.quick and any(near for _, near in tests)
        return trial.start(mutant, tests, ROOT, quick=quick)


def _tell_each(trials: _Trials, workers: int, verdicts: Verdicts) -> list[tuple[Mutant, Verdict]]:
    """Try all, and keep each verdict that is one: a survivor of a quick run may yet be killed."""
    found: list[tuple[Mutant, Verdict]] = []
    began = told = time.monotonic()
    for mutant, verdict, by in trials.run(workers):
        if verdict is Verdict.KILLED or not trials.quick:
            verdicts.add(mutant, verdict, by)
        found.append((mutant, verdict))
        now = time.monotonic()
        if verdict is not Verdict.KILLED or now - told > TELL_S:
            told = now
            done = f"{len(found)} of {len(trials.unknown)}, {now - began:.0f} s"
            click.echo(f"  {done}: {verdict} {mutant}")
    if found:
        click.echo(f"  {60 * len(found) / (time.monotonic() - began):.0f} mutants a minute")
    return found


def _verdict(mutant: Mutant, used: Sequence[Suite], code: int) -> tuple[Verdict, Sequence[Suite]]:
    """What an exit code says, and the tests that said so."""
    if code == HUNG:
        return Verdict.HUNG, used
    if code == trial.SURVIVED:
        return Verdict.SURVIVED, used
    if code >= trial.KILLED:
        return Verdict.KILLED, [used[code - trial.KILLED]]
    raise click.ClickException(f"no verdict on {mutant}: see var/mutants/last-output.txt")


def _tell_survivors(found: Sequence[tuple[Mutant, Verdict]]) -> None:
    for mutant, verdict in sorted(found, key=lambda each: (each[0].module.name, each[0].line)):
        if verdict in {Verdict.SURVIVED, Verdict.HUNG}:
            click.echo(f"{verdict:9} {mutant}")


def _tell_stale(package: str, every: Sequence[Mutant]) -> None:
    for each in equivalents():
        ours = each.module.split(".")[1] == package
        if ours and not any(each.fits(mutant) for mutant in every):
            click.echo(
                f"stale     {each.module} {each.function}: {each.was}: drop it from the list"
            )


def _tell_table(rows: Sequence[Row]) -> None:
    click.echo(
        f"\n{'package':10}{'mutants':>9}" + "".join(f"{v:>12}" for v in Verdict) + "    rate"
    )
    for row in rows:
        counts = "".join(f"{row.verdicts[verdict]:>12}" for verdict in Verdict)
        click.echo(f"{row.package:10}{row.verdicts.total():>9}{counts}{row.rate:>8.1%}")


if __name__ == "__main__":
    main()
