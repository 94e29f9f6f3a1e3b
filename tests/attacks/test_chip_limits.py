"""Chips that never come to an end, or claim what no honest chip holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.emrtd import tlv
from edge.emrtd.apdu import Command
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.read import ReadPlan
from edge.errors import DocumentError, LimitExceeded, MalformedFile
from tests.support.emrtd.specimens import insert, read, specimen
from tools.specimen import dg2

OPEN = replace(specimen(), bac=False)


def test_endless_get_response() -> None:
    chip = insert(OPEN)

    def transmit(command: bytes) -> bytes:
        reads = command[1] in {0xB0, 0xC0}
        return b"\x00\x61\x00" if reads else chip.transmit(command)

    with pytest.raises(LimitExceeded):
        read(transmit)


def test_endless_wrong_le() -> None:
    chip = insert(OPEN)

    def transmit(command: bytes) -> bytes:
        return b"\x6c\x04" if command[1] == 0xB0 else chip.transmit(command)

    with pytest.raises(DocumentError):
        read(transmit)


def test_one_byte_at_a_time() -> None:
    chip = insert(replace(OPEN, files=large(60_000)))
    sent = 0

    def transmit(command: bytes) -> bytes:
        nonlocal sent
        sent += 1
        reply = chip.transmit(command)
        if command[1] != 0xB0 or len(reply) < 10:
            return reply
        return reply[: 8 if command[2] & 0x80 else 1] + reply[-2:]

    with pytest.raises(LimitExceeded, match="more commands"):
        read(transmit)
    assert sent <= ReadPlan().commands


def test_no_bytes_at_all() -> None:
    chip = insert(OPEN)

    def transmit(command: bytes) -> bytes:
        return b"\x90\x00" if command[1] == 0xB0 else chip.transmit(command)

    with pytest.raises(DocumentError):
        read(transmit)


def test_more_bytes_than_asked_for() -> None:
    chip = insert(OPEN)

    def transmit(command: bytes) -> bytes:
        return chip.transmit(command)[:-2] + bytes(65_000) + b"\x90\x00"

    with pytest.raises(DocumentError):
        read(transmit, plan=ReadPlan(response_bytes=100_000))


def large(size: int) -> dict[ElementaryFile, bytes]:
    portrait = EncodedImage.recognised(b"\xff\xd8\xff" + bytes(size))
    return {**OPEN.files, ElementaryFile.DG2: dg2.encode(portrait, (300, 400))}


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"\x75\x83\xff\xff\xff\x00\x00\x00", LimitExceeded),
        (b"\x75\x84\xff\xff\xff\xff\x00\x00", MalformedFile),
        (b"\x75\x80\x00\x00\x00\x00\x00\x00", MalformedFile),
        (b"\x1f\x80\x80\x80\x80\x80\x80\x80", MalformedFile),
        (b"\x63\x05\x00\x00\x00\x00\x00\x00", MalformedFile),
        (bytes(8), MalformedFile),
    ],
    ids=["16-MiB", "4-GiB", "indefinite", "endless-tag", "another-group", "zeros"],
)
def test_file_header_that_lies(head: bytes, error: type[DocumentError]) -> None:
    files = {**OPEN.files, ElementaryFile.DG2: head}
    with pytest.raises(error):
        read(insert(replace(OPEN, files=files)).transmit)


def test_file_shorter_than_its_header_says() -> None:
    content = OPEN.files[ElementaryFile.DG2]
    files = {**OPEN.files, ElementaryFile.DG2: content[:-100]}
    with pytest.raises(DocumentError):
        read(insert(replace(OPEN, files=files)).transmit)


def test_offset_answers_not_wrapped() -> None:
    """Beyond 32 KiB the data must come in DO'53'; anything else is not taken for content."""
    chip = insert(replace(OPEN, files=large(60_000)))

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        reply = chip.transmit(raw)
        return tlv.encode(0x99, reply[:-2]) + reply[-2:] if command.ins == 0xB1 else reply

    with pytest.raises(MalformedFile):
        read(transmit, plan=ReadPlan(extended_length=False))


@pytest.mark.parametrize("reply", [b"", b"\x90", b"\x6f\x00", b"\x90\x00", b"\xff" * 300])
def test_a_chip_that_always_says_the_same(reply: bytes) -> None:
    with pytest.raises(DocumentError):
        read(lambda _: reply)
