"""gatectl read and gatectl specimen over the real PC/SC stack, as a technician meets them."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from drivers.virtual.chip.personalisation import FILE_NAMES
from drivers.virtual.vpcd import Chip
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg1
from tests.support import egated as daemon
from tests.support.egated import ROOT, STUCK_S
from tests.support.gatectl import GATECTL, environment, gatectl, refused
from tests.support.some import replaced
from tools.gatectl.specimen import EXAMPLE
from tools.simulation.broker import free_port
from tools.simulation.card_service import Hands, Pcscd
from tools.specimen.described import Described, issue
from tools.specimen.description import STANDARD, Description

CAN = "123456"
AMID = 12
"""A command after access and before the last."""
PERSONAL = ("SPECIMEN", "ROBIN", "L898902C3")


@pytest.fixture
def hands(pcscd: Pcscd) -> Iterator[Hands]:
    found = Hands(pcscd)
    yield found
    found.take_away()
    pcscd.ensure()


@cache
def standard() -> Described:
    return issue(STANDARD.model_copy(update={"can": CAN}), datetime.now(UTC))  # noqa: TID251


def trusting(folder: Path, issued: Described) -> list[str | Path]:
    (folder / "csca.der").write_bytes(issued.csca)
    return ["--trust", folder / "csca.der"]


def page(issued: Described) -> list[str]:
    """The options of somebody who types the whole MRZ."""
    return [word for line in issued.chip.lines for word in ("--mrz", line)]


class Interrupted:
    """A chip to which something happens at one of its commands."""

    def __init__(self, chip: Chip, at: int, happens: Callable[[], None]) -> None:
        self._chip = chip
        self._left = at
        self._happens = happens

    def reset(self) -> None:
        self._chip.reset()

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        if not self._left:
            self._happens()
        return self._chip.transmit(command)


@pytest.mark.pcscd
def test_a_genuine_document_in_words(hands: Hands, tmp_path: Path) -> None:
    issued = standard()
    hands.lay_chip(issued.insert())
    said = gatectl("read", *page(issued), *trusting(tmp_path, issued), "--reader", "Virtual")
    assert said.status == 0, said.errors
    assert said.output.startswith("issuer: UT\n")
    assert "chip.access                successful     pace-gm" in said.output
    assert said.output.splitlines()[-1] == (
        "the gate would accept the document and go on to the face, by policy example-1"
    )
    for step in ("access", "SOD", "chip authentication", "active authentication", "verification"):
        assert any(line.startswith(f"{step} ") for line in said.output.splitlines()), step
    assert "DG2" in said.errors
    assert "open by pace-gm" in said.errors
    assert not any(word in said.output + said.errors for word in PERSONAL)


@pytest.mark.pcscd
def test_the_same_in_json_with_the_holder_only_when_asked(hands: Hands, tmp_path: Path) -> None:
    issued = standard()
    hands.lay_chip(issued.insert())
    options = ["read", "--mrz", "-", "--json", *trusting(tmp_path, issued)]
    typed = "\n".join(issued.chip.lines)
    said = gatectl(*options, typed=typed)
    assert said.status == 0, said.errors
    found = json.loads(said.output)
    assert found["issuer"] == "UT"
    assert {"id": "chip.dg1_vs_mrz", "result": "successful", "detail": ""} in found["checks"]
    assert found["timings_ms"]["access"] > 0
    assert found["commands"]["DG2"] > 0
    assert found["files"]["DG1"] == len(issued.chip.files[ElementaryFile.DG1])
    assert "mrz" not in found
    assert not any(word in said.output + said.errors for word in PERSONAL)
    shown = json.loads(gatectl(*options, "--show", typed=typed).output)
    assert shown["mrz"] == list(issued.chip.lines)


@pytest.mark.pcscd
def test_three_fields_or_the_can_are_enough_to_read(hands: Hands, tmp_path: Path) -> None:
    issued = standard()
    hands.lay_chip(issued.insert())
    line = issued.chip.lines[1]
    typed = f"{line[:9]}/{line[13:19]}/{line[21:27]}"
    for key in (["--mrz", typed], ["--can", CAN]):
        said = gatectl("read", *key, "--json", *trusting(tmp_path, issued))
        assert said.status == 0, said.errors
        results = {check["id"]: check["result"] for check in json.loads(said.output)["checks"]}
        assert results["chip.access"] == "successful"
        assert results["chip.dg1_vs_mrz"] == "not_performed"
        assert results["chip.dg_hash"] == "successful"
        decision = json.loads(said.output)["decision"]
        assert decision["outcome"] == "undecided"
        assert {"mrz.read", "chip.dg1_vs_mrz"} <= set(decision["missing"])


@pytest.mark.pcscd
def test_without_trust_nobody_vouches(hands: Hands, tmp_path: Path) -> None:
    issued = standard()
    hands.lay_chip(issued.insert())
    said = gatectl("read", *page(issued), "--json", "--store", str(tmp_path))
    assert said.status == 1
    assert "nothing to trust" in said.errors
    results = {check["id"]: check["result"] for check in json.loads(said.output)["checks"]}
    assert results["chip.ds_chain"] == "failed"
    assert results["chip.sod_signature"] == "successful"


@pytest.mark.pcscd
def test_the_wrong_key_is_told_from_a_broken_chip(hands: Hands, tmp_path: Path) -> None:
    for access in ("pace", "bac"):
        issued = issue(Description(access=access), datetime.now(UTC))  # noqa: TID251
        hands.lay_chip(issued.insert())
        said = gatectl("read", "--mrz", "X12345678/800101/300101", "--json")
        hands.take_away()
        assert said.status == 1
        found = json.loads(said.output)
        assert found["fault"]["kind"] == "wrong_key"
        assert {"id": "chip.access", "result": "failed", "detail": ""} in found["checks"]
        assert "the key does not fit" in said.errors or "does not know the key" in said.errors


@pytest.mark.pcscd
@pytest.mark.parametrize(
    ("description", "kind"),
    [
        (Description.model_validate({"attacks": ["pace-refused"]}), "pace_failed"),
        (Description.model_validate({"attacks": ["answer-tampered"]}), "damaged_chip"),
        (Description.model_validate({"attacks": ["empty-answer"]}), "damaged_chip"),
    ],
    ids=["pace-refused", "answer-tampered", "empty-answer"],
)
def test_a_broken_talk_is_told_in_its_own_words(
    hands: Hands, description: Description, kind: str
) -> None:
    issued = issue(description, datetime.now(UTC))  # noqa: TID251
    hands.lay_chip(issued.insert())
    said = gatectl("read", *page(issued), "--json")
    assert said.status == 1
    assert json.loads(said.output)["fault"]["kind"] in {kind, "access_denied"}
    assert said.errors.splitlines()[-1].startswith("gatectl: ")


@pytest.mark.pcscd
@pytest.mark.parametrize(
    ("chip", "access"),
    [
        ({}, ("aborted", "PACE failed")),
        ({"bac_after_pace": True}, ("undetermined", "bac, PACE downgraded")),
    ],
    ids=["by default", "BAC after PACE"],
)
def test_a_chip_is_read_as_the_configuration_of_the_gate_says(
    hands: Hands, tmp_path: Path, specimens: Path, chip: dict[str, bool], access: tuple[str, str]
) -> None:
    description = Description.model_validate({"attacks": ["pace-refused"]})
    issued = issue(description, datetime.now(UTC))  # noqa: TID251
    hands.lay_chip(issued.insert())
    (tmp_path / "csca.der").write_bytes(issued.csca)
    trust = {"anchors": [str(tmp_path / "csca.der")]}
    table = {**daemon.lane(tmp_path, specimens), "chip": chip, "trust": trust}
    config = daemon.write(tmp_path / "gate.toml", table)
    said = gatectl("read", *page(issued), "--json", "--config", config)
    assert said.status == 1
    (found,) = (c for c in json.loads(said.output)["checks"] if c["id"] == "chip.access")
    assert (found["result"], found["detail"]) == access
    reasons = json.loads(said.output)["decision"]["reasons"]
    assert [reason["code"] for reason in reasons] == ["R-CHIP-DOWNGRADE"]


@pytest.mark.pcscd
def test_a_document_taken_away_is_told(hands: Hands) -> None:
    issued = standard()
    hands.lay_chip(Interrupted(issued.insert(), AMID, hands.take_away))
    said = gatectl("read", *page(issued), "--json")
    assert said.status == 1
    assert json.loads(said.output)["fault"]["kind"] == "document_removed", said.errors
    assert "left the reader" in said.errors


@pytest.mark.pcscd
def test_a_reader_that_goes_is_told(hands: Hands, pcscd: Pcscd) -> None:
    issued = standard()
    hands.lay_chip(Interrupted(issued.insert(), AMID, pcscd.stop))
    said = gatectl("read", *page(issued), "--json")
    assert said.status == 1
    assert json.loads(said.output)["fault"]["kind"] == "reader_fault"


@pytest.mark.pcscd
def test_no_document_and_no_such_reader_are_told(hands: Hands) -> None:
    said = gatectl("read", "--can", CAN, "--wait", "0.1", "--json")
    assert said.status == 1
    assert "no chip answers: lay the document on the reader" in said.errors
    found = json.loads(said.output)
    assert found["fault"]["kind"] == "no_chip"
    assert {"id": "chip.presence", "result": "failed", "detail": ""} in found["checks"]
    assert [reason["code"] for reason in found["decision"]["reasons"]] == ["R-CHIP-ABSENT"]
    said = gatectl("read", "--can", CAN, "--reader", "elsewhere")
    assert said.status == 1
    assert "there is: Virtual PCD" in said.errors


def test_a_key_is_needed_and_a_mistyped_one_is_a_wrong_use() -> None:
    said = gatectl("read")
    assert said.status == 2
    assert "--mrz, or --can" in said.errors
    said = gatectl("read", "--mrz", "SECRET")
    assert said.status == 2
    assert "SECRET" not in said.errors


@pytest.mark.pcscd
def test_the_files_of_a_specimen_are_saved_as_read(hands: Hands, tmp_path: Path) -> None:
    issued = standard()
    hands.lay_chip(issued.insert())
    out = tmp_path / "dump"
    said = gatectl("read", *page(issued), *trusting(tmp_path, issued), "--save", out)
    assert said.status == 0, said.errors
    saved = {path.name: path.read_bytes() for path in out.iterdir()}
    assert saved == {FILE_NAMES[file]: content for file, content in issued.chip.files.items()}
    assert out.stat().st_mode & 0o077 == 0
    again = refused("read", *page(issued), "--save", out)
    assert "is not empty" in again


def of_a_state(issued: Described) -> Described:
    """What nobody can issue: a chip that says it is of a state."""
    lines = (replaced(issued.chip.lines[0], "P<UTO", "P<FRA"), issued.chip.lines[1])
    files = {**issued.chip.files, ElementaryFile.DG1: dg1.encode(lines)}
    return replace(issued, chip=replace(issued.chip, files=files, lines=lines))


@pytest.mark.pcscd
def test_the_files_of_a_real_document_are_not_saved_but_in_training(
    hands: Hands, tmp_path: Path, specimens: Path
) -> None:
    issued = of_a_state(standard())
    hands.lay_chip(issued.insert())
    out = tmp_path / "dump"
    said = gatectl("read", *page(issued), "--save", out)
    assert said.status == 1
    assert "not saved" in said.errors
    assert not out.exists()
    table = daemon.lane(tmp_path, specimens)
    training = daemon.write(tmp_path / "gate.toml", table)
    gatectl("read", *page(issued), "--save", out, "--config", training)
    assert (out / "DG1.bin").read_bytes() == issued.chip.files[ElementaryFile.DG1]


# gatectl specimen serve and chip.


@contextmanager
def served(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603
        # What a shell starts in the background ignores SIGINT, and so would its children.
        ["env", "--default-signal=INT", str(GATECTL), "specimen", "serve", *map(str, arguments)],  # noqa: S607
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: subprocess.Popen[str], start: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(start):
            return line.strip()
    raise AssertionError(process.communicate()[1])


@pytest.mark.pcscd
@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_a_served_chip_is_read_as_it_says_and_taken_away(
    pcscd: Pcscd, tmp_path: Path, ends: signal.Signals
) -> None:
    file = tmp_path / "chip.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    with served(file, "--port", str(pcscd.port)) as process:
        advice = until(process, "read it: ")
        until(process, "on the reader at port")
        words = shlex.split(advice.removeprefix("read it: "))
        assert words[0] == "gatectl"
        said = gatectl(*words[1:], "--json")
        assert said.status == 0, said.errors
        anchor = Path(words[-1])
        assert anchor.exists()
        process.send_signal(ends)
        rest, errors = process.communicate(timeout=STUCK_S)
        assert process.returncode == 0, errors
        assert rest.strip() == "taken away"
        assert not anchor.exists()


@pytest.mark.pcscd
def test_a_reader_that_goes_ends_the_serving(pcscd: Pcscd, tmp_path: Path) -> None:
    file = tmp_path / "chip.toml"
    file.write_text('access = "bac"', encoding="utf-8")
    csca = tmp_path / "csca.der"
    try:
        with served(file, "--port", str(pcscd.port), "--csca", csca) as process:
            until(process, "on the reader at port")
            pcscd.stop()
            _, errors = process.communicate(timeout=STUCK_S)
            assert process.returncode == 1
            assert "the reader is gone" in errors
        assert csca.stat().st_size > 0
    finally:
        pcscd.ensure()


def test_nobody_at_the_port_is_told_with_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "chip.toml").write_text("", encoding="utf-8")
    line = refused("specimen", "serve", tmp_path / "chip.toml", "--port", str(free_port()))
    assert "vsmartcard-vpcd" in line


def test_the_example_can_be_served_and_dumped(tmp_path: Path) -> None:
    said = gatectl("specimen", "serve", "--example")
    assert (said.status, said.errors) == (0, "")
    (tmp_path / "chip.toml").write_text(said.output, encoding="utf-8")
    out = tmp_path / "dump"
    said = gatectl("specimen", "chip", tmp_path / "chip.toml", "--out", out)
    assert (said.status, said.errors) == (0, "")
    names = {"EF_CardAccess.bin", "EF_COM.bin", "EF_SOD.bin", "csca.der"}
    names |= {f"DG{number}.bin" for number in (1, 2, 14, 15)}
    assert {path.name for path in out.iterdir()} == names
    assert "specimen TD3 of UTO, access both" in said.output
    assert "is not empty" in refused("specimen", "chip", tmp_path / "chip.toml", "--out", out)


def test_everything_odd_about_a_chip_is_said(tmp_path: Path) -> None:
    (tmp_path / "chip.toml").write_text(
        'access = "pace"\nattacks = ["cloned", "answer-tampered"]\n'
        '[active_authentication]\nkey = "rsa"\nbits = 1024\n[quirks]\nlargest_read = 160\n'
        '[[pace]]\nmapping = "pace-im"\n',
        encoding="utf-8",
    )
    said = gatectl("specimen", "chip", tmp_path / "chip.toml", "--out", tmp_path / "dump")
    assert "  PACE: pace-im 13 aes-128\n" in said.output
    assert "  active authentication: rsa 1024 bits\n" in said.output
    assert "  quirks: largest_read\n" in said.output
    assert "  attacks: cloned, answer-tampered\n" in said.output


def test_a_description_that_is_wrong_or_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chip.toml").write_text('acces = "bac"', encoding="utf-8")
    file = tmp_path / "chip.toml"
    for line in (
        refused("specimen", "serve", file),
        refused("specimen", "chip", file, "--out", tmp_path / "out"),
    ):
        assert "unknown key `acces`; did you mean `access`?" in line
    assert not (tmp_path / "out").exists()
    said = gatectl("specimen", "serve")
    assert said.status == 2
    assert "--example" in said.errors


def test_what_is_dumped_verifies_and_what_is_attacked_does_not(tmp_path: Path) -> None:
    for attacks, status in (([], 0), (["foreign-csca"], 1)):
        (tmp_path / "chip.toml").write_text(f"attacks = {json.dumps(attacks)}", encoding="utf-8")
        out = tmp_path / f"dump-{status}"
        gatectl("specimen", "chip", tmp_path / "chip.toml", "--out", out)
        said = gatectl("verify", out, "--trust", out / "csca.der", "--json")
        assert said.status == status, said.output
        assert json.loads(said.output)["issuer"] == "UT"
