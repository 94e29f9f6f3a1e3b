"""`egate-central stats`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from edge.errors import SettingsError
from tools.central.assembly import open_known_store
from tools.central.options import Day, config_option, examples
from tools.central.settings import load
from tools.central.statistics import rendering
from tools.central.statistics.passages import LATER_TYPES, TYPES, Passage, admitted, passages
from tools.central.statistics.report import Report, report
from tools.central.statistics.tally import GroupOf, tally
from tools.central.store import Store

FORMATS: dict[str, Callable[[Report], str]] = {
    "table": rendering.as_table,
    "csv": rendering.as_csv,
    "json": rendering.as_json,
}
LATER = timedelta(days=7)
"""How long after a passage an officer's outcome still counts."""
UNKNOWN = "(unknown)"


@click.command(
    epilog=examples(
        "stats --from 2026-11-01 --to 2026-12-01",
        "stats --from 2026-11-24 --to 2026-11-25 --by hour --zone Europe/Paris --format csv",
        "stats --from 2026-11-01 --to 2026-12-01 --by issuer --plot pictures",
    )
)
@config_option
@click.option("--from", "first", type=Day(), required=True, help="Included.")
@click.option("--to", "last", type=Day(), required=True, help="Not included.")
@click.option("--by", type=click.Choice(["lane", "hour", "day", "flow", "issuer"]), default="lane",
              show_default=True, help="The groups to tell apart.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table",
              show_default=True, help="Of what is printed.")  # fmt: skip
@click.option("--zone", default="UTC", show_default=True, help="Whose hours and days.")
@click.option("--simulated", is_flag=True, help="Count training as well.")
@click.option(
    "--plot", type=click.Path(path_type=Path, file_okay=False), help="Draw pictures into a folder."
)
def stats(  # noqa: PLR0913, PLR0917  # each is an option
    config: Path,
    first: datetime,
    last: datetime,
    by: str,
    form: str,
    zone: str,
    simulated: bool,
    plot: Path | None,
) -> None:
    """Count passages, anonymised: what could point to a person is not told.

    Times are from the gates' events.  docs/central.md says what each column means.
    """
    if last <= first:
        raise click.UsageError("--to is not after --from")
    settings = load(config)
    with closing(open_known_store(settings)) as store:
        group_of = _grouping(store, by, _zone(zone))
        let_pass = admitted(store.events(first, last + LATER, LATER_TYPES))
        found = passages(store.events(first, last, TYPES), simulated=simulated)
        groups = tally(found, group_of, let_pass)
    result = report(groups, by, settings.statistics.smallest_count)
    click.echo(FORMATS[form](result), nl=False)
    if plot is not None:
        from tools.central.statistics.plots import draw  # noqa: PLC0415  # the extra `central`

        for path in draw(result, plot):
            click.echo(str(path), err=True)


def _grouping(store: Store, by: str, zone: tzinfo) -> GroupOf:
    flows = {device.source: device.flow for device in store.devices()}

    def lane(passage: Passage) -> str:
        return passage.source.removeprefix("/egate/v1/")

    def hour(passage: Passage) -> str:
        return f"{passage.began.astimezone(zone):%H}"

    def day(passage: Passage) -> str:
        return f"{passage.began.astimezone(zone):%Y-%m-%d}"

    def flow(passage: Passage) -> str:
        return flows.get(passage.source, "") or UNKNOWN

    def issuer(passage: Passage) -> str:
        return passage.issuer or UNKNOWN

    return {"lane": lane, "hour": hour, "day": day, "flow": flow, "issuer": issuer}[by]


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # also where no zones are installed
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{name!r} is no time zone: Europe/Paris, UTC ...") from None
