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

from edge.contract.commands import ORDERS, Answer
from edge.contract.event_types import PREFIX
from edge.contract.events import Event
from edge.contract.fields import UUID
from edge.contract.json_object import JsonObject
from edge.contract.messages import Acknowledgement, Health, Info, Replay, State, Statistics
from edge.contract.payloads import PAYLOADS
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
    """Every other message, as definitions; a later version may add fields."""
    told: list[type[BaseModel]] = [State, Info, Health, Statistics, Answer]
    heard: list[type[BaseModel]] = [Acknowledgement, Replay]
    _, definitions = _definitions(told, "serialization")
    _, received = _definitions(heard, "validation")
    orders = sorted(set(ORDERS.values()), key=lambda order: order.__name__)
    names, arguments = _definitions(orders, "validation")
    commands = {f"Command-{name}": _command(name, names[order]) for name, order in ORDERS.items()}
    return {
        "$schema": DIALECT,
        "$id": "urn:egate:messages:1",
        "title": "Messages between an e-gate and its central system that are no events",
        "description": "See docs/events.md.",
        "$defs": dict(sorted((definitions | received | arguments | commands).items())),
    }


def _command(name: str, arguments: Mapping[str, object]) -> JsonObject:
    """What the token of a command says (`edge.contract.verified_command`)."""
    operational = {"x-datacategory": "operational", "x-dataclassification": "internal"}
    seconds = {"type": "integer", "minimum": 0, "description": "Seconds since 1970 (RFC 7519)."}
    fields: JsonObject = {
        "id": {"type": "string", "pattern": UUID},
        "aud": {"type": "string", "description": "`source` of the gate that is meant."},
        "name": {"const": name},
        "iat": seconds,
        "exp": seconds,
        "args": dict(arguments),
    }
    return {
        "type": "object",
        "properties": {key: value | operational for key, value in fields.items()},
        "required": sorted(fields),
        "additionalProperties": False,
    }


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
    """What a receiver needs: no titles that repeat names, no ban on what a later version adds.

    What is None is left out of an event, so null is no value of its fields.
    """
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {"additionalProperties"} if schema.get("additionalProperties") is False else set()
    if isinstance(schema.get("title"), str):
        dropped.add("title")
    if "default" in schema and schema["default"] is None:
        dropped.add("default")
        schema = _without_null(schema)
    return {key: _plain(value) for key, value in schema.items() if key not in dropped}


def _without_null(schema: JsonObject) -> JsonObject:
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    kept: JsonObject = choices[0]
    return kept | {key: value for key, value in schema.items() if key != "anyOf"}


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
