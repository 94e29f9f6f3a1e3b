"""The topics of a gate as an AsyncAPI 3 document, described from the gate's side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.contract.event_types import PREFIX, EventType
from edge.contract.json_object import JsonObject

EVENTS = "events.schema.json"
MESSAGES = "messages.schema.json#/$defs/"
SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
ROOT = "egate/v1/{site}/{device}"
CLOUD_EVENT = "application/cloudevents+json"
JWS = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$"


def document(types: Iterable[EventType], commands: Iterable[str]) -> JsonObject:
    """The whole document; payloads are in the schemas beside it."""
    events = {kind.value.replace(".", "-"): kind for kind in types}
    names = list(commands)
    channels = {
        "state": _channel("state", {"State": _ref("messages", "State")}),
        "info": _channel("info", {"Info": _ref("messages", "Info")}),
        "health": _channel("health", {"Health": _ref("messages", "Health")}),
        "stats": _channel(
            "stats/{period}",
            {"Statistics": _ref("messages", "Statistics")},
            period={"enum": ["hour"]},
        ),
        "events": _channel(
            "event/{family}/{name}",
            {key: _ref("messages", f"event-{key}") for key in events},
            family={"enum": sorted({kind.topic.split("/")[0] for kind in events.values()})},
            name={"description": "The rest of the type: `gate.emergency.reset` has"
                  " `emergency.reset`."},
        ),
        "ack": _channel("sync/ack", {"Acknowledgement": _ref("messages", "Acknowledgement")}),
        "replay": _channel("sync/replay", {"Replay": _ref("messages", "Replay")}),
        "command": _channel(
            "cmd/{command}", {"Command": _ref("messages", "Command")}, command={"enum": names}
        ),
        "answer": _channel(
            "cmd/{command}/response",
            {"Answer": _ref("messages", "Answer")},
            command={"enum": names},
        ),
    }  # fmt: skip
    return {
        "asyncapi": "3.0.0",
        "id": "urn:egate:1",
        "info": {
            "title": "e-gate",
            "version": "1.0.0",
            "description": "What a gate publishes and obeys. See docs/events.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(),
        "components": {"messages": _messages(events, names)},
    }


def _channel(
    address: str, messages: Mapping[str, object], **parameters: Mapping[str, object]
) -> JsonObject:
    named = {
        "site": {"description": "Lower case letters, digits and hyphens; nothing personal."},
        "device": {"description": "The lane, unique in its site."},
        **parameters,
    }
    return {
        "address": f"{ROOT}/{address}",
        "messages": dict(messages),
        "parameters": {key: dict(value) for key, value in named.items()},
    }


def _operations() -> JsonObject:
    """From the gate's side: it sends what it publishes and receives what it obeys."""
    said = {
        name: ("send", {"qos": 1, "retain": True, "bindingVersion": "0.2.0"}, summary)
        for name, summary in (
            ("state", "On every change, on every connect, with every health; also the last will."),
            ("info", "On every connect, and when it changes."),
            ("health", "Every 60 s, and on every connect."),
        )
    }
    once = {"qos": 1, "retain": False, "bindingVersion": "0.2.0"}
    told = {
        "events": ("send", once, "Until `sync/ack` covers it: expect duplicates."),
        "stats": ("send", once, "When the period is over; lost when the broker is away."),
        "answer": ("send", once, "Also on the MQTT 5 response topic of the command."),
        "ack": ("receive", once, "Everything up to here is stored; refused when retained."),
        "replay": ("receive", once, "Send these again; refused when retained."),
        "command": ("receive", once, "Signed, expiring, used once; refused when retained."),
    }
    return {
        f"{action}-{name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": summary,
            "bindings": {"mqtt": binding},
        }
        for name, (action, binding, summary) in (said | told).items()
    }


def _messages(events: Mapping[str, EventType], commands: Iterable[str]) -> JsonObject:
    plain = ("State", "Info", "Health", "Statistics", "Acknowledgement", "Replay", "Answer")
    found: JsonObject = {name: _message({"$ref": MESSAGES + name}) for name in plain}
    found["Command"] = {
        "contentType": "application/jose",
        "summary": "A JWS in compact form (RFC 7515 §7.1) whose payload is one of `x-claims`.",
        "payload": {"type": "string", "pattern": JWS},
        "x-claims": [{"$ref": f"{MESSAGES}Command-{name}"} for name in commands],
    }
    for key, kind in events.items():
        schema = {
            "allOf": [{"$ref": EVENTS}, {"properties": {"type": {"const": f"{PREFIX}{kind}"}}}]
        }
        found[f"event-{key}"] = _message(schema) | {
            "name": f"{PREFIX}{kind}",
            "contentType": CLOUD_EVENT,
        }
    return found


def _message(schema: Mapping[str, object]) -> JsonObject:
    return {"payload": {"schemaFormat": SCHEMA_FORMAT, "schema": dict(schema)}}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
