"""The command line of the daemon: `egated`, also `python -m edge`."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import click

from edge import settings, telemetry
from edge.daemon import Daemon
from edge.errors import EdgeError, SettingsError

EXIT_CONFIGURATION = 78
"""EX_CONFIG: systemd is told not to try again."""
INSTALLED = Path("/etc/egate/gate.toml")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=INSTALLED,
    show_default=True,
    help="The configuration of this lane.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    help="How much to say.",
)
@click.version_option(package_name="egate")
def main(config: Path, log_level: str) -> None:
    r"""Run one lane of a border gate until interrupted.

    \b
    Examples:
      egated --config config/gate.virtual.toml
      egated --config /etc/egate/gate.toml --log-level warning

    Exits with 0 when stopped, 78 when the configuration is wrong, 1 on any other fault.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    telemetry.configure(log_level)
    try:
        asyncio.run(_run(config))
    except* SettingsError as errors:
        _refuse(errors, EXIT_CONFIGURATION)
    except* EdgeError as errors:
        _refuse(errors, 1)


async def _run(config: Path) -> None:
    daemon = Daemon(settings.load(config))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, daemon.stop)
    await daemon.run()


def _refuse(errors: BaseExceptionGroup[EdgeError], status: int) -> None:
    """One line that says what to do."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    click.echo(f"egated: {first}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
