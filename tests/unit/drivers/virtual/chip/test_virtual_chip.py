"""The virtual chip: access conditions, refusals, and the two ways to read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import chip_auth, commands, der, tlv
from edge.emrtd.access import open_chip
from edge.emrtd.apdu import Command, Response
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.secure_messaging import SecureSession
from edge.emrtd.security_infos import PaceInfo
from tests.support.emrtd.exchange import exchange
from tests.support.emrtd.specimens import (
    CA_3DES,
    CA_AES_128,
    KEY,
    PACE_AES_128,
    ec_key,
    insert,
    rsa_key,
    specimen,
)

DG1 = ElementaryFile.DG1
FREE = replace(specimen(), bac=False)
Ask = Callable[[Command], Response]


def plain(chip: VirtualChip) -> Ask:
    return lambda command: Response.parse(chip.transmit(bytes(command)))


def opened(chip: VirtualChip) -> Ask:
    """Ask inside a fresh session."""
    session = run(open_chip(KEY, secrets.token_bytes), chip.transmit).session
    assert isinstance(session, SecureSession)
    return lambda command: run(exchange(session, command), chip.transmit)


@pytest.mark.parametrize("offered", [None, PACE_AES_128])
def test_nothing_is_given_without_a_key(offered: PaceInfo | None) -> None:
    ask = plain(insert(specimen(pace=offered, active_auth_key=ec_key(), chip_auth=CA_AES_128)))
    ask(commands.SELECT_APPLICATION)
    for command in (
        commands.select(DG1),
        commands.read_short_identifier(DG1, 8),
        Command(0, 0x88, 0, 0, bytes(8), 256),
        Command(0, 0x22, 0x41, 0xA4, b""),
        Command(0, 0x22, 0x41, 0xA6, b""),
    ):
        assert ask(command).sw == 0x6982


def test_a_plain_command_ends_session_and_rights() -> None:
    chip = insert(specimen())
    ask = opened(chip)
    assert ask(commands.read_short_identifier(DG1, 8)).sw == 0x9000
    assert plain(chip)(commands.read_short_identifier(DG1, 8)).sw == 0x6982
    assert plain(chip)(Command(0x0C, 0xB0, 0x81, 0, bytes(20), 256)).sw == 0x6987


def test_a_wrong_checksum_ends_session_and_rights() -> None:
    chip = insert(specimen())
    opened(chip)
    assert plain(chip)(Command(0x0C, 0xB0, 0x81, 0, bytes(20), 256)).sw == 0x6988
    assert plain(chip)(Command(0x0C, 0xB0, 0x81, 0, bytes(20), 256)).sw == 0x6987


def test_a_reset_ends_session_and_rights() -> None:
    chip = insert(specimen())
    opened(chip)
    chip.reset()
    plain(chip)(commands.SELECT_APPLICATION)
    assert plain(chip)(commands.select(DG1)).sw == 0x6982


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (Command(0, 0xA4, 4, 12, b"\xa0\x00"), 0x6A82),
        (Command(0, 0xA4, 2, 12, b"\x01\x0c"), 0x6A82),
        (Command(0, 0xA4, 2, 12, b"\x01"), 0x6A82),
        (Command(0, 0xA4, 9, 12), 0x6A86),
        (Command(0, 0xB0, 0, 0), 0x6700),
        (Command(0, 0xB0, 0, 0, le=8), 0x6986),
        (Command(0, 0xB0, 0x81, 200, le=8), 0x6B00),
        (Command(0, 0xB0, 0x81, 93, le=8), 0x6282),
        (Command(0, 0xB1, 0, 0, b"\x54\x01\x00"), 0x6700),
        (Command(0, 0xB1, 0, 0, b"\x55\x01\x00", 8), 0x6A80),
        (Command(0, 0x84, 0, 0, le=8), 0x6D00),
        (Command(0, 0x82, 0, 0, bytes(40), 40), 0x6985),
        (Command(0, 0x86, 0, 0, b"\x7c\x00", 256), 0x6985),
        (Command(0, 0x88, 0, 0, bytes(8), 256), 0x6D00),
        (Command(0, 0x88, 0, 0, bytes(9), 256), 0x6A80),
        (Command(0, 0x22, 0xC1, 0xA4, b""), 0x6A80),
        (Command(0, 0x22, 0, 0, b""), 0x6A86),
        (Command(0, 0x22, 0x41, 0xA4, b""), 0x6A88),
        (Command(0, 0x22, 0x41, 0xA6, b"\x91"), 0x6A88),
        (Command(0, 0xFF, 0, 0), 0x6D00),
        (Command(0x0C, 0xB0, 0, 0, bytes(10)), 0x6987),
    ],
)
def test_refusals(command: Command, status: int) -> None:
    ask = plain(insert(FREE))
    ask(commands.SELECT_APPLICATION)
    assert ask(command).sw == status


def test_bac_needs_a_fresh_challenge() -> None:
    ask = plain(insert(specimen()))
    assert ask(Command(0, 0x84, 0, 0, le=4)).sw == 0x6700
    assert len(ask(Command(0, 0x84, 0, 0, le=8)).data) == 8
    attempt = Command(0, 0x82, 0, 0, bytes(40), 40)
    assert ask(attempt).sw == 0x6300
    assert ask(attempt).sw == 0x6985


def test_no_more_than_the_chip_bears() -> None:
    small = insert(replace(FREE, max_response=256))
    ask = plain(small)
    ask(commands.SELECT_APPLICATION)
    assert ask(Command(0, 0xB0, 0x82, 0, le=257)).sw == 0x6700
    assert len(ask(Command(0, 0xB0, 0x82, 0, le=256)).data) == 256
    ask = plain(insert(replace(FREE, max_response=300)))
    ask(commands.SELECT_APPLICATION)
    assert ask(Command(0, 0xB0, 0x82, 0, le=301)).sw == 0x6700
    assert len(ask(Command(0, 0xB0, 0x82, 0, le=300)).data) == 300


def test_a_protected_reply_must_fit_too() -> None:
    ask = opened(insert(replace(specimen(), max_response=256)))
    assert ask(Command(0, 0xB0, 0x82, 0, le=256)).sw == 0x6700
    assert len(ask(Command(0, 0xB0, 0x82, 0, le=231)).data) == 231


@pytest.mark.parametrize("length", [2, 100, 129, 130, 200, 258, 259, 1000])
def test_reading_by_the_odd_instruction(length: int) -> None:
    ask = plain(insert(FREE))
    ask(commands.SELECT_APPLICATION)
    ask(commands.select(ElementaryFile.DG2))
    reply = ask(Command(0, 0xB1, 0, 0, b"\x54\x02\x01\x00", length))
    content = tlv.read_one(reply.data, commands.DISCRETIONARY_DO).value
    assert length - 2 <= len(reply.data) <= length
    assert content == FREE.files[ElementaryFile.DG2][256 : 256 + len(content)]


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x00\xa4\x04\x0c\x07\xa0"])
def test_bytes_that_are_no_command(raw: bytes) -> None:
    assert insert(specimen()).transmit(raw) == b"\x67\x00"


def test_chip_authentication_with_another_key_number() -> None:
    ask = opened(insert(replace(specimen(chip_auth=CA_AES_128), chip_auth_key_id=3)))
    protocol = tlv.encode(chip_auth.PROTOCOL, der.oid_value(CA_AES_128))
    for reference, status in ((b"\x03", 0x9000), (b"\x04", 0x6A88)):
        data = protocol + tlv.encode(chip_auth.KEY_REFERENCE, reference)
        assert ask(Command(0, 0x22, 0x41, 0xA4, data)).sw == status


def test_chip_authentication_in_one_step() -> None:
    """GENERAL AUTHENTICATE needs MSE:Set AT before it."""
    ask = opened(insert(specimen(chip_auth=CA_AES_128)))
    assert ask(Command(0, 0x86, 0, 0, b"\x7c\x02\x80\x00", 256)).sw == 0x6985


def test_chip_authentication_of_a_clone_by_3des() -> None:
    ask = opened(insert(specimen()))
    assert ask(Command(0, 0x22, 0x41, 0xA6, b"\x91\x00")).sw == 0x6A88


def test_chip_authentication_with_an_unknown_protocol() -> None:
    ask = opened(insert(specimen(chip_auth=CA_3DES)))
    data = tlv.encode(chip_auth.PROTOCOL, b"\x2a")
    assert ask(Command(0, 0x22, 0x41, 0xA4, data)).sw == 0x6A80


def test_active_authentication_by_rsa() -> None:
    ask = opened(insert(specimen(active_auth_key=rsa_key(1024))))
    assert len(ask(Command(0, 0x88, 0, 0, bytes(8), 256)).data) == 128


def pace_select(password: int, parameter: int = 13) -> Command:
    data = (
        tlv.encode(0x80, der.oid_value(PACE_AES_128.protocol))
        + tlv.encode(0x83, bytes((password,)))
        + tlv.encode(0x84, bytes((parameter,)))
    )
    return Command(0, 0x22, 0xC1, 0xA4, data)


@pytest.mark.parametrize(
    ("password", "parameter", "status"),
    [(1, 13, 0x9000), (2, 13, 0x9000), (3, 13, 0x6A88), (1, 12, 0x6A80)],
)
def test_pace_selects_what_is_offered(password: int, parameter: int, status: int) -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    assert ask(pace_select(password, parameter)).sw == status


def test_pace_without_a_card_access_number() -> None:
    ask = plain(insert(replace(specimen(pace=PACE_AES_128), can=None)))
    assert ask(pace_select(2)).sw == 0x6A88


@pytest.mark.parametrize(
    "data",
    [b"\x7c\x02\x85\x00", b"", b"\x7c\x03\x81\x01\x04"],
)
def test_pace_steps_out_of_turn_start_over(data: bytes) -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    step = Command(0x10, 0x86, 0, 0, data, 256)
    ask(pace_select(1))
    assert ask(step).sw in {0x6985, 0x6A80}
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c\x00", 256)).sw == 0x6985


def test_integrated_mapping_refuses_a_nonce_of_another_length() -> None:
    info = PaceInfo("0.4.0.127.0.7.2.2.4.4.2", 2, 13)
    ask = plain(insert(specimen(pace=info)))
    data = tlv.encode(0x80, der.oid_value(info.protocol)) + b"\x83\x01\x01\x84\x01\x0d"
    assert ask(Command(0, 0x22, 0xC1, 0xA4, data)).sw == 0x9000
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c\x00", 256)).sw == 0x9000
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c\x03\x81\x01\x00", 256)).sw == 0x6A80


def test_pace_takes_a_step_in_pieces() -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    ask(pace_select(1))
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c")) == Response(b"", 0x9000)
    assert len(ask(Command(0x10, 0x86, 0, 0, b"\x00", 256)).data) == 20


def test_pace_does_not_wait_for_pieces_without_end() -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    ask(pace_select(1))
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c\x82\xff\xff")).sw == 0x6A80


def test_an_answer_longer_than_asked_for_comes_in_pieces() -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    ask(pace_select(1))
    first = ask(Command(0x10, 0x86, 0, 0, b"\x7c\x00", 4))
    assert (len(first.data), first.sw) == (4, 0x6110)
    assert len(ask(Command(0, 0xC0, 0, 0, le=16)).data) == 16
    assert ask(Command(0, 0xC0, 0, 0, le=16)).sw == 0x6D00


def test_pace_refuses_points_off_the_curve() -> None:
    ask = plain(insert(specimen(pace=PACE_AES_128)))
    ask(pace_select(1))
    assert ask(Command(0x10, 0x86, 0, 0, b"\x7c\x00", 256)).sw == 0x9000
    off = tlv.encode(0x7C, tlv.encode(0x81, b"\x04" + b"\x01" * 64))
    assert ask(Command(0x10, 0x86, 0, 0, off, 256)).sw == 0x6A80


def test_pace_refuses_its_own_key_back() -> None:
    """The chip draws ones, so the test can tell its key."""
    chip = VirtualChip(specimen(pace=PACE_AES_128), lambda n: (1).to_bytes(n, "big")[:n])
    ask = plain(chip)
    curve = STANDARDISED[13]
    ask(pace_select(1))
    ask(Command(0x10, 0x86, 0, 0, b"\x7c\x00", 256))
    mapping = tlv.encode(0x7C, tlv.encode(0x81, curve.encode(curve.base)))
    assert ask(Command(0x10, 0x86, 0, 0, mapping, 256)).sw == 0x9000
    # Drawn ones make private keys of two: H = 2 G, base = G + H = 3 G, public key = 6 G.
    own = tlv.encode(0x7C, tlv.encode(0x83, curve.encode(curve.multiply(curve.base, 6))))
    assert ask(Command(0x10, 0x86, 0, 0, own, 256)).sw == 0x6A80


def test_a_broken_card_access_offers_nothing() -> None:
    chip = specimen(pace=PACE_AES_128)
    files = {**chip.files, ElementaryFile.CARD_ACCESS: b"\x31\x80"}
    assert plain(insert(replace(chip, files=files)))(pace_select(1)).sw == 0x6A80
