"""One truth for what is said: the published schema and the model that reads accept the same.

Messages are made from each schema, and altered.  Two things that no schema can say are said here,
and in docs/events.md: an event is canonical JSON, so its whole numbers are safe ones; and a moment
is one of RFC 3339 but no leap second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge.contract import sync
from edge.contract.answers import Answer
from edge.contract.canonical import canonical
from edge.contract.commands import Claims, CommandName
from edge.contract.event_types import PREFIX, EventType
from edge.contract.message import Message
from edge.contract.messages import Health, Info, State, Statistics
from edge.contract.payloads import PAYLOADS
from edge.contract.sync import Acknowledgement, Replay
from edge.contract.verification import Genuine, verify_event
from tests.support.altered import altered, altered_somewhere
from tests.support.examples import examples
from tests.support.published_schema import Json, Schema, Verdict
from tests.support.schema_messages import DEFS, SAFE, Maker
from tools.contract.schemas import FOLDER

EVENTS: Final[Schema] = json.loads((FOLDER / "events.schema.json").read_bytes())
MESSAGES: Final[Schema] = json.loads((FOLDER / "messages.schema.json").read_bytes())
SAID: Final[tuple[type[Message], ...]] = (State, Info, Health, Statistics, Answer)
OBEYED: Final[Mapping[str, type[Message]]] = {"ack": Acknowledgement, "replay": Replay}
TYPES: Final = [PREFIX + kind for kind in PAYLOADS]


@dataclass(frozen=True)
class Said:
    """A message of the contract: what is published of it, messages by that, and what reads them."""

    published: Callable[[Json], bool]
    messages: st.SearchStrategy[Json]
    full: st.SearchStrategy[Json]
    """Messages in which everything is that may be there."""
    read: Callable[[Json], object]
    """Raises ValueError for what it does not take."""

    def verdicts(self, content: Json) -> tuple[bool, bool]:
        """Of what is published, and of the model."""
        try:
            self.read(content)
        except ValueError:
            return self.published(content), False
        return self.published(content), True


def _message(name: str, read: Callable[[bytes], object]) -> Said:
    reference, defs = {"$ref": f"{DEFS}{name}"}, MESSAGES["$defs"]
    return Said(
        Verdict({**MESSAGES, **reference}).accepts,
        Maker(defs).made(reference),
        Maker(defs, fully=True).made(reference),
        lambda content: read(json.dumps(content).encode()),
    )


def _read_command(name: CommandName, body: bytes) -> None:
    claims = Claims.read(body)
    if claims.name != name:
        raise ValueError("another command")
    claims.command()


def _events(kind: EventType, schema: Verdict) -> Said:
    def published(content: Json) -> bool:
        return schema.accepts(content) and all(map(is_safe, numbers_in(content)))

    some, full = Maker(EVENTS["$defs"]), Maker(EVENTS["$defs"], fully=True)
    of_kind = (EVENTS, PREFIX + kind)
    return Said(published, some.events(*of_kind), full.events(*of_kind), _read_event)


def _read_event(content: Json) -> None:
    """It arrives as canonical JSON; one whose type has no model here fits none."""
    body = canonical(content) if isinstance(content, dict) else json.dumps(content).encode()
    found = verify_event(body, None)
    if not isinstance(found, Genuine) or found.misfit or found.event.type not in TYPES:
        raise ValueError("no event of this contract")


def numbers_in(content: Json) -> Iterator[float]:
    """Every number of a value."""
    if isinstance(content, bool):
        return
    if isinstance(content, int | float):
        yield content
    for part in _parts(content):
        yield from numbers_in(part)


def is_safe(number: float) -> bool:
    """Whether what RFC 8785 writes for it is read as the same number everywhere (RFC 7493 §2.2)."""
    return abs(number) <= SAFE or (type(number) is float and abs(number) >= 1e21)


@cache
def contract() -> dict[str, Said]:
    """Every message there is, by name; of the events one for each payload."""
    found = {model.__name__: _message(model.__name__, model.read) for model in SAID}
    for name, model in OBEYED.items():
        read = partial(sync.read, name, retained=False)
        found[f"sync/{name}"] = _message(model.__name__, read)
    for name in CommandName:
        found[f"cmd/{name}"] = _message(f"Command-{name}", partial(_read_command, name))
    schema = Verdict(EVENTS)
    for kind in {PAYLOADS[kind]: kind for kind in (*PAYLOADS, EventType.GATE_OPENED)}.values():
        found[kind] = _events(kind, schema)
    return found


EVERY_MESSAGE = pytest.mark.parametrize("name", contract())


def test_every_published_definition_is_compared() -> None:
    compared = {model.__name__ for model in (*SAID, *OBEYED.values())}
    compared |= {f"Command-{name}" for name in CommandName}
    named = {found.removeprefix(DEFS) for found in _said(MESSAGES, "$ref")}
    assert compared | named == MESSAGES["$defs"].keys()


@EVERY_MESSAGE
@examples(15, HealthCheck.data_too_large)
@given(data=st.data())
def test_the_model_accepts_what_the_schema_does(name: str, data: st.DataObject) -> None:
    said = contract()[name]
    assert said.verdicts(data.draw(said.messages)) == (True, True)


@EVERY_MESSAGE
@examples(40, HealthCheck.data_too_large)
@given(data=st.data())
def test_what_is_altered_is_refused_by_both_or_by_neither(name: str, data: st.DataObject) -> None:
    said = contract()[name]
    published, read = said.verdicts(data.draw(altered_somewhere(said.messages)))
    assert published == read


@EVERY_MESSAGE
@settings(examples(1, HealthCheck.data_too_large), derandomize=True, phases=[Phase.generate])
@given(data=st.data())
def test_every_single_alteration_is_judged_alike(name: str, data: st.DataObject) -> None:
    """Of a message that says everything: every part, taken for all that it might be taken for.

    The envelope of one type of event stands for that of all.
    """
    said = contract()[name]
    message = data.draw(said.full)
    below = ("data",) if PREFIX + name in TYPES and name != EventType.GATE_OPENED else ()
    found = [(said.verdicts(other), other) for other in altered(message, _bounds(), below)]
    assert [other for (published, read), other in found if published != read] == []
    assert {published for (published, _), _ in found} == {True, False}


@cache
def _bounds() -> list[int]:
    keywords = ("minimum", "maximum", "maxLength")
    return sorted(set().union(*(_said(s, word) for s in (EVENTS, MESSAGES) for word in keywords)))


def _parts(content: Json) -> list[Json]:
    if isinstance(content, dict):
        return [*content.values()]
    return content if isinstance(content, list) else []


def _said(part: Json, keyword: str) -> set[Any]:
    """Everything a schema says by a keyword, wherever it stands."""
    own = {part[keyword]} if isinstance(part, dict) and keyword in part else set()
    return own.union(*(_said(inner, keyword) for inner in _parts(part)))
