"""gatectl command: signed commands to a gate, and what it answers."""

from __future__ import annotations

import click

from tools.command_line import Deferred, runs
from tools.gatectl.commands.options import FILE

WHERE = "--gate egate/v1/port/lane-7 --key central.sig.jwk"
OF_ONE = "--transaction 0123456789abcdef0123456789abcdef --officer K-4711"
MORE = {
    "release": OF_ONE,
    "outcome": f"{OF_ONE} --outcome admitted",
    "reset": "--officer K-4711",
    "reload": "--what policy --print",
}
LONGEST_LIFE_S = 300
COMMON = (
    click.option("--gate", required=True, help="The gate's topic root, egate/v1/SITE/DEVICE."),
    click.option("--key", type=FILE, required=True, help="The private JWK that signs."),
    click.option("--broker", default="127.0.0.1:1883", show_default=True, help="HOST:PORT."),
    click.option(
        "--protocol",
        type=click.Choice(["5", "3.1.1"]),
        default="5",
        show_default=True,
        help="Of MQTT.",
    ),
    click.option("--ca", type=FILE, help="PEM of the broker's CA; turns TLS on."),
    click.option("--cert", type=FILE, help="PEM of our certificate."),
    click.option("--cert-key", type=FILE, help="PEM of its key."),
    click.option("--username", help="At the broker."),
    click.option("--password-file", type=FILE, help="Its password, in a file."),
    click.option(
        "--life",
        type=click.IntRange(1, LONGEST_LIFE_S),
        default=60,
        show_default=True,
        help="Seconds until the command expires.",
    ),
    click.option(
        "--wait",
        type=click.FloatRange(0, 600),
        default=15.0,
        show_default=True,
        help="For the answers, s.",
    ),
    click.option("--print", "only_print", is_flag=True, help="Print the signed command; no more."),
)
transaction_option = click.option(
    "--transaction", required=True, help="The referred transaction's id."
)
officer_option = click.option("--officer", required=True, help="Service number, such as K-4711.")


def _examples(*names: str) -> str:
    """What the answers mean, and lines to copy."""
    lines = (f"  gatectl command {name} {WHERE} {MORE.get(name, '')}".rstrip() for name in names)
    told = (
        "The gate answers `accepted`, then `done` or `failed`; or `rejected` with a code"
        " (docs/commands.md). Exit 0 when it was done, 2 when not, 3 without an answer."
    )
    return "\n".join((told, "", "\b", "Examples:", *lines))


NAMES = (
    "out-of-service", "in-service", "release", "outcome", "reset", "reload", "diagnostics",
    "reboot",
)  # fmt: skip


@click.group(epilog=_examples(*NAMES))
def group() -> None:
    """Send a signed command to a gate."""


def common_options(send: Deferred) -> Deferred:
    """Take what every command takes, after the options of its own."""
    for option in reversed(COMMON):
        option(send)
    return send


@group.command("out-of-service", epilog=_examples("out-of-service"))
@common_options
@runs("tools.gatectl.command:send")
def out_of_service() -> None:
    """Close the gate when it is free, until `in-service`.

    A restart of the gate does not end it.
    """


@group.command("in-service", epilog=_examples("in-service"))
@common_options
@runs("tools.gatectl.command:send")
def in_service() -> None:
    """Serve travellers again."""


@group.command("release", epilog=_examples("release"))
@transaction_option
@officer_option
@common_options
@runs("tools.gatectl.command:send")
def release() -> None:
    """Let the referred traveller of this transaction pass."""


@group.command("outcome", epilog=_examples("outcome"))
@transaction_option
@officer_option
@click.option(
    "--outcome",
    type=click.Choice(["admitted", "refused", "examined-further", "handed-over", "left"]),
    required=True,
)
@common_options
@runs("tools.gatectl.command:send")
def outcome() -> None:
    """Write down what second line decided."""


@group.command("reset", epilog=_examples("reset"))
@officer_option
@common_options
@runs("tools.gatectl.command:send")
def reset() -> None:
    """End the referral, the alarm or the emergency."""


@group.command("reload", epilog=_examples("reload"))
@click.option("--what", type=click.Choice(["policy", "lists", "trust"]), required=True)
@common_options
@runs("tools.gatectl.command:send")
def reload() -> None:
    """Read a file of the gate again.

    The gate keeps the old one if the new one has an error.
    """


@group.command("diagnostics", epilog=_examples("diagnostics"))
@common_options
@runs("tools.gatectl.command:send")
def diagnostics() -> None:
    """Say how the gate is."""


@group.command("reboot", epilog=_examples("reboot"))
@common_options
@runs("tools.gatectl.command:send")
def reboot() -> None:
    """Restart the computer, when nobody is being attended."""
