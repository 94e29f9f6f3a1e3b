"""Reading a whole chip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.emrtd import tlv
from edge.emrtd.apdu import Command
from edge.emrtd.dialogue import Transmit
from edge.emrtd.file_reader import FileRefused
from edge.emrtd.files import ElementaryFile
from edge.emrtd.progress import AccessGranted, Advanced, FileRead, Progress
from edge.emrtd.read import ReadPlan
from edge.errors import ChipError, ChipLost, MalformedFile
from tests.support.emrtd.specimens import (
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    read,
    specimen,
    without,
)

COM, SOD, DG1, DG2 = (
    ElementaryFile.COM,
    ElementaryFile.SOD,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
)


def test_everything_is_read_in_order() -> None:
    told: list[Progress] = []
    chip = specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=ec_key())
    contents = read(insert(chip).transmit, observe=told.append)
    assert contents.files == chip.files
    first, *rest = [each for each in told if not isinstance(each, Advanced)]
    assert first == AccessGranted(contents.access)
    assert [each.file.name for each in rest if isinstance(each, FileRead)] == [
        "CARD_ACCESS",
        "COM",
        "SOD",
        "DG14",
        "DG1",
        "DG15",
        "DG2",
    ]
    assert told[-1] == FileRead(DG2, chip.files[DG2])
    assert repr(told[-1]) == f"FileRead(DG2, {len(chip.files[DG2])} bytes)"


def test_progress_ends_where_it_should() -> None:
    told: list[Progress] = []
    chip = specimen()
    read(insert(chip).transmit, observe=told.append)
    advances = [each for each in told if isinstance(each, Advanced)]
    size = sum(map(len, chip.files.values()))
    assert advances[-1] == Advanced(size, size)
    done = [each.done_bytes for each in advances]
    assert done == sorted(done)


@pytest.mark.parametrize("size", [3_000, 40_000, 90_000])
@pytest.mark.parametrize("max_response", [256, 1_100, 65_536])
def test_portraits_of_any_size_in_pieces_of_any_size(size: int, max_response: int) -> None:
    """Beyond 32 767 bytes READ BINARY takes another form."""
    chip = replace(specimen(portrait_bytes=size), max_response=max_response)
    contents = read(insert(chip).transmit)
    assert contents.files[DG2] == chip.files[DG2]
    assert contents.largest_read <= max_response


def test_large_pieces_need_few_commands() -> None:
    chip = insert(specimen(portrait_bytes=18_000))
    sent: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        sent.append(command)
        return chip.transmit(command)

    assert read(transmit).largest_read > 17_000
    assert len(sent) < 25


def test_extended_length_can_be_forbidden() -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        assert len(command) <= 261
        assert not Command.parse(command).extended
        return chip.transmit(command)

    assert read(transmit, plan=ReadPlan(extended_length=False)).largest_read == 231


def plain_chip(limit: int, refusal: str) -> Transmit:
    """A chip without access control that refuses to deliver more than `limit` at a time."""
    chip = insert(replace(specimen(), bac=False))

    def transmit(command: bytes) -> bytes:
        too_much = command[1] == 0xB0 and (Command.parse(command).le or 0) > limit
        return bytes.fromhex(refusal) if too_much else chip.transmit(command)

    return transmit


@pytest.mark.parametrize("limit", [96, 112, 160, 223, 1_024, 4_096])
@pytest.mark.parametrize("refusal", ["6700", "6B00", "6282", "9000"])
def test_step_down_on_every_refusal_seen(limit: int, refusal: str) -> None:
    contents = read(plain_chip(limit, refusal))
    assert contents.files[DG2] == specimen().files[DG2]
    assert contents.largest_read <= limit


@pytest.mark.parametrize("refusal", ["6700", "6F00"])
def test_a_chip_that_delivers_nothing_is_damaged(refusal: str) -> None:
    with pytest.raises(ChipError, match="damaged chip"):
        read(plain_chip(8, refusal))


def test_a_chip_that_delivers_more_than_asked_is_trimmed() -> None:
    """SI: 6282 and stray padding behind the data."""
    chip = insert(replace(specimen(), bac=False))

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        reads = command[1] == 0xB0 and reply[-2:] == b"\x90\x00"
        return reply[:-2] + b"\x00\x00\x80\x62\x82" if reads else reply

    assert read(transmit).files == specimen().files


def test_a_chip_without_short_identifiers() -> None:
    chip = insert(replace(specimen(), bac=False))

    def transmit(command: bytes) -> bytes:
        short = command[1] == 0xB0 and command[2] & 0x80
        return b"\x6a\x86" if short else chip.transmit(command)

    assert read(transmit).files == specimen().files


def test_optional_files_may_be_missing() -> None:
    chip = without(specimen(), COM)
    assert COM not in read(insert(chip).transmit).files


@pytest.mark.parametrize("file", [SOD, DG1, DG2])
def test_other_files_may_not(file: ElementaryFile) -> None:
    with pytest.raises(FileRefused, match=f"{file.name} cannot be read"):
        read(insert(without(specimen(), file)).transmit)


@pytest.mark.parametrize("content", [b"", b"\x75\x00", b"\x61", b"\x61\x05A"])
def test_files_that_are_not_what_they_should_be(content: bytes) -> None:
    chip = specimen()
    with pytest.raises((MalformedFile, ChipError)):
        read(insert(replace(chip, files={**chip.files, DG1: content})).transmit)


@pytest.mark.parametrize("tag", [0x6E, 0x6F])
def test_broken_dg14_and_dg15_are_kept_for_the_judge(tag: int) -> None:
    chip = specimen()
    file = {0x6E: ElementaryFile.DG14, 0x6F: ElementaryFile.DG15}[tag]
    broken = tlv.encode(tag, b"\x05\x00garbage") + b""
    files = {**chip.files, file: broken}
    contents = read(insert(replace(chip, files=files)).transmit)
    assert contents.files[file] == broken
    assert contents.chip_authentication is None


def test_authentications_can_be_left_out() -> None:
    chip = specimen(chip_auth=CA_AES_256, active_auth_key=ec_key())
    plan = ReadPlan(chip_authentication=False, active_authentication=False)
    contents = read(insert(chip).transmit, plan=plan)
    assert contents.chip_authentication is None
    assert contents.active_authentication is None


def ends_session_at(condition: Callable[[Command], bool]) -> Transmit:
    """A chip that drops its session, as it must for a plain command, when a condition holds."""
    chip = insert(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, portrait_bytes=9_000))

    def transmit(command: bytes) -> bytes:
        if condition(Command.parse(command)):
            chip.reset()
            return b"\x69\x88"
        return chip.transmit(command)

    return transmit


def test_a_chip_that_drops_the_session_at_extended_length_is_read_without() -> None:
    contents = read(ends_session_at(lambda command: command.extended))
    assert contents.largest_read == 223
    assert contents.chip_authentication is not None
    assert contents.chip_authentication.succeeded


def test_a_session_lost_for_another_reason_is_not_started_again() -> None:
    with pytest.raises(ChipError, match="outside the session"):
        read(ends_session_at(lambda command: command.cla == 0x0C and command.ins == 0xB0))


def test_a_session_lost_after_chip_authentication_is_not_started_again() -> None:
    """The chip has proven itself by its answers: the loss is not put down to that."""
    since_agreement: list[Command] = []

    def ends(command: Command) -> bool:
        if since_agreement or (command.ins == 0x86 and command.cla & 0x0C):
            since_agreement.append(command)
        return len(since_agreement) == 4

    with pytest.raises(ChipError, match="outside the session"):
        read(ends_session_at(ends), plan=ReadPlan(extended_length=False))
    assert len(since_agreement) == 4


def test_a_document_taken_away() -> None:
    chip = insert(specimen())
    left = iter(range(9))

    def transmit(command: bytes) -> bytes:
        if next(left, None) is None:
            raise ChipLost("the document was taken away")
        return chip.transmit(command)

    with pytest.raises(ChipLost):
        read(transmit)
