"""gatectl simulate: specimen travellers on the real daemon, headless."""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
import tempfile
from collections.abc import Sequence
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
    issue_if_needed(specimens, progress=lambda line: click.echo(line, err=True))
    scripts = {p.parent.name: read_script(p.parent) for p in specimens.glob("*/traveller.toml")}
    chosen = _chosen(scenarios, every, scripts)
    telemetry.configure("error")
    results = asyncio.run(_run(loaded, chosen, scripts, quiet=as_json))
    if as_json:
        click.echo(json.dumps(results, indent=2))
    sys.exit(0 if all(result["as_defined"] for result in results) else 1)


def _chosen(names: Sequence[str], every: bool, scripts: dict[str, Script]) -> list[str]:
    if every:
        # The genuine one first: it is the quickest to show that the lane works at all.
        return sorted(scripts, key=lambda name: (name != "genuine", name))
    if not names:
        raise click.UsageError("name a scenario, or --all; --list names them")
    for name in names:
        if name not in scripts:
            near = difflib.get_close_matches(name, scripts, n=1)
            meant = f"did you mean `{near[0]}`? " if near else ""
            known = ", ".join(sorted(scripts))
            raise click.UsageError(f"no scenario `{name}`; {meant}there is: {known}")
    return list(names)


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
