"""Terminal against virtual chip: every cipher and curve of PACE, and BAC."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from edge.emrtd import pace, security_infos
from edge.emrtd.access import open_chip
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import Access, AccessProtocol
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg1
from edge.emrtd.security_infos import OtherInfo, PaceInfo, SecurityInfo
from edge.errors import AccessDenied, ChipError
from tests.unit.emrtd.specimens import (
    CAN,
    KEY,
    MRZ_LINES,
    PACE_AES_128,
    insert,
    read,
    specimen,
)

GM = f"{security_infos.PACE}.2"
WRONG_KEY = AccessKey.of_mrz("L898902C3674081221204150")


@pytest.mark.parametrize("cipher", range(1, 5))
@pytest.mark.parametrize("curve", [12, 13, 14])
def test_pace_with_every_cipher(cipher: int, curve: int) -> None:
    chip = insert(specimen(pace=PaceInfo(f"{GM}.{cipher}", 2, curve)))
    contents = read(chip.transmit)
    assert contents.access == Access(AccessProtocol.PACE_GM, pace_offered=True)
    assert dg1.decode(contents.files[ElementaryFile.DG1]) == MRZ_LINES


@pytest.mark.parametrize("curve", sorted(STANDARDISED))
def test_pace_on_every_curve(curve: int) -> None:
    chip = insert(specimen(pace=PaceInfo(f"{GM}.4", 2, curve)))
    opened = run(open_chip(KEY, secrets.token_bytes), chip.transmit)
    assert opened.access.protocol is AccessProtocol.PACE_GM


def test_pace_with_the_card_access_number() -> None:
    chip = insert(specimen(pace=PACE_AES_128))
    opened = run(open_chip(AccessKey.of_can(CAN), secrets.token_bytes), chip.transmit)
    assert opened.access.protocol is AccessProtocol.PACE_GM


def test_bac_when_there_is_no_pace() -> None:
    contents = read(insert(specimen()).transmit)
    assert contents.access == Access(AccessProtocol.BAC, pace_offered=False)
    assert repr(contents) == "ChipContents(bac, COM, SOD, DG1, DG2)"


def test_a_chip_without_access_control() -> None:
    chip = insert(replace(specimen(), bac=False))
    assert read(chip.transmit).access == Access(AccessProtocol.NONE, pace_offered=False)


@pytest.mark.parametrize("status", ["6A86", "6D00"])
def test_a_chip_without_access_control_and_without_short_identifiers(status: str) -> None:
    chip = insert(replace(specimen(), bac=False))

    def transmit(command: bytes) -> bytes:
        short = command[1] == 0xB0 and command[2] & 0x80
        return bytes.fromhex(status) if short else chip.transmit(command)

    assert read(transmit).access.protocol is AccessProtocol.NONE


@pytest.mark.parametrize("pace_info", [None, PACE_AES_128])
def test_the_wrong_key(pace_info: PaceInfo | None) -> None:
    chip = insert(specimen(pace=pace_info))
    with pytest.raises(AccessDenied, match="the key does not fit"):
        read(chip.transmit, WRONG_KEY)


def test_keys_are_not_shown() -> None:
    assert repr(KEY) == "AccessKey(MRZ, <redacted>)"
    assert repr(AccessKey.of_can(CAN)) == "AccessKey(CAN, <redacted>)"


def test_a_card_access_number_does_not_open_bac() -> None:
    with pytest.raises(AccessDenied, match="only the MRZ opens it"):
        read(insert(specimen()).transmit, AccessKey.of_can(CAN))


def test_a_pace_only_chip_that_hides_card_access() -> None:
    chip = insert(replace(specimen(pace=PACE_AES_128), bac=False))

    def transmit(command: bytes) -> bytes:
        hidden = command[1] == 0xB0 and command[2] == 0x9C
        return b"\x6a\x82" if hidden or command[-2:] == b"\x01\x1c" else chip.transmit(command)

    with pytest.raises(AccessDenied, match="PACE-only chip"):
        read(transmit)


def test_a_chip_of_another_kind() -> None:
    with pytest.raises(ChipError, match="no eMRTD application"):
        read(lambda _: b"\x6a\x82")


@pytest.mark.parametrize("refusal", [b"\x69\x82", b"\x6a\x81", b"\x6a\x86", b"\x6a\x87"])
def test_chips_that_refuse_to_select_the_master_file(refusal: bytes) -> None:
    """NZ, CN, AU, UA: refused, and the master file is selected all the same."""
    chip = insert(specimen(pace=PACE_AES_128))

    def transmit(command: bytes) -> bytes:
        return refusal if command[:3] == b"\x00\xa4\x00" else chip.transmit(command)

    assert read(transmit).access.protocol is AccessProtocol.PACE_GM


def test_a_chip_that_calls_card_access_invalidated() -> None:
    """MY: 6283 when asked for an EF.CardAccess it does not have."""
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        return b"\x62\x83" if command[-2:] == b"\x01\x1c" else chip.transmit(command)

    assert read(transmit).access.protocol is AccessProtocol.BAC


def test_a_chip_that_wants_bac_with_le_zero() -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        refused = command[1] == 0x82 and command[-1] == 40
        return b"\x67\x00" if refused else chip.transmit(command)

    assert read(transmit).access.protocol is AccessProtocol.BAC


def test_a_chip_that_takes_bac_at_no_length() -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        return b"\x67\x00" if command[1] == 0x82 else chip.transmit(command)

    with pytest.raises(AccessDenied, match="6700"):
        read(transmit)


def test_a_pace_chip_that_counts_attempts_still_opens() -> None:
    chip = insert(specimen(pace=PACE_AES_128))

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        return b"\x63\xc2" if command[1:3] == b"\x22\xc1" else reply

    assert read(transmit).access.protocol is AccessProtocol.PACE_GM


@pytest.mark.parametrize(
    "info",
    [
        PaceInfo(f"{security_infos.PACE}.4.4", 2, 18),  # integrated mapping
        PaceInfo(f"{security_infos.PACE}.1.2", 2, 1),  # no elliptic curve
        PaceInfo(f"{GM}.2", 2, None),  # explicit domain parameters
        PaceInfo(f"{GM}.2", 2, 32),
        PaceInfo(f"{GM}.2", 1, 13),
        PaceInfo(f"{GM}.5", 2, 13),
    ],
)
def test_pace_that_we_do_not_speak_is_never_replaced_by_bac(info: PaceInfo) -> None:
    chip = insert(specimen(pace=info))
    sent: list[int] = []

    def transmit(command: bytes) -> bytes:
        sent.append(Command.parse(command).ins)
        return chip.transmit(command)

    with pytest.raises(AccessDenied, match="only kinds of PACE"):
        read(transmit)
    assert 0x84 not in sent


def test_the_strongest_offer_is_chosen() -> None:
    infos: list[SecurityInfo] = [
        OtherInfo("1.2.3"),
        PaceInfo(f"{GM}.1", 2, 18),
        PaceInfo(f"{GM}.2", 2, 13),
        PaceInfo(f"{GM}.4", 2, 12),
        PaceInfo(f"{GM}.4", 2, 16),
    ]
    chosen = pace.choose(infos)
    assert chosen is not None
    assert (chosen.cipher, chosen.parameter_id) == (Cipher.AES_256, 16)
    assert pace.choose([]) is None
