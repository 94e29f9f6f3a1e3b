"""gatectl simulate: specimen travellers on the real daemon, headless."""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from edge.contract.json_object import JsonObject
from edge.host import telemetry
from edge.settings import tree as settings
from tools.simulation import lane
from tools.simulation.script import Script, read_script
from tools.specimen.issue import SCENARIOS, issue_if_needed


def simulate(
    scenarios: tuple[str, ...], every: bool, listing: bool, as_json: bool, config: Path
) -> None:
    """Run `gatectl simulate`."""
    loaded = settings.load(config)
    specimens = lane.specimens_of(loaded)
    if listing:
        for each in sorted(SCENARIOS, key=lambda each: each.name):
            click.echo(f"{each.name:20} {each.decision:6} {each.about}")
        return
    if not every:  # before the specimens are issued, which takes seconds
        if not scenarios:
            raise click.UsageError("name a scenario, or --all; --list names them")
        _refuse_unknown(scenarios, {each.name for each in SCENARIOS} | set(_issued(specimens)))
    issue_if_needed(specimens, progress=lambda line: click.echo(line, err=True))
    scripts = {name: read_script(specimens / name) for name in _issued(specimens)}
    _refuse_unknown(scenarios, set(scripts))
    # The genuine one first: it is the quickest to show that the lane works at all.
    in_order = sorted(scripts, key=lambda name: (name != "genuine", name))
    chosen = in_order if every else list(scenarios)
    telemetry.configure("error")
    results = asyncio.run(_run(loaded, chosen, scripts, quiet=as_json))
    if as_json:
        click.echo(json.dumps(results, indent=2))
    sys.exit(0 if all(result["as_defined"] for result in results) else 1)


def _issued(specimens: Path) -> list[str]:
    return [path.parent.name for path in specimens.glob("*/traveller.toml")]


def _refuse_unknown(names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean `{near[0]}`? " if near else ""
            there = ", ".join(sorted(known))
            raise click.UsageError(f"no scenario `{name}`; {meant}there is: {there}")


async def _run(
    loaded: settings.Settings, names: Sequence[str], scripts: dict[str, Script], *, quiet: bool
) -> list[JsonObject]:
    results = []
    with tempfile.TemporaryDirectory(prefix="egate-simulate-") as folder:
        async with lane.running(loaded, Path(folder)) as running:
            for number, name in enumerate(names, 1):
                click.echo(f"[{number}/{len(names)}] {name} ...", err=True)
                result = _judged(name, await running.passage(name), scripts[name])
                results.append(result)
                if not quiet:
                    click.echo(_line(result))
    return results


def _judged(name: str, result: JsonObject, script: Script) -> JsonObject:
    as_defined = result["decision"] == script.expect_decision and sorted(
        result["reasons"]
    ) == sorted(script.expect_reasons)
    return {"scenario": name, **result, "as_defined": as_defined}


def _line(result: JsonObject) -> str:
    verdict = "as defined" if result["as_defined"] else "NOT AS DEFINED"
    reasons = " ".join(result["reasons"])
    millis = result["timings_ms"].get("decision", 0.0)
    return (
        f"{result['scenario']:20} {result['decision']:6} {reasons:40} {millis:7.0f} ms"
        f"  {len(result['events'])} events  {verdict}"
    )
