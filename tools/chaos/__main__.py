"""`python -m tools.chaos`: accidents around real daemons, the second part of `make chaos`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tools.command_line import tell_in_one_line

INTERRUPTED = 130
EXAMPLES = """\b
Examples:
  python -m tools.chaos                           # each accident in a mantrap, then at a barrier
  python -m tools.chaos --rounds 10 --seed 4711   # the same accidents in the same order again
  python -m tools.chaos --only "camera pulled" --only "log stalled" --rounds 1
  python -m tools.chaos --longest 120             # long accidents, for an afternoon
  python -m tools.chaos --json > verdict.json"""


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
)
@click.option("--rounds", type=click.IntRange(1, 1000), default=2, show_default=True,
              help="How often each accident happens.")  # fmt: skip
@click.option("--seed", type=int, help="The same accidents again; default: new ones.")
@click.option("--only", multiple=True, metavar="ACCIDENT", help="Only this one; may be repeated.")
@click.option("--back-within", "bar_s", type=click.FloatRange(1, 119), default=30.0,
              show_default=True, help="Seconds; more on a busy machine.")  # fmt: skip
@click.option("--longest", "longest_s", type=click.FloatRange(4, 3600), default=10.0,
              show_default=True, help="Seconds that an accident lasts at most.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), help="Keep logs and stores here.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON on standard output.")
@click.pass_context
def chaos(  # noqa: PLR0913, PLR0917  # its options
    context: click.Context,
    rounds: int,
    seed: int | None,
    only: tuple[str, ...],
    bar_s: float,
    longest_s: float,
    state: Path | None,
    as_json: bool,
) -> None:
    """Let accidents befall real daemons on virtual lanes, while travellers come and attackers too.

    After each cause has ended, a genuine traveller must pass within 30 s, without a hand.  At the
    end both sides are compared: nobody was let through who must be referred, nobody was locked in,
    nothing was lost.  Needs Debian's mosquitto; root for a card service and a disk of its own.
    Exits with 1 when that does not hold.  Ctrl-C ends it in good order and tells what was seen.
    """
    if context.invoked_subcommand is not None:
        return
    from edge.host import telemetry  # noqa: PLC0415
    from tools.chaos.accidents import ACCIDENTS  # noqa: PLC0415
    from tools.chaos.storm import Storm, Weather  # noqa: PLC0415

    for name in only:
        if name not in ACCIDENTS:
            raise click.BadParameter(f"{name!r} is none of: {', '.join(ACCIDENTS)}")
    telemetry.configure("error")
    chosen = int.from_bytes(os.urandom(4)) if seed is None else seed
    _say(f"chaos: {rounds} rounds, --seed {chosen}")
    with _folder(state) as folder:
        weather = Weather(chosen, rounds, only or tuple(ACCIDENTS), bar_s, longest_s)
        storm = Storm(folder, weather, _say)
        try:
            storm.run()
            status = 0
        except KeyboardInterrupt:
            status = INTERRUPTED
        verdict = storm.verdict()
    click.echo(json.dumps(verdict.json(), indent=1) if as_json else verdict.words())
    sys.exit(status or (0 if verdict.holds else 1))


@chaos.command(hidden=True)
@click.option("--config", type=click.Path(path_type=Path), required=True)
@click.option("--wire", type=int, required=True)
def lane(config: Path, wire: int) -> None:
    """Be one daemon; the orders come over a socket."""
    from tools.chaos.lane_process import serve  # noqa: PLC0415

    sys.exit(serve(config, wire))


def _say(words: str) -> None:
    click.echo(words, err=True)


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    """The folder somebody named, or one that goes away again."""
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    made = Path(tempfile.mkdtemp(prefix="egate-chaos-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def main() -> None:
    """Run the command line."""
    tell_in_one_line(chaos, "chaos")


if __name__ == "__main__":
    main()
