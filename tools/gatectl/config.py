"""gatectl config: is this configuration valid?"""

from __future__ import annotations

from pathlib import Path

import click

from edge.composition.equipment import Equipment
from edge.composition.rules import measured_models
from edge.keys.central_keys import sealer
from edge.keys.command_keys import command_keys
from edge.screen import languages
from edge.settings import tree as settings
from edge.settings.policy import load_policy
from tools.gatectl.policy import age_of_faces


def check(file: Path) -> None:
    """Run `gatectl config check`."""
    loaded = settings.load(file)
    policy = load_policy(loaded.policy, live=loaded.live)
    if loaded.models.manifest.exists():  # a configuration may be checked before all is installed
        measured_models(loaded).threshold(policy.false_match_rate)
    Equipment.of(loaded)
    keys = loaded.central.keys
    if keys is not None and keys.exists():
        command_keys(keys)
        sealer(keys)
    if loaded.screen is not None:
        languages.require(loaded.screen.language, languages.load())
    click.echo(
        f"{file}: valid; site {loaded.site}, device {loaded.device}, {loaded.operation} operation,"
        f" policy {policy.version} ({len(policy.demands)} checks demanded)\n{age_of_faces(policy)}"
    )
    rates = loaded.error_rates
    if rates.strangers:
        click.echo(
            f"{rates.strangers} templates of portraits stay in memory for {rates.keep_s:g} s after"
            f" a passage, to count false matches: {rates.basis}"
        )
