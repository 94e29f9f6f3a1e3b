"""The command line of the central side: names, options and helps; click is all it imports."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.errors import EdgeError, SettingsError
from tools.central.options import Day, GateName, config_option, examples
from tools.command_line import runs

EXIT_CONFIGURATION = 78
"""EX_CONFIG: neither systemd nor the supervisor tries again."""
FILE = click.Path(path_type=Path)
BY = ("lane", "hour", "day", "flow", "issuer", "sex", "age", "population", "group")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "run --config config/central.toml",
        "enroll hall-1/lane-3 --jwk lane-3.jwks.json",
        "chains",
        "stats --from 2026-11-01 --to 2026-12-01 --by issuer",
    ),
)
@click.version_option(package_name="egate")
def central() -> None:
    """Take in, store and count the events of every gate."""


@central.command(epilog=examples("run --config config/central.toml", "run --workers 4"))
@config_option
@click.option("--workers", type=click.IntRange(1, 64), help="Instead of the configuration's.")
@runs("tools.central.operations:run")
def run() -> None:
    """Take in events until interrupted.

    Exits with 0 when stopped, 78 when the configuration is wrong, 1 on any other fault.
    """


@central.command(hidden=True)
@config_option
@click.option("--index", type=int, required=True)
@click.option("--ready", type=int, required=True, help="The descriptor to tell so.")
@runs("tools.central.operations:work")
def work() -> None:
    """Be one worker; ends with its standard input."""


@central.command(
    epilog=examples(
        "enroll hall-1/lane-3 --jwk lane-3.jwks.json --flow entry",
        "enroll hall-1/lane-3 --jwk new.jwks.json --only",
    )
)
@config_option
@click.argument("gate", type=GateName())
@click.option("--jwk", "file", type=FILE, required=True,
              help="The gate's public key: a JWK, a JWK Set, or its `info`.")  # fmt: skip
@click.option("--only", is_flag=True, help="Revoke the gate's other keys.")
@click.option("--flow", default="", help="What its lane serves, for statistics: entry, exit ...")
@runs("tools.central.operations:enroll")
def enroll() -> None:
    """Make a gate and its key known."""


@central.command(epilog=examples("revoke hall-1/lane-3"))
@config_option
@click.argument("gate", type=GateName())
@click.option("--kid", default="", help="This key only; otherwise all of them.")
@runs("tools.central.operations:revoke")
def revoke() -> None:
    """Believe a gate's key no more; what is stored stays."""


@central.command(epilog=examples("flow hall-1/lane-3 exit"))
@config_option
@click.argument("gate", type=GateName())
@click.argument("name")
@runs("tools.central.operations:flow")
def flow() -> None:
    """Say what a lane serves: entry, exit, crew."""


@central.command(epilog=examples("devices"))
@config_option
@runs("tools.central.operations:devices")
def devices() -> None:
    """List the gates that are known."""


@central.command(epilog=examples("chains"))
@config_option
@runs("tools.central.operations:chains")
def chains() -> None:
    """List every journal, and how far it is stored.

    The list also shows what waits beyond a gap, and whether a journal forked.
    """


@central.command(
    epilog=examples(
        "skip hall-1/lane-3 --journal 0f193e94-ab9f-4794-b24f-77c3792e509a --to 4711"
        ' --why "disk of the gate lost"'
    )
)
@config_option
@click.argument("gate", type=GateName())
@click.option("--journal", required=True, help="Its id, as `chains` lists it.")
@click.option("--to", "last", type=click.IntRange(1, 2**53 - 1), required=True,
              help="The last sequence that is lost.")  # fmt: skip
@click.option("--why", required=True, help="The reason; kept with the gap.")
@runs("tools.central.operations:skip")
def skip() -> None:
    """Give up lost events, so that later ones count.

    That is recorded, and cannot be undone.
    """


@central.command(
    epilog=examples("quarantine --limit 100", "quarantine --release-before 2026-11-01")
)
@config_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help="How many messages to show.")  # fmt: skip
@click.option("--release-before", type=Day(), help="Throw away what is older.")
@runs("tools.central.operations:quarantine")
def quarantine() -> None:
    """Show what was refused, and how often.

    The newest messages are shown without their content.
    """


@central.command(epilog=examples("forget --before 2026-05-25"))
@config_option
@click.option("--before", type=Day(), required=True, help="A day that is over.")
@runs("tools.central.operations:forget")
def forget() -> None:
    """Erase the events that were stored before a day.

    They are not taken in again.
    """


@central.command(
    epilog=examples(
        "stats --from 2026-11-01 --to 2026-12-01",
        "stats --from 2026-11-24 --to 2026-11-25 --by hour --zone Europe/Paris --format csv",
        "stats --from 2026-11-01 --to 2026-12-01 --by issuer --plot pictures",
        "stats --from 2026-01-01 --to 2026-12-01 --by group --format json",
    )
)
@config_option
@click.option("--from", "first", type=Day(), required=True, help="Included.")
@click.option("--to", "last", type=Day(), required=True, help="Not included.")
@click.option("--by", type=click.Choice(BY), default="lane",
              show_default=True, help="The groups to tell apart.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table",
              show_default=True, help="Of what is printed.")  # fmt: skip
@click.option("--zone", default="UTC", show_default=True, help="Whose hours and days.")
@click.option("--simulated", is_flag=True, help="Count training as well.")
@click.option(
    "--plot", type=click.Path(path_type=Path, file_okay=False), help="Draw pictures into a folder."
)
@runs("tools.central.statistics.command:stats")
def stats() -> None:
    """Count passages, without what could point to a person.

    Times are from the gates' events.  docs/central.md says what each column means.  By sex, age,
    population or group: how often the gates' comparison of faces errs, and on standard error a
    line for each group that is beyond the stated false match rate.
    """


@central.command(
    name="open",
    epilog=examples(
        'open hall-1/lane-3 8e1075d4f94a4707b9ec6d10ec5f0b57 --why "court order 7, J. Officer"'
    ),
)
@config_option
@click.argument("gate", type=GateName())
@click.argument("transaction")
@click.option("--why", required=True, help="Who asks, by what right; repeated on standard error.")
@click.option("--from", "first", type=Day(), help="Default: a week ago.")
@click.option("--to", "last", type=Day(), help="Default: now.")
@runs("tools.central.opening:open_transaction")
def open_() -> None:
    """Print who the traveller of one transaction is.

    One line of JSON for each sealed field.
    """


def main() -> None:
    """Run the command line; an error that we foresaw is one line and exit 1."""
    try:
        central()
    except SettingsError as error:
        click.echo(f"egate-central: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)
    except EdgeError as error:
        click.echo(f"egate-central: {error}", err=True)
        sys.exit(1)
