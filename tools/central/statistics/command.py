"""`egate-central stats`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from edge.contract.rates.counts import alarms
from edge.errors import SettingsError
from tools.central.assembly import open_known_store
from tools.central.settings import Settings, load
from tools.central.statistics import error_rates, rendering
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
    """Run `egate-central stats`."""
    if last <= first:
        raise click.UsageError("--to is not after --from")
    settings = load(config)
    if by in error_rates.BY:
        _stats_of_errors(settings, (first, last), by, form, simulated=simulated, plot=plot)
        return
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


def _stats_of_errors(  # noqa: PLR0913  # as of `stats`
    settings: Settings,
    time: tuple[datetime, datetime],
    by: str,
    form: str,
    *,
    simulated: bool,
    plot: Path | None,
) -> None:
    """Print the error rates that gates found of their own comparisons, and what is beyond."""
    if plot is not None:
        raise click.UsageError(f"there are no pictures --by {by}")
    with closing(open_known_store(settings)) as store:
        events = store.events(*time, error_rates.TYPES)
        groups = error_rates.found(events, simulated=simulated)
    result = error_rates.report(groups, by, settings.statistics.smallest_count)
    click.echo(FORMATS[form](result), nl=False)
    for sentence in alarms(groups):
        click.echo(sentence, err=True)


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
