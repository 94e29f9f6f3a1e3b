"""The examples integrators build on verify, and are of today's contract."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OKPKey
from jsonschema import Draft202012Validator

from edge.contract.chain import ChainVerifier
from edge.contract.event_types import PREFIX, EventType
from edge.contract.events import Event
from edge.contract.payloads import PAYLOADS
from edge.contract.signature import VerificationKeys
from edge.contract.verification import Fault, Genuine, verify_event, verify_head
from tools.contract.event_examples import (
    BEGIN,
    DOCUMENT,
    END,
    EVENTS,
    FOLDER,
    OPENS,
    inserted,
    shown,
)
from tools.contract.schemas import events_schema, messages_schema

ADVICE = "run: python -m tools.contract.event_examples"
BODIES = (FOLDER / EVENTS).read_bytes().splitlines()


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_bytes())


KEYS = VerificationKeys.of_jwks(read("info.json"))


def test_the_chain_of_the_examples_is_whole() -> None:
    head = verify_head(read("health.json")["head"], KEYS)
    assert head.sequence == len(BODIES), ADVICE
    verifier = ChainVerifier(KEYS, head)
    assert [finding for body in BODIES for finding in verifier.take(body)] == []
    assert verifier.end() == []


@pytest.mark.parametrize("name", ["state", "info", "health"])
def test_the_messages_are_as_described(name: str) -> None:
    schema = messages_schema() | {"$ref": f"#/$defs/{name.title()}"}
    Draft202012Validator(schema).validate(read(f"{name}.json"))


def test_the_events_are_of_todays_contract() -> None:
    """Nothing is missing and nothing is there that today's models do not have."""
    schema = Draft202012Validator(events_schema())
    for body in BODIES:
        schema.validate(json.loads(body))
        event = Event.model_validate_json(body)
        PAYLOADS[EventType(event.type.removeprefix(PREFIX))].model_validate(event.data)
        found = verify_event(body, KEYS)
        assert isinstance(found, Genuine)
        assert found.misfit == "", ADVICE
    types = [json.loads(body)["type"] for body in BODIES]
    for kind in ("document.read", "chip.verified", "decision.made", "gate.opened"):
        assert f"{PREFIX}{kind}" in types


def test_what_is_sealed_in_the_examples_opens() -> None:
    (private,) = read(OPENS)["keys"]
    key = OKPKey.import_key(private)
    sealed = [c["data"]["sealed"] for c in map(json.loads, BODIES) if "sealed" in c["data"]]
    for found in sealed:
        plain = jwe.decrypt_compact(found, key, algorithms=["ECDH-ES", "A256GCM"]).plaintext
        assert plain is not None
        assert json.loads(plain)["primary_identifier"] == "SPECIMEN"
    assert len(sealed) == 2


def test_the_text_shows_one_of_them() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == inserted(text, shown((FOLDER / EVENTS).read_bytes())), ADVICE
    assert text.count(BEGIN) == text.count(END) == 1


def test_every_fault_is_explained_to_the_integrator() -> None:
    _, _, table = DOCUMENT.read_text(encoding="utf-8").partition("| fault | means |\n|---|---|\n")
    explained = re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    assert explained == [fault.value for fault in Fault]
