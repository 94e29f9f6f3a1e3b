"""gatectl config: is this configuration valid?"""

from __future__ import annotations

from pathlib import Path

import click

from drivers import registry
from edge import settings


@click.group()
def group() -> None:
    """Check configurations."""


@group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path) -> None:
    r"""Check FILE, the policy it names, and the options of every driver.

    \b
    Example:
      gatectl config check config/gate.virtual.toml
    """
    loaded = settings.load(file)
    policy = settings.load_policy(loaded.policy)
    for role, device in loaded.devices:
        driver = registry.load(device.driver)
        settings.validate(
            driver.Settings, device.options, f"{file}: devices.{role.replace('_', '-')}"
        )
    click.echo(
        f"{file}: valid; site {loaded.site}, device {loaded.device}, {loaded.operation} operation,"
        f" policy {policy.version} ({len(policy.requirements)} checks)"
    )
