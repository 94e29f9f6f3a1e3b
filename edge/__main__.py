"""The command line of the daemon: `egated`, also `python -m edge`.

Everything else is imported once the process has the memory it wants: it starts itself again for
that, and `--help` needs none of it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from edge.errors import EdgeError, SettingsError, first_of
from edge.host.freed_memory import wipe_what_is_freed

EXIT_CONFIGURATION = 78
"""EX_CONFIG: systemd does not try again."""
STDERR = 2
LAST_WORDS_S = 1.0
"""How long the end waits for the reader of the reason."""
INSTALLED = Path("/etc/egate/gate.toml")
EXAMPLES = """\b
Examples:
  egated --config config/gate.virtual.toml
  egated --config /etc/egate/gate.toml --log-level warning"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
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
    """Run one lane of a border gate until interrupted.

    Exits with 0 when stopped, 78 when the configuration is wrong, 1 on any other fault.
    """
    sys.exit(run_lane(config, log_level))


def run_lane(
    config: Path, log_level: str = "info", clock: Callable[[], datetime] | None = None
) -> int:
    """Run one lane until a signal ends it; its exit status.  `clock`: by default the computer's."""
    wipe_what_is_freed()
    # While the program is built nearly everything stays: searches for garbage find next to none,
    # and take a tenth of the start.  `hardening.settled` lets them begin.
    gc.disable()
    _harden(log_level)
    return exit_status(lambda: _run(config, clock))


def exit_status(run: Callable[[], None]) -> int:
    """Run to the end; 0, or the status of what went wrong, which one line explains."""
    fault: EdgeError | None = None
    try:
        run()
    except* EdgeError as errors:
        fault = first_of(errors)
    except* KeyboardInterrupt:
        pass  # before there was anything to stop
    if fault is None:
        return 0
    from edge.host.log_writer import is_writable  # noqa: PLC0415

    if is_writable(STDERR, LAST_WORDS_S):
        click.echo(f"egated: {fault}", err=True)
    return EXIT_CONFIGURATION if isinstance(fault, SettingsError) else 1


def _harden(log_level: str) -> None:
    import structlog  # noqa: PLC0415

    from edge.host import descriptors, hardening, telemetry  # noqa: PLC0415

    os.umask(0o077)
    hardening.forbid_dumps()
    descriptors.raise_limit()
    telemetry.configure_daemon(log_level)
    if not hardening.keep_in_memory():
        log = structlog.get_logger()
        log.warning("memory_lock_failed")


def _run(config: Path, clock: Callable[[], datetime] | None) -> None:
    import asyncio  # noqa: PLC0415

    from edge.daemon import Daemon, now  # noqa: PLC0415
    from edge.settings import tree as settings  # noqa: PLC0415

    gc.freeze()  # what was imported stays

    async def serve() -> None:
        daemon = Daemon(settings.load(config), clock or now)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, daemon.stop)
        await daemon.run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
