"""The command line of the central side: what an operator types, and what is refused."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import OKPKey

from edge.contract.event_types import EventType
from edge.contract.payloads import DocumentRead
from edge.contract.seal import Sealer
from edge.errors import SettingsError
from tests.support.central_chains import NOON, Gate
from tests.support.egated import ROOT, write
from tools.central import commands
from tools.central.central_key import CentralKey, Use
from tools.central.commands import central
from tools.central.settings import PostgresStore, SqliteStore, load
from tools.central.sqlite import Sqlite
from tools.central.store import OPERATOR, Store

JOURNAL = Gate().journal


@pytest.fixture
def config(tmp_path: Path) -> Path:
    table = {"store": {"kind": "sqlite", "path": "central.db"}}
    return write(tmp_path / "central.toml", table)


def invoke(config: Path, *arguments: str) -> Result:
    words = [arguments[0], "--config", str(config), *arguments[1:]]
    return CliRunner().invoke(central, words)


def told(config: Path, *arguments: str) -> str:
    result = invoke(config, *arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


def jwk_file(folder: Path, gate: Gate) -> str:
    path = folder / "key.json"
    path.write_text(json.dumps(gate.key.public_jwk(gate.source)))
    return str(path)


def test_the_examples_are_valid() -> None:
    training = load(ROOT / "config/central.toml")
    assert isinstance(training.store, SqliteStore)
    assert training.store.path == ROOT / "var/central/central.db"
    country = load(ROOT / "config/central.example.toml")
    assert isinstance(country.store, PostgresStore)
    assert not country.intake.trust_on_first_use
    assert country.broker.tls is not None
    assert country.broker.tls.ca == ROOT / "config/tls/ca.pem"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stor": {}}, "store"),
        ({"store": {"kind": "oracle"}}, "store"),
        ({"intake": {"workers": 0}}, "intake.workers"),
        ({"statistics": {"smallest_count": 1}}, "statistics.smallest_count"),
        ({"broker": {"protocol": "3"}}, "broker.protocol"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, change: dict[str, object], word: str) -> None:
    table = {"store": {"kind": "sqlite", "path": "x.db"}} | change
    with pytest.raises(SettingsError, match=word):
        load(write(tmp_path / "central.toml", table))


def test_a_gate_is_enrolled_listed_labelled_and_revoked(config: Path, tmp_path: Path) -> None:
    gate = Gate()
    file = jwk_file(tmp_path, gate)
    assert "enrolled" in told(config, "enroll", gate.name, "--jwk", file, "--flow", "entry")
    assert "was enrolled before" in told(config, "enroll", gate.name, "--jwk", file)
    assert "keys 1\tby operator" in told(config, "devices")
    assert told(config, "flow", gate.name, "exit") == f"{gate.source} serves exit\n"
    assert "flow exit" in told(config, "devices")
    new = jwk_file(tmp_path, Gate())
    assert new == file
    assert "enrolled" in told(config, "enroll", gate.name, "--jwk", new, "--only")
    assert "keys 1" in told(config, "devices")
    assert "1 key(s) revoked" in told(config, "revoke", gate.name)
    assert "has no such key" in str(invoke(config, "revoke", gate.name).exception)
    assert "is not enrolled" in str(invoke(config, "flow", "a/b", "x").exception)


@pytest.mark.parametrize(
    ("content", "why"),
    [("", "not JSON"), ("{}", "neither"), ('{"keys": []}', "no key that signs"), ("[1]", "JWK")],
)
def test_what_is_no_key_is_not_enrolled(
    config: Path, tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)
    result = invoke(config, "enroll", "a/b", "--jwk", str(file))
    assert isinstance(result.exception, SettingsError)
    assert why in str(result.exception)


def test_another_gates_key_is_not_enrolled(config: Path, tmp_path: Path) -> None:
    file = jwk_file(tmp_path, Gate("hall/lane-2"))
    result = invoke(config, "enroll", "hall/lane-1", "--jwk", file)
    assert "another gate" in str(result.exception)


@pytest.mark.parametrize("name", ["lane", "Hall/lane", "a/b/c", "a/", "../b"])
def test_what_is_no_gate_is_refused(config: Path, name: str) -> None:
    result = invoke(config, "revoke", name)
    assert result.exit_code == 2
    assert "SITE/DEVICE" in result.output


def test_lost_events_are_given_up_and_old_ones_forgotten(config: Path, tmp_path: Path) -> None:
    gate = Gate()
    store = Store(Sqlite(tmp_path / "central.db"))
    events = gate.events(5)
    store.add([*events[:2], events[4]], [], datetime(2020, 1, 1, tzinfo=UTC))
    store.close()
    assert f"{JOURNAL}\t2\t1 wait beyond a gap" in told(config, "chains")
    words = ("skip", gate.name, "--journal", JOURNAL, "--to", "4", "--why", "disk lost")
    assert "2 event(s) given up" in told(config, *words)
    assert "is stored" in str(invoke(config, *words).exception)
    assert "2 event(s) erased" in told(config, "forget", "--before", "2020-01-02")


def test_nobody_erases_everything_by_a_wrong_year(config: Path, tmp_path: Path) -> None:
    store = Store(Sqlite(tmp_path / "central.db"))
    store.add(Gate().events(3), [], NOON)
    result = invoke(config, "forget", "--before", "9026-11-26")
    assert result.exit_code == 2
    assert "in the future" in result.output
    assert len(list(store.events(NOON - timedelta(days=1), NOON + timedelta(days=1)))) == 3
    store.close()


@pytest.mark.parametrize(("name", "journal"), [("hall/lane-9", JOURNAL), (Gate().name, "typo")])
def test_a_journal_nobody_has_heard_of_is_not_given_up(
    config: Path, tmp_path: Path, name: str, journal: str
) -> None:
    store = Store(Sqlite(tmp_path / "central.db"))
    store.add(Gate().events(2), [], NOON)
    result = invoke(config, "skip", name, "--journal", journal, "--to", "9", "--why", "x")
    assert f"has no journal {journal}" in str(result.exception)
    assert [chain.head for chain in store.chains()] == [2]
    store.close()


@pytest.mark.parametrize("command", ["chains", "devices", "quarantine", "revoke", "stats", "open"])
def test_a_question_makes_no_database(config: Path, tmp_path: Path, command: str) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [OKPKey.generate_key("X25519").as_dict(private=True)]}))
    config.write_text(f'{config.read_text()}\n[keys]\nopen = "{keys}"\n')
    words = {
        "revoke": ("a/b",),
        "stats": ("--from", "2026-11-01", "--to", "2026-12-01"),
        "open": ("a/b", "t", "--why", "x"),
    }
    result = invoke(config, command, *words.get(command, ()))
    assert isinstance(result.exception, SettingsError)
    assert "there is no" in str(result.exception)
    assert not (tmp_path / "central.db").exists()


def test_the_key_of_nobody_in_particular_is_not_enrolled(config: Path, tmp_path: Path) -> None:
    """Such as the one that signs commands: its owner would write events in the gate's name."""
    file = tmp_path / "central.jwks.json"
    file.write_text(json.dumps({"keys": [CentralKey.make(Use.SIGN, "Ed25519").public]}))
    result = invoke(config, "enroll", "hall/lane-1", "--jwk", str(file))
    assert "`source`" in str(result.exception)
    told(config, "enroll", "hall/lane-2", "--jwk", jwk_file(tmp_path, Gate("hall/lane-2")))
    assert "lane-1" not in told(config, "devices")


@pytest.mark.parametrize("command", sorted(set(central.commands) - {"work"}))
def test_every_help_has_examples(command: str) -> None:
    told = CliRunner().invoke(central, [command, "--help"]).output
    assert "Examples:" in told
    assert f"egate-central {command}" in told.partition("Examples:")[2]


def test_sealed_fields_open_for_one_transaction_where_the_key_is(
    config: Path, tmp_path: Path
) -> None:
    gate = Gate(now=datetime.now(UTC) - timedelta(hours=1))  # noqa: TID251  # the window ends now
    private = OKPKey.generate_key("X25519")
    sealer = Sealer.of_jwk(private.as_dict(private=False))
    read = DocumentRead(issuing_state="UTO", sealed=sealer.seal({"primary_identifier": "SPECIMEN"}))
    store = Store(Sqlite(tmp_path / "central.db"))
    store.enrol(gate.enrolled, OPERATOR, NOON)
    store.add(gate.admitted([gate.write(EventType.DOCUMENT_READ, read, "t1")]), [], NOON)
    store.close()
    words = ("open", gate.name, "t1", "--why", "court order 7")
    assert "open only where" in str(invoke(config, *words).exception)
    keys = tmp_path / "private.json"
    table = {"store": {"kind": "sqlite", "path": "central.db"}, "keys": {"open": keys.name}}
    with_keys = write(tmp_path / "open.toml", table)
    assert "cannot be read (No such file" in str(invoke(with_keys, *words).exception)
    keys.write_text("[]")
    assert "is no JWK Set" in str(invoke(with_keys, *words).exception)
    keys.write_text('{"keys": [{"kty": "none"}]}')
    assert "cannot be used" in str(invoke(with_keys, *words).exception)
    keys.write_text(json.dumps({"keys": [private.as_dict(private=False)]}))
    assert "public keys only" in str(invoke(with_keys, *words).exception)
    keys.write_text(json.dumps({"keys": [private.as_dict(private=True)]}))
    result = invoke(with_keys, *words)
    assert json.loads(result.stdout)["sealed"] == {"primary_identifier": "SPECIMEN"}
    assert "court order 7" in result.stderr
    assert "SPECIMEN" not in result.stderr
    other = invoke(with_keys, "open", gate.name, "t2", "--why", "x")
    assert "nothing sealed" in str(other.exception)
    keys.write_text(json.dumps({"keys": [OKPKey.generate_key("X25519").as_dict(private=True)]}))
    assert json.loads(told(with_keys, *words))["sealed"] is None


@pytest.mark.parametrize(
    ("file", "status", "words"),
    [("missing.toml", 78, "cannot be read"), ("central.toml", 1, "has no such key")],
)
def test_what_goes_wrong_is_told_in_one_line(  # noqa: PLR0913, PLR0917  # fixtures
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    status: int,
    words: str,
) -> None:
    Sqlite(config.with_name("central.db")).close()
    path = str(config.with_name(file))
    monkeypatch.setattr(sys, "argv", ["egate-central", "revoke", "a/b", "--config", path])
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == status
    errors = capsys.readouterr().err
    assert errors.startswith("egate-central: ")
    assert words in errors
    assert errors.count("\n") == 1


def test_a_database_of_something_else_is_left_alone(tmp_path: Path, config: Path) -> None:
    file = tmp_path / "central.db"
    file.write_bytes(b"not a database at all" * 100)
    assert isinstance(invoke(config, "chains").exception, SettingsError)
    file.unlink()
    other = Sqlite(file)
    other.run("PRAGMA user_version = 9")
    other.close()
    assert "version 9" in str(invoke(config, "chains").exception)
    assert file.exists()
