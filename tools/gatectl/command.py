"""gatectl command: signed commands to a gate, and what it answers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from edge.contract.commands import ORDERS, CommandName, Order, Reloaded, SecondLine
from edge.contract.verified_command import LONGEST_LIFE_S
from edge.errors import SettingsError
from edge.settings.delivery import Tls
from tools.central.central_key import CentralKey
from tools.gatectl.command_client import Address, CommandClient

GATE = re.compile(r"egate/v1/[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}")
_WHERE = "--gate egate/v1/port/lane-7 --key central.sig.jwk"
_MORE: Mapping[CommandName, str] = {
    CommandName.RELEASE: "--transaction 0123456789abcdef0123456789abcdef --officer K-4711",
    CommandName.OUTCOME: "--transaction 0123456789abcdef0123456789abcdef --officer K-4711"
    " --outcome admitted",
    CommandName.RESET: "--officer K-4711",
    CommandName.RELOAD: "--what policy --print",
}


def _examples(*names: CommandName) -> str:
    """What the answers mean, and lines to copy."""
    lines = (f"  gatectl command {name} {_WHERE} {_MORE.get(name, '')}".rstrip() for name in names)
    told = (
        "The gate answers `accepted`, then `done` or `failed`; or `rejected` with a code"
        " (docs/commands.md). Exit 0 when it was done, 2 when not, 3 without an answer."
    )
    return "\n".join((told, "", "\b", "Examples:", *lines))


_WANTED: Mapping[str, str] = {
    "transaction": "a `correlationid` of its events: 32 digits and letters from a to f",
    "officer": "a service number, such as K-4711; never a name",
}
F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)
_COMMON = (
    click.option("--gate", required=True, help="The gate's topic root, egate/v1/SITE/DEVICE."),
    click.option("--key", type=_FILE, required=True, help="The private JWK that signs."),
    click.option("--broker", default="127.0.0.1:1883", show_default=True, help="HOST:PORT."),
    click.option(
        "--protocol",
        type=click.Choice(["5", "3.1.1"]),
        default="5",
        show_default=True,
        help="Of MQTT.",
    ),
    click.option("--ca", type=_FILE, help="PEM of the broker's CA; turns TLS on."),
    click.option("--cert", type=_FILE, help="PEM of our certificate."),
    click.option("--cert-key", type=_FILE, help="PEM of its key."),
    click.option("--username", help="At the broker."),
    click.option("--password-file", type=_FILE, help="Its password, in a file."),
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


@click.group(epilog=_examples(*CommandName))
def group() -> None:
    """Send a signed command to a gate."""


def _subcommand(name: CommandName, *options: Callable[[F], F]) -> None:
    """One subcommand for each command of the contract; its help is that of its type."""

    def run(**given: Any) -> None:
        arguments = {key: given[key] for key in ORDERS[name].model_fields}
        _run(name, arguments, **{k: v for k, v in given.items() if k not in arguments})

    for option in (*reversed(_COMMON), *reversed(options)):
        run = option(run)
    words = (ORDERS[name].__doc__ or "").partition(": ")[2]
    told = words[:1].upper() + words[1:]
    group.add_command(click.command(name.value, help=told, epilog=_examples(name))(run))


_TRANSACTION = click.option("--transaction", required=True, help="The referred transaction's id.")
_OFFICER = click.option("--officer", required=True, help="Service number, such as K-4711.")
_subcommand(CommandName.OUT_OF_SERVICE)
_subcommand(CommandName.IN_SERVICE)
_subcommand(CommandName.RELEASE, _TRANSACTION, _OFFICER)
_subcommand(
    CommandName.OUTCOME,
    _TRANSACTION,
    _OFFICER,
    click.option(
        "--outcome", type=click.Choice([each.value for each in SecondLine]), required=True
    ),
)
_subcommand(CommandName.RESET, _OFFICER)
_subcommand(
    CommandName.RELOAD,
    click.option("--what", type=click.Choice([each.value for each in Reloaded]), required=True),
)
_subcommand(CommandName.DIAGNOSTICS)
_subcommand(CommandName.REBOOT)


def _run(name: CommandName, arguments: dict[str, str], **given: Any) -> None:
    if GATE.fullmatch(given["gate"]) is None:
        raise click.UsageError("--gate is egate/v1/SITE/DEVICE, in lower case")
    order = _order(name, arguments)
    key = CentralKey.load(given["key"])
    now = datetime.now(UTC)  # noqa: TID251  # commands are signed now
    number, token = key.command(name, order, f"/{given['gate']}", now, given["life"])
    if given["only_print"]:
        click.echo(token)
        return
    status = "no answer"
    with CommandClient(_address(given), given["gate"], name.value) as client:
        for answer in client.send(number, token, given["wait"]):
            status = str(answer.get("status"))
            _show(answer)
    if status != "done":
        click.echo(f"gatectl: {name.value}: {status}", err=True)
        sys.exit(3 if status in {"no answer", "accepted"} else 2)


def _order(name: CommandName, arguments: dict[str, str]) -> Order:
    try:
        return ORDERS[name].model_validate(arguments)
    except ValidationError as error:
        option = str(error.errors()[0]["loc"][0])
        raise click.UsageError(f"--{option} is {_WANTED[option]}") from None


def _address(given: dict[str, Any]) -> Address:
    host, _, port = str(given["broker"]).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.UsageError("--broker is HOST:PORT")
    tls = None
    if given["ca"] is not None:
        if (given["cert"] is None) is not (given["cert_key"] is None):
            raise click.UsageError("--cert and --cert-key go together")
        tls = Tls(ca=given["ca"], certificate=given["cert"], key=given["cert_key"])
    return Address(
        host.strip("[]"),
        int(port),
        given["protocol"],
        tls,
        given["username"],
        _password(given["password_file"]),
    )


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({type(error).__name__})") from error


def _show(answer: dict[str, Any]) -> None:
    words = (answer.get("status"), answer.get("code"), answer.get("detail"))
    click.echo("  ".join(str(word) for word in dict.fromkeys(words) if word))
    if answer.get("data") is not None:
        click.echo(json.dumps(answer["data"], indent=2))
