"""gatectl events: what the gate has written, and whether it is all that it wrote."""

from __future__ import annotations

import click

from tools.command_line import runs
from tools.gatectl.commands.options import FILE, config_option, examples, json_option

EXPORT = (
    "events export > events.ndjson",
    "events export --config config/gate.virtual.toml --from 4000 --to 4999",
)
HEAD = ("events head > head.json",)
KEYS = ("events keys > keys.json",)
VERIFY = (
    "events verify events.ndjson --keys keys.json --head head.json",
    "events verify - --keys keys.json --part --json < part.ndjson",
)


@click.group(epilog=examples(*EXPORT, *HEAD, *KEYS, *VERIFY))
def group() -> None:
    """Export and verify the events of a gate.

    Verifying shows whether somebody has changed, added or removed an event.
    """


@group.command(epilog=examples(*EXPORT))
@config_option
@click.option("--from", "first", type=click.IntRange(1), default=1, help="The first sequence.")
@click.option("--to", "last", type=click.IntRange(1), help="The last sequence; default: the last.")
@runs("tools.gatectl.events:export")
def export() -> None:
    """Print the journal, one event a line, exactly as signed.

    Reads beside the daemon, and changes nothing.
    """


@group.command(epilog=examples(*HEAD))
@config_option
@runs("tools.gatectl.events:head")
def head() -> None:
    """Print where the chain ends by now, signed by the device key.

    Kept elsewhere, it tells later whether the end of the journal was cut off.
    """


@group.command(epilog=examples(*KEYS))
@config_option
@runs("tools.gatectl.events:keys")
def keys() -> None:
    """Print the public keys of this gate, a JWK Set.

    They verify its events; the one in use is first.

    Bring them to the central system by a way you trust.
    """


@group.command(epilog=examples(*VERIFY))
@click.argument("file", type=click.File("rb"))
@click.option(
    "--keys",
    "key_files",
    multiple=True,
    type=FILE,
    help="A JWK Set of device keys, or the `info` of a gate; again for more.",
)
@click.option(
    "--head",
    "head_file",
    type=FILE,
    help="What the gate said about the end: `gatectl events head`, or its `health`.",
)
@click.option("--part", is_flag=True, help="FILE is a part of a chain: more before and after.")
@json_option
@runs("tools.gatectl.events:verify")
def verify() -> None:
    """Verify events in FILE: one a line, `-` is standard input.

    Names gaps, reorderings, repetitions, forgeries, forks and truncations, in the words of
    docs/events.md.  Without --keys no signature is verified.  Lines may end with CR LF.

    Exit 0 when everything holds, 1 when anything does not or cannot be read, 2 when called wrongly.
    """
