"""Writes the contract with the central system into `config/`, from the models.

JSON Schemas (draft 2020-12) of the events and of every other message, and an AsyncAPI 3 document
of the topics that carry them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from edge.contract.answers import Answer
from edge.contract.commands import ORDERS, Claims
from edge.contract.event_types import PREFIX
from edge.contract.events import Event
from edge.contract.json_object import JsonObject
from edge.contract.messages import Health, Info, State, Statistics
from edge.contract.payloads import PAYLOADS
from edge.contract.sync import Acknowledgement, Replay
from tools.contract import asyncapi

FOLDER = Path(__file__).parents[2] / "config"
Json: TypeAlias = Any  # a part of a schema, of any kind that JSON has
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def events_schema() -> JsonObject:
    """Every event; a later version may add fields."""
    payloads = sorted(set(PAYLOADS.values()), key=lambda model: model.__name__)
    names, definitions = _definitions([Event, *payloads], "serialization")
    envelope = definitions.pop(Event.__name__)
    fields = envelope["properties"] | {"type": {"enum": [f"{PREFIX}{kind}" for kind in PAYLOADS]}}
    fields["type"] |= _category_of(envelope["properties"]["type"])
    return {
        "$schema": DIALECT,
        "$id": "urn:egate:events:1",
        "title": "Events of an e-gate",
        "description": "CloudEvents 1.0, structured mode. See docs/events.md.",
        "type": "object",
        "properties": fields,
        "required": sorted(fields.keys() - {"correlationid", "causationid"}),
        "allOf": [
            {
                "if": {"properties": {"type": {"const": f"{PREFIX}{kind}"}}},
                "then": {"properties": {"data": names[payload]}},
            }
            for kind, payload in PAYLOADS.items()
        ],
        "$defs": definitions,
    }


def messages_schema() -> JsonObject:
    """Every other message, as definitions; a later version may add fields to what a gate says."""
    told: list[type[BaseModel]] = [State, Info, Health, Statistics, Answer]
    heard: list[type[BaseModel]] = [Acknowledgement, Replay]
    _, definitions = _definitions(told, "serialization")
    _, received = _definitions(heard, "validation")
    orders = sorted(set(ORDERS.values()), key=lambda order: order.__name__)
    names, arguments = _definitions([Claims, *orders], "validation")
    claims = arguments.pop(Claims.__name__)
    commands = {
        f"Command-{name}": _command(claims, name, names[order]) for name, order in ORDERS.items()
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:egate:messages:1",
        "title": "Messages between an e-gate and its central system that are no events",
        "description": "See docs/events.md.",
        "$defs": dict(sorted((definitions | received | arguments | commands).items())),
    }


def _command(claims: JsonObject, name: str, arguments: Mapping[str, object]) -> JsonObject:
    """What the token of a command says (`edge.contract.verified_command`)."""
    fields: JsonObject = {key: _arranged(field) for key, field in claims["properties"].items()}
    fields["name"] = {"const": name} | _category_of(fields["name"])
    fields["args"] = dict(arguments) | _category_of(fields["args"])
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(claims["required"]),
        "additionalProperties": claims["additionalProperties"],
    }


def _arranged(field: JsonObject) -> JsonObject:
    """A property with its members in the published order."""
    first = ("type", "pattern", "minimum", "maximum", "description")
    return {key: field[key] for key in (*first, *field) if key in field}


def _definitions(
    models: Sequence[type[BaseModel]], mode: JsonSchemaMode
) -> tuple[dict[type[BaseModel], JsonObject], JsonObject]:
    """References by model, and every definition they need."""
    names, shared = models_json_schema(
        [(model, mode) for model in models], ref_template="#/$defs/{model}"
    )
    definitions = {name: _plain(schema) for name, schema in shared["$defs"].items()}
    return {model: names[model, mode] for model in models}, definitions


def _plain(schema: Json) -> Json:
    """What a receiver needs: no titles that repeat names, no defaults that are never sent."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = set()
    if isinstance(schema.get("title"), str):
        dropped.add("title")
    if "default" in schema and schema["default"] is None:
        dropped.add("default")
    return {key: _plain(value) for key, value in schema.items() if key not in dropped}


def _category_of(field: Mapping[str, object]) -> JsonObject:
    return {key: value for key, value in field.items() if key.startswith("x-")}


FILES: Mapping[str, Callable[[], JsonObject]] = {
    "events.schema.json": events_schema,
    "messages.schema.json": messages_schema,
    "asyncapi.json": lambda: asyncapi.document(PAYLOADS, ORDERS),
}


def rendered(name: str) -> str:
    """A file as it stands in `config/`."""
    return json.dumps(FILES[name](), indent=2) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Write the contract with the central system; a test fails when it is out of date."""
    for name in FILES:
        (FOLDER / name).write_text(rendered(name), encoding="utf-8")
        click.echo(f"{name} is written")


if __name__ == "__main__":
    main()
