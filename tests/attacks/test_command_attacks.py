"""Attacks by commands: nothing moves, the journal says so, and the sender learns nothing by it.

Whoever can publish on a gate's topics can send these.  In each a traveller has been referred and
stands there alone, so that a release that slipped through would free the exit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from edge.checks import Result
from edge.contract.commands import Diagnose, Reboot, Release, Reset
from edge.contract.verified_command import LARGEST_BYTES, TYPE
from edge.gate import events
from edge.gate.states import (
    EXIT,
    Authorised,
    Door,
    Inspecting,
    Ready,
    Referred,
    Released,
    Releasing,
    State,
    Topology,
    Verifying,
    posture,
)
from edge.management.command_inbox import MOST_WAITING
from edge.ports import LaneSignal
from tests.support.desk import KEY, NOON, OFFICER, OTHERS, OURS, P256, RELEASE, Office, at_work
from tools.central.central_key import CentralKey, Use

UNPROVEN = ["rejected: unauthenticated"]
Story = Callable[[Office], Awaitable[None]]


@pytest.fixture(params=list(Topology))
def topology(request: pytest.FixtureRequest) -> Topology:
    return Topology(request.param)


def part(content: Any) -> str:
    """One part of a token."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(header: Any, claims: Any, signature: bytes = bytes(64)) -> str:
    return f"{part(header)}.{part(claims)}.{part(signature)}"


def header(**changes: Any) -> dict[str, Any]:
    found = {"alg": "Ed25519", "kid": KEY.kid, "typ": TYPE} | changes
    return {k: v for k, v in found.items() if v is not None}


def signed(office: Office, claims: Any, key: CentralKey = KEY, **changes: Any) -> str:
    """Claims under a right signature, and any header."""
    alg = "Ed25519" if key.public["kty"] == "OKP" else "ES256"
    head = header(**{"alg": alg, "kid": key.kid} | changes)
    content = f"{part(head)}.{part(claims)}"
    signature = jws.JWSRegistry.algorithms[alg].sign(content.encode(), key._key)
    return f"{content}.{part(signature)}"


async def released(office: Office) -> None:
    """Send a right release; the exit is free once the entry, if there is one, is shut."""
    office.inbox.receive(office.received("release", signed(office, office.claims())))
    state = await office.lane.until(lambda state: isinstance(state, Releasing | Released))
    if isinstance(state, Releasing):
        assert posture(state).free == frozenset()
        office.gate.report(LaneSignal.CLOSED)
    state = await office.lane.until(lambda state: isinstance(state, Released))
    assert state == Released(OURS)
    assert posture(state).free == EXIT
    await office.quiet()


def repelled(
    folder: Path, topology: Topology, attack: Callable[[Office], str | bytes], answer: list[str]
) -> None:
    """One message is refused with this answer, is in the journal, and moves nothing."""

    async def story(office: Office) -> None:
        before = office.refer()
        taken = len(office.gate.taken)
        assert await office.send(attack(office)) == answer
        assert office.lane.state == before
        assert not any(Door.EXIT in free for free, _ in office.gate.taken[taken:])
        (finding,) = office.events("security.auth_failed")
        assert finding["count"] == 1
        assert office.events("officer.override") == []
        assert office.events("audit.command") == []

    at_work(folder, story, topology)


def test_what_is_rightly_signed_is_obeyed(tmp_path: Path, topology: Topology) -> None:
    """The counterpart of every attack below: without it they would prove nothing."""

    async def story(office: Office) -> None:
        office.refer()
        await released(office)
        assert office.said() == ["accepted: accepted", "done: done"]
        assert office.events("security.auth_failed") == []

    at_work(tmp_path, story, topology)


# Forged.

UNSIGNED: dict[str, Callable[[Office], str | bytes]] = {
    "algorithm none": lambda o: token(header(alg="none"), o.claims(), b""),
    "algorithm none with a signature": lambda o: token(header(alg="none"), o.claims()),
    "algorithm NoNe": lambda o: token(header(alg="NoNe"), o.claims()),
    "no signature": lambda o: token(header(), o.claims(), b""),
    "a signature of zeros": lambda o: token(header(), o.claims()),
    "ES256 of zeros": lambda o: token(header(alg="ES256", kid=P256.kid), o.claims()),
    "another key under a known name": lambda o: signed(
        o, o.claims(), CentralKey.make(Use.SIGN, "Ed25519"), kid=KEY.kid
    ),
    "another key under its own name": lambda o: signed(
        o, o.claims(), CentralKey.make(Use.SIGN, "Ed25519")
    ),
    "its own key in the header": lambda o: signed(
        o, o.claims(), other := CentralKey.make(Use.SIGN, "Ed25519"), jwk=other.public
    ),
    "a key to be fetched": lambda o: signed(
        o, o.claims(), CentralKey.make(Use.SIGN, "Ed25519"), jku="https://attacker.example/keys"
    ),
    "a critical extension": lambda o: signed(o, o.claims(), crit=["exp"], exp=0),
    "a payload that is not encoded": lambda o: signed(o, o.claims(), b64=False, crit=["b64"]),
    "no type": lambda o: signed(o, o.claims(), typ=None),
    "the type of another use of the key": lambda o: signed(o, o.claims(), typ="JWT"),
    "no name of a key": lambda o: signed(o, o.claims(), kid=None),
    "the algorithm of another key": lambda o: signed(o, o.claims(), alg="ES256"),
    "claims exchanged under a signature": lambda o: exchanged(o, o.claims(), o.claims()),
    "a signature cut short": lambda o: signed(o, o.claims())[:-1],
    "padding": lambda o: signed(o, o.claims()) + "==",
    "spare bits of the last letter": lambda o: spare_bits(signed(o, o.claims())),
    "a line feed at the end": lambda o: signed(o, o.claims()) + "\n",
    "JSON serialisation": lambda o: flattened(signed(o, o.claims())),
    "plain JSON": lambda o: json.dumps(o.claims()),
    "nothing": lambda _: b"",
    "bytes": lambda _: bytes(range(256)),
    "four parts": lambda o: signed(o, o.claims()) + "." + part(b"more"),
    "a header nested deeply": lambda o: token(b"[" * 1500 + b"]" * 1500, o.claims()),
    "a header that is a list": lambda o: token([1], o.claims()),
    "a huge message": lambda o: signed(o, o.claims(pad="x" * LARGEST_BYTES)),
}


def exchanged(office: Office, right: Any, wrong: Any) -> str:
    """A right signature under what somebody else would like to say."""
    head, _, signature = signed(office, right).split(".")
    return f"{head}.{part(wrong)}.{signature}"


def flattened(right: str) -> str:
    """The same as a JSON serialisation (RFC 7515 §7.2.2)."""
    names = ("protected", "payload", "signature")
    return json.dumps(dict(zip(names, right.split("."), strict=True)))


def spare_bits(right: str) -> str:
    """The same signature, written differently: a replay that would not look like one."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return right[:-1] + alphabet[alphabet.index(right[-1]) ^ 1]


@pytest.mark.parametrize("attack", UNSIGNED)
def test_a_forged_command_is_refused_and_all_get_the_same_answer(
    tmp_path: Path, attack: str
) -> None:
    repelled(tmp_path, Topology.BARRIER, UNSIGNED[attack], UNPROVEN)


@pytest.mark.parametrize("encoding", ["x", "jwk", "jwks", "raw"])
def test_hs256_with_the_public_key_as_its_secret(tmp_path: Path, encoding: str) -> None:
    public = KEY.public
    secrets = {
        "x": public["x"].encode(),
        "jwk": json.dumps(public).encode(),
        "jwks": json.dumps({"keys": [public]}).encode(),
        "raw": base64.urlsafe_b64decode(public["x"] + "="),
    }

    def attack(office: Office) -> str:
        secret = OctKey.import_key(secrets[encoding])
        head = header(alg="HS256")
        return jws.serialize_compact(head, json.dumps(office.claims()), secret, ["HS256"])

    repelled(tmp_path, Topology.BARRIER, attack, UNPROVEN)


def test_hs256_padded_to_the_length_of_a_right_signature(tmp_path: Path) -> None:
    repelled(tmp_path, Topology.BARRIER, lambda o: token(header(alg="HS256"), o.claims()), UNPROVEN)


# Rightly signed once, and misused.

MISUSED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"iat": -120, "exp": -60}, "expired"),
    "expiring now": ({"iat": -60, "exp": 0}, "expired"),
    "from the future": ({"iat": 3600, "exp": 3660}, "not-yet-valid"),
    "valid for a day": ({"exp": 86_400}, "valid-too-long"),
    "valid for 301 seconds": ({"exp": 301}, "valid-too-long"),
    "expired before it was issued": ({"iat": 20, "exp": 10}, "valid-too-long"),
}


@pytest.mark.parametrize("attack", MISUSED)
def test_a_command_out_of_its_time(tmp_path: Path, attack: str) -> None:
    changes, code = MISUSED[attack]
    now = int(NOON.timestamp())

    def made(office: Office) -> str:
        times = {"iat": now, "exp": now + 60} | {k: now + v for k, v in changes.items()}
        return signed(office, office.claims(**times))

    repelled(tmp_path, Topology.BARRIER, made, [f"rejected: {code}"])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "meant for another gate": ({"aud": "/egate/v1/site/other"}, "wrong-audience"),
    "meant for every gate": ({"aud": ["/egate/v1/site/lane"]}, "malformed"),
    "an unknown command": ({"name": "open-everything"}, "wrong-name"),
    "an argument more": ({"args": RELEASE | {"force": True}}, "malformed"),
    "no officer": ({"args": {"transaction": OURS}}, "malformed"),
    "a name for an officer": ({"args": RELEASE | {"officer": "ROBIN"}}, "malformed"),
    "a wild transaction": ({"args": RELEASE | {"transaction": "*"}}, "malformed"),
    "arguments nested deeply": ({"args": {"a": json.loads("[" * 900 + "]" * 900)}}, "malformed"),
    "arguments that are a list": ({"args": []}, "malformed"),
    "a claim more": ({"admin": True}, "malformed"),
    "no expiry": ({"exp": None}, "malformed"),
    "no id": ({"id": None}, "malformed"),
    "an id that is none": ({"id": "../../etc/passwd"}, "malformed"),
    "a time that is a text": ({"exp": "9999999999"}, "malformed"),
    "a time that is a fraction": ({"exp": 1.5}, "malformed"),
    "a time without end": ({"exp": 10**400}, "malformed"),
    "a time that is no number": ({"exp": float("nan")}, "malformed"),
    "a time below zero": ({"iat": -1}, "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("attack", WRONG)
def test_a_signed_command_that_says_something_wrong(tmp_path: Path, attack: str) -> None:
    changes, code = WRONG[attack]
    repelled(
        tmp_path,
        Topology.BARRIER,
        lambda o: signed(o, o.claims(**changes)),
        [f"rejected: {code}"],
    )


def test_claims_that_are_no_json(tmp_path: Path) -> None:
    repelled(tmp_path, Topology.BARRIER, lambda o: signed(o, b"\xff"), ["rejected: malformed"])


def test_an_unknown_command_on_its_own_topic(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        order = signed(office, office.claims("open-everything"))
        assert await office.send(order, "open-everything") == ["rejected: unknown-command"]
        assert await office.send(b"forged", "open-everything") == []
        assert office.lane.state == before

    at_work(tmp_path, story)


def test_a_command_on_the_topic_of_another(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        order = signed(office, office.claims("release"))
        assert await office.send(order, "diagnostics") == ["rejected: wrong-name"]
        assert office.lane.state == before

    at_work(tmp_path, story)


def test_a_retained_command(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        order = signed(office, office.claims())
        assert await office.send(order, retained=True) == ["rejected: retained"]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


def test_a_clock_that_cannot_be_right_obeys_nobody(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        office.now = datetime(2020, 1, 1, tzinfo=UTC)
        order = signed(office, office.claims())
        assert await office.send(order) == ["rejected: clock-not-trusted"]
        assert office.lane.state == before

    at_work(tmp_path, story)


# Replayed.


def test_a_replayed_command(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        order = signed(office, office.claims())
        before = office.refer()
        office.lane.sensors.presence = Result.FAILED
        assert await office.send(order) == ["rejected: not-alone"]
        office.lane.sensors.presence = Result.SUCCESSFUL  # now it would do
        assert await office.send(order) == ["rejected: replayed"]
        office.later(59)
        assert await office.send(order) == ["rejected: replayed"]
        office.later(1)
        assert await office.send(order) == ["rejected: expired"]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


def test_a_command_replayed_under_another_signature_of_the_same_claims(tmp_path: Path) -> None:
    """ES256 signatures differ each time; the id is what counts."""

    async def story(office: Office) -> None:
        office.refer()
        office.lane.sensors.presence = Result.FAILED
        claims = office.claims()
        assert await office.send(signed(office, claims, P256)) == ["rejected: not-alone"]
        office.lane.sensors.presence = Result.SUCCESSFUL
        assert await office.send(signed(office, claims, P256)) == ["rejected: replayed"]
        assert await office.send(signed(office, claims, KEY)) == ["rejected: replayed"]

    at_work(tmp_path, story)


def test_a_command_replayed_after_a_restart(tmp_path: Path, topology: Topology) -> None:
    orders: list[str] = []

    async def first(office: Office) -> None:
        orders.append(signed(office, office.claims("diagnostics")))
        orders.append(signed(office, office.claims("out-of-service")))
        assert (await office.send(orders[0], "diagnostics"))[-1] == "done: done"
        assert (await office.send(orders[1], "out-of-service"))[-1] == "done: done"
        order = signed(office, office.claims("in-service"))
        assert (await office.send(order, "in-service"))[-1] == "done: done"

    async def second(office: Office) -> None:
        assert await office.send(orders[0], "diagnostics") == ["rejected: replayed"]
        assert await office.send(orders[1], "out-of-service") == ["rejected: replayed"]
        assert isinstance(office.lane.state, Ready)

    at_work(tmp_path, first, topology)
    at_work(tmp_path, second, topology)


def test_a_command_replayed_by_setting_the_clock_back(tmp_path: Path) -> None:
    orders: list[str] = []

    async def first(office: Office) -> None:
        orders.append(signed(office, office.claims("diagnostics")))
        assert (await office.send(orders[0], "diagnostics"))[-1] == "done: done"
        office.later(3600)  # it expires, and the next command makes the gate forget it
        next_one = signed(office, office.claims("diagnostics"))
        assert (await office.send(next_one, "diagnostics"))[-1] == "done: done"
        office.now = NOON
        assert await office.send(orders[0], "diagnostics") == ["rejected: clock-not-trusted"]
        office.clock.known = NOON  # as after a start that forgot which moments have passed
        assert await office.send(orders[0], "diagnostics") == ["rejected: replayed"]

    async def second(office: Office) -> None:
        assert await office.send(orders[0], "diagnostics") == ["rejected: replayed"]

    at_work(tmp_path, first)
    at_work(tmp_path, second)


def test_a_command_nobody_used_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """A release that was recorded while the gate was away is as old as the last one that came."""

    async def story(office: Office) -> None:
        recorded = signed(office, office.claims())
        office.later(600)
        order = signed(office, office.claims("diagnostics"))
        assert (await office.send(order, "diagnostics"))[-1] == "done: done"
        office.now = NOON
        before = office.refer()
        assert await office.send(recorded) == ["rejected: clock-not-trusted"]
        office.clock.known = NOON  # as above
        assert await office.send(recorded) == ["rejected: replayed"]
        assert office.lane.state == before

    at_work(tmp_path, story)


def test_a_release_that_expires_while_the_disk_takes_its_time(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        await office.quiet()
        office.while_writing = lambda: office.later(100)
        assert await office.send(signed(office, office.claims())) == [
            "accepted: accepted",
            "failed: expired",
        ]
        assert office.lane.state == before
        overrides = [event["outcome"] for event in office.events("officer.override")]
        assert overrides == ["released", "not_released"]

    at_work(tmp_path, story, topology)


def test_somebody_steps_in_while_the_disk_takes_its_time(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()

        def step_in() -> None:
            office.lane.sensors.presence = Result.FAILED

        await office.quiet()
        office.while_writing = step_in
        assert await office.send(signed(office, office.claims())) == [
            "accepted: accepted",
            "failed: not-alone",
        ]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


def test_a_traveller_comes_while_the_disk_takes_its_time(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        await office.quiet()
        office.while_writing = lambda: office.stand(Inspecting(OURS))
        order = office.command(Reboot(), "reboot")
        assert await office.send(order, "reboot") == ["accepted: accepted", "failed: busy"]
        assert office.lane.state == Inspecting(OURS)
        assert not office.lane.maintenance

    at_work(tmp_path, story, topology)


def test_somebody_steps_into_a_mantrap_while_a_reset_is_written_down(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        office.lane.sensors.presence = Result.NOT_PERFORMED
        await office.quiet()

        def step_in() -> None:
            office.lane.sensors.presence = Result.SUCCESSFUL

        office.while_writing = step_in
        order = office.command(Reset(officer=OFFICER), "reset")
        assert await office.send(order, "reset") == ["accepted: accepted", "failed: lane-occupied"]
        assert office.lane.state == before

    at_work(tmp_path, story, Topology.MANTRAP)


def test_a_command_that_the_disk_did_not_take_is_not_obeyed_and_not_tried_again(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        order = signed(office, office.claims())
        office.journal._connection.execute("PRAGMA query_only = ON")
        office.inbox.receive(office.received("release", order))
        await office.until_answered(1)
        assert office.said() == ["failed: not-recorded"]
        assert office.lane.state == before
        office.journal._connection.execute("PRAGMA query_only = OFF")
        assert await office.send(order) == ["rejected: replayed"]
        overrides = [event["outcome"] for event in office.events("officer.override")]
        assert overrides == ["released", "not_released"]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


# What the lane does not allow.


def test_a_release_of_another_transaction(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        order = office.command(Release(transaction=OTHERS, officer=OFFICER), "release")
        assert await office.send(order) == ["rejected: not-referred"]
        assert office.lane.state == before
        (taken,) = office.events("audit.command")
        assert (taken["status"], taken["code"]) == ("rejected", "not-referred")

    at_work(tmp_path, story, topology)


@pytest.mark.parametrize("presence", [Result.FAILED, Result.NOT_PERFORMED])
def test_a_release_while_not_exactly_one_person_is_there(
    tmp_path: Path, topology: Topology, presence: Result
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        office.lane.sensors.presence = presence
        assert await office.send(signed(office, office.claims())) == ["rejected: not-alone"]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


def test_a_release_while_the_cabinet_that_counts_is_gone(
    tmp_path: Path, topology: Topology
) -> None:
    async def story(office: Office) -> None:
        office.refer()
        supervised = office.lane.devices.gate
        office.gate.openings = [OSError()] * 1000
        with pytest.raises(Exception, match="driver failed"):
            await supervised.call(lambda _: 1 / 0, 1)
        before = office.lane.state
        assert await office.send(signed(office, office.claims())) == ["rejected: not-alone"]
        assert office.lane.state == before

    at_work(tmp_path, story, topology)


def test_a_release_of_somebody_before_the_shut_entry_of_a_mantrap(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer(inside=False)
        assert await office.send(signed(office, office.claims())) == ["rejected: not-alone"]
        assert office.lane.state == before

    at_work(tmp_path, story, Topology.MANTRAP)


def test_somebody_slips_in_while_the_entry_shuts(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        office.gate.report(LaneSignal.TAILGATING)  # heard once the entry is shutting
        office.lane.sensors.presence = Result.SUCCESSFUL
        office.inbox.receive(office.received("release", signed(office, office.claims())))
        await office.until_answered(1)
        await office.quiet()
        assert office.lane.state == replace(before, occupied=True)
        assert not any(Door.EXIT in free for free, _ in office.gate.taken)
        assert office.said()[-1].startswith(("failed: not-alone", "rejected: not-alone"))

    at_work(tmp_path, story, Topology.MANTRAP)


def test_a_second_release_of_the_same_traveller(tmp_path: Path, topology: Topology) -> None:
    async def story(office: Office) -> None:
        office.refer()
        await released(office)
        assert await office.send(signed(office, office.claims())) == ["rejected: not-referred"]
        assert office.lane.state == Released(OURS)

    at_work(tmp_path, story, topology)


def test_a_second_release_that_fails_is_not_told_as_the_first(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        office.refer()
        await released(office)
        for event in (events.TimedOut(), events.DoorsShut()):
            office.lane.post(event)  # and is not used
        office.inbox.receive(office.received("release", signed(office, office.claims())))
        await office.lane.until(lambda state: isinstance(state, Releasing))
        office.lane.post(events.AssistRequested())
        await office.quiet()
        assert isinstance(office.lane.state, Referred)
        assert office.said()[-1] == "failed: not-alone"
        overrides = [event["outcome"] for event in office.events("officer.override")]
        assert overrides == ["released", "released", "not_released"]

    at_work(tmp_path, story, Topology.MANTRAP)


@pytest.mark.parametrize(
    "state", [Inspecting(OURS), Verifying(OURS), Authorised(OURS)], ids=lambda s: type(s).__name__
)
@pytest.mark.parametrize("name", ["release", "reset", "reboot", "out-of-service", "in-service"])
def test_a_command_in_the_middle_of_a_transaction(
    tmp_path: Path, topology: Topology, state: State, name: str
) -> None:
    async def story(office: Office) -> None:
        office.stand(state)
        office.lane.sensors.presence = Result.SUCCESSFUL
        claims = office.claims(name, **({"args": {"officer": OFFICER}} if name == "reset" else {}))
        answers = await office.send(signed(office, claims), name)
        assert office.lane.state == state
        expected = {"out-of-service": "done: deferred", "in-service": "done: done"}
        assert answers[-1] == expected.get(name, answers[-1])
        assert name in expected or answers[-1].startswith("rejected: ")

    at_work(tmp_path, story, topology)


# Floods.


def test_a_flood_fills_neither_the_journal_nor_the_broker_and_ends_with_it(
    tmp_path: Path,
) -> None:
    async def story(office: Office) -> None:
        before = office.refer()
        for number in range(5000):
            office.inbox.receive(office.received("release", f"nonsense {number}"))
        await office.quiet()
        findings = office.events("security.auth_failed")
        assert len(findings) <= 2
        assert sum(finding["count"] for finding in findings) >= 5000 - MOST_WAITING
        assert len(office.answers) <= 10
        assert office.lane.state == before
        order = office.command(Diagnose(), "diagnostics")
        assert (await office.send(order, "diagnostics"))[-1] == "done: done"

    at_work(tmp_path, story)


def test_an_unproven_sender_does_not_choose_where_the_answer_goes(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        office.refer()
        received = office.received("release", "forged", "egate/v1/site/lane/cmd/release/response/x")
        office.inbox.receive(received)
        await office.quiet()
        ((asked, answer),) = office.answers
        assert (asked.response_topic, asked.correlation, answer.id) == ("", b"", None)

    at_work(tmp_path, story)


def test_no_key_means_no_command(tmp_path: Path) -> None:
    stranger = CentralKey.make(Use.SIGN, "P-256")
    repelled(tmp_path, Topology.BARRIER, lambda o: signed(o, o.claims(), stranger), UNPROVEN)


def test_a_referral_is_what_is_left_of_every_attack(tmp_path: Path, topology: Topology) -> None:
    """All of them, one after the other, on one gate; then the right order still does it."""

    async def story(office: Office) -> None:
        before = office.refer()
        for attack in UNSIGNED.values():
            await office.send(attack(office))
        for changes, _ in WRONG.values():
            await office.send(signed(office, office.claims(**changes)))
        assert office.lane.state == before
        await released(office)

    at_work(tmp_path, story, topology)
