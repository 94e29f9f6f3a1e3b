"""gatectl command and gatectl keys: what is signed, what is refused, and which files are made."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.contract.commands import CommandName, Release
from edge.contract.verified_command import VerifiedCommand, Verifier
from edge.errors import EdgeError
from edge.keys.command_keys import command_keys
from edge.lane.clock import is_plausible
from tests.support.desk import OFFICER, OURS
from tools.central.central_key import CentralKey, Use
from tools.gatectl.commands.command import group as command
from tools.gatectl.commands.keys import group as keys
from tools.simulation.broker import VirtualBroker

GATE = "egate/v1/port/lane-7"


def run(group: object, *arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))  # type: ignore[arg-type]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "central.sig.jwk"
    made = run(
        keys, "new", "--use", "sig", "--out", str(path), "--jwks", str(tmp_path / "central.jwks")
    )
    assert made.exit_code == 0, made.output
    return path


@pytest.mark.parametrize("curve", ["Ed25519", "P-256"])
def test_what_gatectl_signs_a_gate_that_knows_the_key_believes(tmp_path: Path, curve: str) -> None:
    path, jwks = tmp_path / "sig.jwk", tmp_path / "jwks"
    common = ("--out", str(path), "--jwks", str(jwks), "--curve", curve)
    assert run(keys, "new", "--use", "sig", *common).exit_code == 0
    asked = ("--gate", GATE, "--key", str(path), "--print")
    told = run(command, "release", *asked, "--transaction", OURS, "--officer", OFFICER)
    assert told.exit_code == 0, told.output
    now = datetime.now(UTC)  # noqa: TID251
    verifier = Verifier(command_keys(jwks), f"/{GATE}", is_plausible, lambda _: None)
    found = verifier.examine("release", told.output.strip().encode(), retained=False, now=now)
    assert isinstance(found, VerifiedCommand)
    assert found.command == Release(transaction=OURS, officer=OFFICER)


def test_a_private_key_is_for_its_owner_and_is_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    content = key.read_text()
    again = run(keys, "new", "--use", "sig", "--out", str(key))
    assert isinstance(again.exception, EdgeError)
    assert key.read_text() == content


def test_public_keys_gather_in_a_set_and_no_private_one_gets_there(
    key: Path, tmp_path: Path
) -> None:
    jwks = tmp_path / "central.jwks"
    sealing = ("--out", str(tmp_path / "enc.jwk"), "--jwks", str(jwks))
    assert run(keys, "new", "--use", "enc", "--curve", "X25519", *sealing).exit_code == 0
    found = json.loads(jwks.read_text())["keys"]
    assert [each["use"] for each in found] == ["sig", "enc"]
    assert not any("d" in each for each in found)


def test_where_the_set_cannot_be_written_no_private_key_is_left(tmp_path: Path) -> None:
    out = tmp_path / "enc.jwk"
    made = run(keys, "new", "--use", "enc", "--out", str(out), "--jwks", str(tmp_path / "no/set"))
    assert isinstance(made.exception, EdgeError)
    assert "no/set cannot be written" in str(made.exception)
    assert not out.exists()


def test_without_a_set_the_public_key_is_printed(tmp_path: Path) -> None:
    made = run(keys, "new", "--use", "enc", "--out", str(tmp_path / "enc.jwk"))
    assert "d" not in json.loads(made.output)["keys"][0]


@pytest.mark.parametrize(("use", "curve"), [("sig", "X25519"), ("enc", "Ed25519")])
def test_a_curve_that_cannot_do_it_is_refused(tmp_path: Path, use: str, curve: str) -> None:
    out = tmp_path / "key"
    made = run(keys, "new", "--use", use, "--curve", curve, "--out", str(out))
    assert made.exit_code == 2
    assert not out.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_file_that_is_no_set_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    jwks, out = tmp_path / "jwks", tmp_path / "key"
    jwks.write_text(content)
    made = run(keys, "new", "--use", "sig", "--out", str(out), "--jwks", str(jwks))
    assert isinstance(made.exception, EdgeError)
    assert jwks.read_text() == content
    assert not out.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"--gate": "egate/v1/port/#"}, "egate/v1/SITE/DEVICE"),
        ({"--gate": "/egate/v1/port/lane-7"}, "egate/v1/SITE/DEVICE"),
        ({"--officer": "Robin"}, "--officer"),
        ({"--transaction": "all"}, "--transaction"),
        ({"--broker": "nowhere"}, "HOST:PORT"),
        ({"--broker": "host:99999"}, "HOST:PORT"),
        ({"--life": "301"}, "--life"),
        ({"--ca": "ca.pem", "--cert": "cert.pem"}, "go together"),
    ],
)
def test_an_order_that_cannot_be_meant_is_not_signed(
    key: Path, changes: dict[str, str], why: str
) -> None:
    given = {"--gate": GATE, "--key": str(key), "--transaction": OURS, "--officer": OFFICER}
    arguments = [part for pair in (given | changes).items() for part in pair]
    told = run(command, "release", *arguments)
    assert told.exit_code == 2
    assert why in told.output


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1]",
        json.dumps(CentralKey.make(Use.SIGN, "Ed25519").public),
        json.dumps({"use": "sig", "d": "AA", "kty": "OKP", "crv": "X25519", "x": "AA"}),
        json.dumps({"use": "sig", "d": "AA", "kty": "OKP", "crv": "Ed25519", "x": "A"}),
    ],
)
def test_a_file_without_a_key_that_signs_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    told = run(command, "diagnostics", "--gate", GATE, "--key", str(path), "--print")
    assert isinstance(told.exception, EdgeError)
    assert str(path) in str(told.exception)


def test_a_broker_that_is_not_there_is_named(key: Path) -> None:
    told = run(command, "diagnostics", "--gate", GATE, "--key", str(key), "--broker", "127.0.0.1:1")
    assert "127.0.0.1:1" in str(told.exception)


@pytest.mark.parametrize(
    ("transaction", "officer", "words"),
    [(OURS, "Smith", "--officer is a service number"), ("x", OFFICER, "--transaction is a")],
)
def test_what_no_gate_would_take_is_said_in_words(
    key: Path, transaction: str, officer: str, words: str
) -> None:
    asked = ("--gate", GATE, "--key", str(key), "--print", "--officer", officer)
    told = run(command, "release", *asked, "--transaction", transaction)
    assert told.exit_code == 2
    assert words in told.output
    assert "pattern" not in told.output


def test_a_broker_of_another_mqtt_is_named_and_not_waited_for(key: Path) -> None:
    with VirtualBroker(protocol="3.1.1") as broker:
        where = f"127.0.0.1:{broker.port}"
        told = run(command, "diagnostics", "--gate", GATE, "--key", str(key), "--broker", where)
    assert f"{where} does not stay: the connection was closed" in str(told.exception)
    assert "MQTT" in str(told.exception)


def test_every_command_of_the_contract_can_be_given() -> None:
    assert set(command.commands) == {name.value for name in CommandName}
    for name in CommandName:
        assert "Examples:" in run(command, name.value, "--help").output
