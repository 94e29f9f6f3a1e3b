"""gatectl events and privacy on a real journal, beside whoever writes it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import OKPKey

from edge.contract.event_types import EventType
from edge.contract.events import EventDraft
from edge.contract.payloads import ChipVerified, TransactionClosed
from edge.contract.seal import Sealer
from edge.errors import EdgeError
from edge.journal.journal import Journal
from edge.keys.device_key import DeviceKey
from tests.support.egated import lane, write
from tests.support.some import replaced
from tools.gatectl import gatectl
from tools.specimen import central_keys

LONG_AGO = datetime(2020, 1, 1, 12, tzinfo=UTC)
SOURCE = "/egate/v1/training/lane-1"
SEALER = Sealer.of_jwk(OKPKey.generate_key("X25519").as_dict(private=False))
CLOSED = TransactionClosed(outcome="passed", traveller="A" * 22)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    specimens = tmp_path / "specimens"
    specimens.mkdir()
    central_keys.establish(specimens, tmp_path)
    return write(tmp_path / "gate.toml", lane(tmp_path, specimens))


@pytest.fixture
def key(tmp_path: Path) -> DeviceKey:
    return DeviceKey.load_or_make(tmp_path / "state/device-key.pem")


@pytest.fixture
def journal(tmp_path: Path, key: DeviceKey) -> Iterator[Journal]:
    with Journal(
        tmp_path / "state/journal.db",
        source=SOURCE,
        simulated=True,
        clock=lambda: LONG_AGO,
        random=os.urandom,
        sign=key.sign,
    ) as found:
        verified = ChipVerified(issuer="UT", checks=(), sealed=SEALER.seal({"sex": "F"}))
        found.append(
            [
                EventDraft(EventType.TRANSACTION_STARTED, LONG_AGO, correlation_id="t1"),
                EventDraft(EventType.CHIP_VERIFIED, LONG_AGO, verified, "t1"),
                EventDraft(EventType.GATE_OPENED, LONG_AGO, correlation_id="t1"),
                EventDraft(EventType.TRANSACTION_CLOSED, LONG_AGO, CLOSED, "t1"),
            ],
        )
        found.append([EventDraft(EventType.DEVICE_STOPPED, LONG_AGO)], acknowledged=3)
        yield found


def run(*arguments: str | Path, typed: bytes = b"") -> Result:
    return CliRunner().invoke(gatectl, [str(a) for a in arguments], input=typed)


def printed(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def files(tmp_path: Path, config: Path, journal: Journal) -> dict[str, Path]:
    """What a technician takes along: events, keys, head."""
    found = {}
    for name, command in (("events", "export"), ("keys", "keys"), ("head", "head")):
        found[name] = tmp_path / name
        found[name].write_text(printed("events", command, "--config", config), encoding="utf-8")
    return found


def verify(files: dict[str, Path], *more: str, events: bytes | None = None) -> Result:
    given = files["events"].read_bytes() if events is None else events
    keys, head = files["keys"], files["head"]
    return run("events", "verify", "-", "--keys", keys, "--head", head, *more, typed=given)


def report(result: Result) -> Any:
    return json.loads(result.stdout)


def test_what_was_exported_is_whole(files: dict[str, Path]) -> None:
    assert len(files["events"].read_bytes().splitlines()) == 5
    result = verify(files)
    assert result.exit_code == 0
    assert "5 events, everything holds" in result.output
    assert "1 to 5" in result.output


def test_what_was_not_verified_is_not_said_to_hold(files: dict[str, Path]) -> None:
    """Without a head nobody can tell whether the last events were cut off."""
    short = b"".join(files["events"].read_bytes().splitlines(keepends=True)[:-1])
    alone = run("events", "verify", "-", "--keys", files["keys"], typed=short)
    assert "cut off was not verified" in alone.output
    assert not json.loads(
        run("events", "verify", "-", "--keys", files["keys"], "--json", typed=short).stdout
    )["end_verified"]
    assert "not verified" not in verify(files).output
    assert verify(files, events=short).exit_code == 1


@pytest.mark.parametrize("span", [("--from", "6"), ("--from", "4", "--to", "3")])
def test_an_export_of_nothing_is_told(
    config: Path, journal: Journal, span: tuple[str, ...]
) -> None:
    result = run("events", "export", "--config", config, *span)
    assert isinstance(result.exception, EdgeError)
    assert str(result.exception) == "there is nothing to export: the journal has 1 to 5"


def test_a_report_for_programs(files: dict[str, Path], journal: Journal) -> None:
    result = verify(files, "--json")
    found = report(result)
    assert found["findings"] == []
    assert found["signatures_verified"] is True
    assert found["chains"] == [
        {
            "source": SOURCE,
            "journal": journal.journal_id,
            "first": 1,
            "last": 5,
            "last_hash": journal.last_hash,
        }
    ]


def test_a_part_is_exported_and_is_a_part(files: dict[str, Path], config: Path) -> None:
    part = printed("events", "export", "--config", config, "--from", "2", "--to", "3").encode()
    assert len(part.splitlines()) == 2
    result = verify(files, "--json", events=part)
    assert result.exit_code == 1
    assert [(f["fault"], f["sequence"], f["last"]) for f in report(result)["findings"]] == [
        ("front", 1, 1), ("end", 4, 5),
    ]  # fmt: skip
    assert verify(files, "--part", events=part).exit_code == 0


def test_what_is_wrong_is_said_line_by_line(files: dict[str, Path]) -> None:
    one, two, three, four, five = files["events"].read_bytes().splitlines(keepends=True)
    forged = replaced(three, b'"simulated":true', b'"simulated":false')
    result = verify(files, events=one + forged + two + four + b"x" * 300_000 + b"\n" + five[:-20])
    assert result.exit_code == 1
    assert f"forged       line 2, {SOURCE}, sequence 3: the signature is not" in result.output
    assert "malformed    line 5: larger than any event" in result.output
    assert "truncated    line 6: the event breaks off" in result.output
    assert f"gap          {SOURCE}, sequence 3: missing" in result.output
    assert f"end          {SOURCE}, sequence 5: missing" in result.output
    assert "3 events, 1 forged, 1 malformed, 1 truncated, 1 gap, 1 end" in result.output


@pytest.mark.parametrize(
    "changed",
    [
        lambda events: b"\xef\xbb\xbf" + events,
        lambda events: replaced(events, b"\n", b"\r\n"),
        lambda events: events.removesuffix(b"\n"),
    ],
    ids=["byte-order-mark", "crlf", "no-last-newline"],
)
def test_what_a_transfer_does_to_text_is_no_fault(
    files: dict[str, Path], changed: Callable[[bytes], bytes]
) -> None:
    result = verify(files, events=changed(files["events"].read_bytes()))
    assert (result.exit_code, "everything holds" in result.output) == (0, True)


@pytest.mark.parametrize("more", [(), ("--part",)])
def test_no_event_at_all_is_not_everything(files: dict[str, Path], more: tuple[str, ...]) -> None:
    files["head"].unlink()
    result = run("events", "verify", "-", "--keys", files["keys"], *more, typed=b"")
    assert result.exit_code == 1
    assert result.output == ("empty        : there is no event\n0 events, 1 empty\n")


def test_compressed_events_are_told(files: dict[str, Path]) -> None:
    result = verify(files, events=gzip.compress(files["events"].read_bytes()))
    assert result.exit_code == 1
    assert "zcat" in str(result.exception)


def test_a_forger_writes_nothing_into_the_report(files: dict[str, Path]) -> None:
    """The name of a gate in a forged event is the forger's to choose."""
    event = json.loads(files["events"].read_bytes().splitlines()[0])
    event["source"] = "/x\x1b[2J\n5 events, everything holds"
    forged = json.dumps(event, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    result = verify(files, events=forged)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert all("holds" not in line or line.startswith(("forged", "unknown_key"))
               for line in result.output.splitlines())  # fmt: skip


def test_without_keys_only_the_chain_is_verified_and_that_is_said(files: dict[str, Path]) -> None:
    result = run("events", "verify", files["events"])
    assert result.exit_code == 0
    assert "signatures were not verified" in result.output


def test_the_head_of_health_and_the_keys_of_info_are_taken(
    files: dict[str, Path], tmp_path: Path
) -> None:
    for name, member in (("head", "head"), ("keys", "ignored")):
        content = json.loads(files[name].read_bytes())
        wrapped = {member: content, "time": "now"} if name == "head" else content | {"version": "1"}
        files[name].write_text(json.dumps(wrapped), encoding="utf-8")
    assert verify(files).exit_code == 0


@pytest.mark.parametrize(
    ("which", "content", "why"),
    [
        ("keys", b"", "not JSON"),
        ("keys", b"{}", "not a JWK Set"),
        ("keys", b'{"keys": [{"kty": "oct"}]}', "neither an Ed25519"),
        ("head", b"[]", "the head is no object"),
        ("head", b"{}", "the head: `source`"),
    ],
)
def test_files_that_are_none_are_refused(
    files: dict[str, Path], which: str, content: bytes, why: str
) -> None:
    files[which].write_bytes(content)
    result = verify(files)
    assert isinstance(result.exception, EdgeError)
    assert why in str(result.exception)


def test_a_head_of_another_gate_is_refused(files: dict[str, Path]) -> None:
    content = json.loads(files["head"].read_bytes()) | {"sequence": 3}
    files["head"].write_text(json.dumps(content), encoding="utf-8")
    result = verify(files)
    assert "the signature is not over this content" in str(result.exception)


def test_a_journal_that_is_not_there_is_told(config: Path, key: DeviceKey) -> None:
    result = run("events", "export", "--config", config)
    assert "has this gate ever run?" in str(result.exception)


# Privacy


def test_the_report_says_what_the_device_holds(config: Path, journal: Journal) -> None:
    found = json.loads(printed("privacy", "report", "--config", config, "--json"))
    assert {kind["type"]: kind["count"] for kind in found["journal"]["events"]} == {
        "transaction.started": 1, "chip.verified": 1, "gate.opened": 1, "transaction.closed": 1,
        "device.stopped": 1,
    }  # fmt: skip
    assert found["sealed"]["fields"] == 1
    assert found["sealed"]["to"]
    assert found["unacknowledged"]["events"] == 2
    assert found["retention"] == {"keep_h": 72, "overdue": 3}
    assert {"journal.db", "device-key.pem"} <= {file["name"] for file in found["files"]}
    lines = printed("privacy", "report", "--config", config)
    assert "chip.verified                     1, 1 sealed" in lines
    assert "unacknowledged  2 since 2020-01-01T12:00:00" in lines
    assert "in memory       no template after a passage" in lines


def test_what_stays_in_memory_is_reported_with_its_basis(config: Path, journal: Journal) -> None:
    text = config.read_text(encoding="utf-8")
    rates = '\n[error_rates]\nstrangers = 20\nkeep_s = 300\nbasis = "Decree 7"\n'
    config.write_text(text + rates, encoding="utf-8")
    found = json.loads(printed("privacy", "report", "--config", config, "--json"))
    assert found["strangers"] == {"strangers": 20, "keep_s": 300, "basis": "Decree 7"}
    (line,) = [
        line
        for line in printed("privacy", "report", "--config", config).splitlines()
        if line.startswith("in memory")
    ]
    assert "the last 20 portraits for 300 s at most" in line
    assert line.endswith("by: Decree 7")


def test_erasing_needs_the_daemon_to_be_stopped(config: Path, journal: Journal) -> None:
    result = run("privacy", "erase", "--config", config, "--before", "2026-11-25", "--yes")
    assert "in use by another egated" in str(result.exception)


def test_erasing_asks_first(config: Path, journal: Journal) -> None:
    journal.close()
    result = run("privacy", "erase", "--config", config, "--before", "2026-11-25")
    assert result.exit_code == 1
    assert "Aborted" in result.output
    assert len(printed("events", "export", "--config", config).splitlines()) == 5


def test_what_is_erased_is_stated_and_the_rest_is_whole(
    config: Path, journal: Journal, files: dict[str, Path]
) -> None:
    journal.close()
    later = (LONG_AGO + timedelta(hours=1)).isoformat()
    result = run("privacy", "erase", "--config", config, "--before", later, "--yes")
    assert result.exit_code == 0, result.exception
    statement = json.loads(result.stdout)
    assert statement["type"] == "int.egate.audit.erased"
    assert statement["data"] == {
        "through": 3, "count": 3, "before": "2020-01-01T13:00:00Z", "cause": "order",
    }  # fmt: skip
    rest = printed("events", "export", "--config", config)
    assert [int(json.loads(line)["sequence"]) for line in rest.splitlines()] == [4, 5, 6]
    assert verify(files, events=rest.encode()).exit_code == 0
    again = run("privacy", "erase", "--config", config, "--before", later, "--yes")
    assert "nothing to erase" in again.output
