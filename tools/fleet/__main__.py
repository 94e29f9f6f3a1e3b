"""`python -m tools.fleet`: simulated gates against a real broker."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from typing_extensions import override

from edge.host import telemetry
from edge.settings.delivery import Broker
from tools.central.gate_name import NAME
from tools.command_line import tell_in_one_line
from tools.fleet.chaos import Chaos, Storm
from tools.fleet.fleet import Fleet, Running, allow_files, shared_memory
from tools.fleet.part import PLAN, Part, Plan, Progress
from tools.fleet.timetable import Pace

_RUNS = (
    "python -m tools.fleet run --gates 50 --events-per-s 100    # beside `make run`",
    "python -m tools.fleet run --broker 127.0.0.1:1883 --gates 1000 --events-per-s 500",
)
_STORMS = (
    "python -m tools.fleet chaos --gates 50 --events 20000",
    "python -m tools.fleet chaos --gates 5 --events 1000 --seed 4711",
)


def _examples(*lines: str) -> str:
    """The end of a help: lines to copy."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


EXAMPLES = _examples(
    *_RUNS, *_STORMS, "python -m tools.bench fleet    # with a broker and a central side of its own"
)


class Address(click.ParamType[Broker]):
    """HOST:PORT."""

    name = "HOST:PORT"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Broker:
        if isinstance(value, Broker):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            self.fail(f"{value!r} is no HOST:PORT, such as 127.0.0.1:1883", param, ctx)
        return Broker(host=host, port=int(port))


class Site(click.ParamType[str]):
    """The name of a site, as topics have it."""

    name = "SITE"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if re.fullmatch(NAME, str(value)) is None:
            self.fail(f"{value!r} is no name of a site: {NAME}", param, ctx)
        return str(value)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
def fleet() -> None:
    """Simulate gates by the hundred: real journals, real publishers, made-up passages."""


@fleet.command(epilog=_examples(*_RUNS))
@click.option("--broker", type=Address(), default="127.0.0.1:18830", show_default=True,
              help="Of MQTT 5, with a central side behind it.")  # fmt: skip
@click.option("--gates", type=click.IntRange(1, 20_000), default=50, show_default=True,
              help="How many.")  # fmt: skip
@click.option("--events-per-s", type=click.FloatRange(0.1, 10_000), default=50.0, show_default=True,
              help="Of all gates together.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True,
              help="How long travellers come.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True,
              help="Which share the gates.")  # fmt: skip
@click.option("--site", type=Site(), default="fleet", show_default=True,
              help="Where they are, in their topics.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), help="Keep the journals here.")
def run(  # noqa: PLR0913, PLR0917  # its options
    broker: Broker,
    gates: int,
    events_per_s: float,
    seconds: float,
    processes: int,
    site: str,
    state: Path | None,
) -> None:
    """Let travellers pass, and wait until the central side has acknowledged every event."""
    with _folder(state) as folder:
        plan = Plan(folder, site, 1, gates, Pace.of(gates, events_per_s), broker, seconds=seconds)
        with Running(Fleet(plan, processes).plans()) as running:
            signal.signal(signal.SIGINT, lambda *_: _end(running))
            running.wait(show)
        click.echo(f"\n{running.progress.written} events written and acknowledged", err=True)


@fleet.command(hidden=True)
def part() -> None:
    """Be one process of a fleet: the plan is a line of standard input; ends early with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C: the fleet decides
    telemetry.configure("error")
    plan = PLAN.validate_json(sys.stdin.readline())
    allow_files(plan.gates)
    work = Part(plan, _now, os.urandom, _tell)
    threading.Thread(target=_await_end, args=(work,), daemon=True).start()
    sys.exit(0 if work.run() else 1)


@fleet.command(epilog=_examples(*_STORMS))
@click.option("--gates", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many.")  # fmt: skip
@click.option("--events", type=click.IntRange(1), default=20_000, show_default=True,
              help="Of all gates together, at least.")  # fmt: skip
@click.option("--seed", type=int, help="The same accidents again; default: new ones.")
@click.option("--state", type=click.Path(path_type=Path), help="Keep everything here.")
def chaos(gates: int, events: int, seed: int | None, state: Path | None) -> None:
    """Kill broker, workers, gates and network at random; every event must arrive exactly once.

    Needs Debian's mosquitto.  Exits with 1 when an event is lost, doubled, out of order or forged.
    """
    telemetry.configure("error")
    chosen = int.from_bytes(os.urandom(4)) if seed is None else seed
    click.echo(f"chaos: {gates} gates, {events} events, --seed {chosen}", err=True)
    with _folder(state) as folder:
        verdict = Chaos(folder, Storm(gates, events, chosen), _say).run()
    click.echo(verdict.words())
    sys.exit(0 if verdict.holds else 1)


def _end(running: Running) -> None:
    """Ctrl-C; a second one leaves what is not acknowledged."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _say("waiting for the last acknowledgements; Ctrl-C again to leave them")
    running.stop()


def show(progress: Progress) -> None:
    """Show how far a fleet is, on a terminal."""
    if sys.stderr.isatty():
        click.echo(
            f"\r{progress.written} events, {progress.waiting} gates wait for an acknowledgement,"
            f" {progress.lag_s:.1f} s behind, {progress.phase}   ",
            err=True,
            nl=False,
        )


def _say(words: str) -> None:
    click.echo(words, err=True)


def _tell(progress: Progress) -> None:
    print(json.dumps(asdict(progress)), flush=True)


def _await_end(work: Part) -> None:
    sys.stdin.read()
    work.stop()


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    """The folder somebody named, or one in memory that goes away again."""
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    made = Path(tempfile.mkdtemp(prefix="egate-fleet-", dir=shared_memory()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


def main() -> None:
    """Run the command line."""
    tell_in_one_line(fleet, "fleet")


if __name__ == "__main__":
    main()
