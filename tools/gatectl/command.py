"""gatectl command: signed commands to a gate, and what it answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from edge.contract.answers import Answer
from edge.contract.commands import ORDERS, CommandName, Order
from edge.contract.json_object import JsonObject
from edge.keys.password import read_password
from edge.settings.delivery import Tls
from tools.central.central_key import CentralKey
from tools.gatectl.command_client import Address, CommandClient

GATE = re.compile(r"egate/v1/[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}")
_WANTED: Mapping[str, str] = {
    "transaction": "a `correlationid` of its events: 32 digits and letters from a to f",
    "officer": "a service number, such as K-4711; never a name",
}


def send(**given: Any) -> None:  # click's options, of the types that they declare
    """Run `gatectl command NAME`: the name is that of the command that runs."""
    name = CommandName(str(click.get_current_context().info_name))
    arguments = {key: given[key] for key in ORDERS[name].model_fields}
    if GATE.fullmatch(given["gate"]) is None:
        raise click.UsageError("--gate is egate/v1/SITE/DEVICE, in lower case")
    order = _order(name, arguments)
    key = CentralKey.load(given["key"])
    now = datetime.now(UTC)  # noqa: TID251  # commands are signed now
    number, token = key.command(name, order, f"/{given['gate']}", now, given["life"])
    if given["only_print"]:
        click.echo(token)
        return
    status: str = "no answer"
    with CommandClient(_address(given), given["gate"], name.value) as client:
        for answer in client.send(number, token, given["wait"]):
            status = answer.status
            _show(answer)
    if status == "no answer" and client.unread:
        click.echo(f"gatectl: an answer of a later version, or none: {client.unread}", err=True)
    if status != "done":
        click.echo(f"gatectl: {name.value}: {status}", err=True)
        sys.exit(3 if status in {"no answer", "accepted"} else 2)


def _order(name: CommandName, arguments: dict[str, str]) -> Order:
    try:
        return ORDERS[name].model_validate(arguments)
    except ValidationError as error:
        option = str(error.errors()[0]["loc"][0])
        raise click.UsageError(f"--{option} is {_WANTED[option]}") from None


def _address(given: JsonObject) -> Address:
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
    return None if path is None else read_password(path, "--password-file")


def _show(answer: Answer) -> None:
    words = (answer.status, answer.code.value, answer.detail)
    click.echo("  ".join(word for word in dict.fromkeys(words) if word))
    if answer.data is not None:
        click.echo(answer.data.model_dump_json(indent=2))
