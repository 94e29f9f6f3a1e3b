"""Whatever arrives on the topics a gate listens to: nothing moves, nothing breaks, nothing is sent.

The real publisher's handler is fed, so that what a broker may deliver passes every layer.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import MQTTMessage

from edge.contract.commands import CommandName
from edge.gate.states import Door, Topology
from tests.support.desk import KEY, RELEASE, TOPICS, Office, at_work
from tests.support.examples import examples

NAMES = st.sampled_from([*CommandName, "open", "", "release/response", "Release", "é", "x" * 99])
TOPIC = st.one_of(
    st.sampled_from(["sync/ack", "sync/replay", "sync/other", "cmd", "state", ""]),
    NAMES.map(lambda name: f"cmd/{name}"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
SYNC = st.fixed_dictionaries(
    {},
    optional={
        key: JSON | st.integers(-(2**70), 2**70) for key in ("sequence", "from", "to", "journal")
    },
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.uuids().map(str),
        "aud": JSON | st.just(TOPICS.source),
        "name": JSON | NAMES,
        "iat": JSON,
        "exp": JSON,
        "args": JSON | st.just(RELEASE),
        "admin": JSON,
    },
)
SEGMENT = st.text("ABCDwxyz0189-_", max_size=90)
PAYLOAD = st.one_of(
    st.binary(max_size=300),
    st.binary(min_size=1, max_size=8).map(lambda block: block * 4000),
    JSON.map(lambda value: json.dumps(value).encode()),
    SYNC.map(lambda value: json.dumps(value).encode()),
    CLAIMS.map(lambda value: KEY.sign(value).encode()),
    st.tuples(SEGMENT, SEGMENT, SEGMENT).map(lambda parts: ".".join(parts).encode()),
    st.integers(1, 4000).map(lambda depth: b"[" * depth),
)
MESSAGE = st.tuples(TOPIC, PAYLOAD, st.booleans())


@examples(40)
@given(messages=st.lists(MESSAGE, min_size=1, max_size=12), topology=st.sampled_from(Topology))
def test_nothing_that_arrives_moves_the_gate(
    messages: list[tuple[str, bytes, bool]], topology: Topology
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        taken = len(office.gate.taken)
        for topic, payload, retained in messages:
            message = MQTTMessage(topic=f"{TOPICS.root}/{topic}".encode())
            message.payload, message.retain = payload, retained
            office.publisher._incoming.hear(message)
            await asyncio.sleep(0)
        await office.quiet()
        assert office.lane.state == before
        assert not any(Door.EXIT in free for free, _ in office.gate.taken[taken:])
        assert all(answer.status == "rejected" for _, answer in office.answers)
        assert office.events("officer.override") == []
        if any(topic.startswith("cmd/") for topic, _, _ in messages):
            assert office.events("security.auth_failed")
        assert office.journal_writer.healthy

    with TemporaryDirectory() as folder:
        at_work(Path(folder), story, topology)
