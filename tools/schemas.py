"""Writes the contract of the events, `config/events.schema.json`, from the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from edge.events import PAYLOADS, PREFIX, Event

FILE = Path(__file__).parents[1] / "config/events.schema.json"


def events_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of every event; a later version may add fields."""
    models: list[type[BaseModel]] = [
        Event,
        *sorted(set(PAYLOADS.values()), key=lambda model: model.__name__),
    ]
    names, shared = models_json_schema(
        [(model, "serialization") for model in models], ref_template="#/$defs/{model}"
    )
    definitions = {name: _plain(schema) for name, schema in shared["$defs"].items()}
    envelope = definitions.pop(Event.__name__)
    fields = envelope["properties"] | {
        "type": {"enum": [f"{PREFIX}{kind}" for kind in PAYLOADS]},
        "correlationid": {"type": "string"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:egate:events:1",
        "title": "Events of an e-gate",
        "description": "CloudEvents 1.0, structured mode. See docs/events.md.",
        "type": "object",
        "properties": fields,
        "required": sorted(fields.keys() - {"correlationid"}),
        "allOf": [
            {
                "if": {"properties": {"type": {"const": f"{PREFIX}{kind}"}}},
                "then": {"properties": {"data": names[payload, "serialization"]}},
            }
            for kind, payload in PAYLOADS.items()
        ],
        "$defs": definitions,
    }


def _plain(schema: Any) -> Any:
    """Leave out what only repeats a name, and the ban on fields a later version may add."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {"additionalProperties"} if schema.get("additionalProperties") is False else set()
    if isinstance(schema.get("title"), str):
        dropped.add("title")
    return {key: _plain(value) for key, value in schema.items() if key not in dropped}


def rendered() -> str:
    """The schema as it stands in the file."""
    return json.dumps(events_schema(), indent=2) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Write the schema of the events anew; a test tells when that is due."""
    FILE.write_text(rendered(), encoding="utf-8")
    click.echo(f"{FILE.name}: {len(PAYLOADS)} types of events")


if __name__ == "__main__":
    main()
