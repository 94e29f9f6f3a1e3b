"""Terminal against virtual chip: PACE and BAC, and what else a chip may say."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from drivers.virtual.chip.personalisation import Personalisation
from edge.emrtd import pace_cam, security_infos
from edge.emrtd.access import open_chip
from edge.emrtd.apdu import Command
from edge.emrtd.contents import Access, AccessProtocol
from edge.emrtd.dialogue import Transmit, run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg1
from edge.emrtd.read import ReadPlan
from edge.emrtd.security_infos import PaceInfo
from edge.errors import (
    AccessDenied,
    ChipError,
    ChipLost,
    DeviceLost,
    PaceFailed,
    WrongKey,
)
from tests.support.emrtd.specimens import (
    CAN,
    KEY,
    MRZ_LINES,
    PACE_AES_128,
    insert,
    read,
    speaking_cam,
    specimen,
    without,
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
    with pytest.raises(WrongKey, match="the key does not fit"):
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


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (0x6300, WrongKey, "the key does not fit"),
        (0x63C2, WrongKey, "the key does not fit"),
        (0x6988, WrongKey, "the key does not fit"),
        (0x6A80, WrongKey, "the key does not fit"),
        (0x6F00, AccessDenied, "it is damaged"),
        (0x6581, AccessDenied, "it is damaged"),
        (0x6A81, AccessDenied, "gave up"),
    ],
)
def test_why_bac_fails(status: int, error: type[AccessDenied], words: str) -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        return status.to_bytes(2, "big") if command[1] == 0x82 else chip.transmit(command)

    with pytest.raises(error, match=words) as caught:
        read(transmit)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("status", "words"), [(0x6F00, "it is damaged"), (0x6D00, "PACE-only chip")]
)
def test_why_there_is_no_challenge(status: int, words: str) -> None:
    chip = insert(specimen())

    def transmit(command: bytes) -> bytes:
        return status.to_bytes(2, "big") if command[1] == 0x84 else chip.transmit(command)

    with pytest.raises(AccessDenied, match=words):
        read(transmit)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (0x6300, WrongKey, "the key does not fit"),
        (0x63C1, WrongKey, "the key does not fit"),
        (0x6983, WrongKey, "the key does not fit"),
        (0x6F00, PaceFailed, "it is damaged, or PACE is suppressed"),
        (0x6A80, PaceFailed, "gave up"),
    ],
)
@pytest.mark.parametrize("step", range(4))
def test_why_pace_fails(step: int, status: int, error: type[AccessDenied], words: str) -> None:
    chip = insert(specimen(pace=PACE_AES_128))
    steps = 0

    def transmit(command: bytes) -> bytes:
        nonlocal steps
        steps += command[1] == 0x86
        refused = command[1] == 0x86 and steps == step + 1
        return status.to_bytes(2, "big") if refused else chip.transmit(command)

    with pytest.raises(error, match=words):
        read(transmit)


@pytest.mark.parametrize(
    "error", [ChipLost("the document was taken away"), DeviceLost("chip-reader", "unplugged")]
)
@pytest.mark.parametrize("at", range(3, 12))
def test_neither_a_removed_document_nor_a_lost_reader_is_taken_for_a_chip_that_refuses(
    at: int, error: Exception
) -> None:
    """Not even where BAC may follow PACE: nothing is there to be asked."""
    chip = insert(specimen(pace=PACE_AES_128))
    sent = 0

    def transmit(command: bytes) -> bytes:
        nonlocal sent
        sent += 1
        if sent == at:
            raise error
        return chip.transmit(command)

    with pytest.raises(type(error)):
        read(transmit, plan=ReadPlan(bac_after_pace=True))
    assert sent == at


def test_a_reader_that_answers_without_a_status_word() -> None:
    with pytest.raises(ChipError, match="reader fault"):
        read(lambda _: b"\x90", plan=ReadPlan(bac_after_pace=True))


def test_a_pace_chip_that_counts_attempts_still_opens() -> None:
    chip = insert(specimen(pace=PACE_AES_128))

    def transmit(command: bytes) -> bytes:
        reply = chip.transmit(command)
        return b"\x63\xc2" if command[1:3] == b"\x22\xc1" else reply

    assert read(transmit).access.protocol is AccessProtocol.PACE_GM


@pytest.mark.parametrize(
    "info",
    [
        PaceInfo(f"{security_infos.PACE}.4.4", 2, 10),  # P-224 knows no integrated mapping
        PaceInfo(f"{security_infos.PACE}.1.2", 2, 13),  # DH on a curve
        PaceInfo(f"{security_infos.PACE}.6.1", 2, 13),  # no such cipher
        PaceInfo(f"{security_infos.PACE}.5.2", 2, 0),  # no such mapping
        PaceInfo(f"{GM}.2", 2, None),  # explicit domain parameters that are not there
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

    with pytest.raises(PaceFailed, match="only kinds of PACE"):
        read(transmit)
    assert 0x84 not in sent


class TestCommandsOfExtendedLength:
    """2 048-bit keys do not fit a short command."""

    INFO = PaceInfo(f"{security_infos.PACE}.1.2", 2, 2)

    def test_are_sent_in_pieces_to_a_chip_that_refuses_them(self) -> None:
        chip = insert(replace(specimen(pace=self.INFO), max_response=256))
        sent: list[Command] = []

        def transmit(command: bytes) -> bytes:
            sent.append(Command.parse(command))
            return chip.transmit(command)

        assert read(transmit).access.protocol is AccessProtocol.PACE_GM
        refused = next(number for number, each in enumerate(sent) if each.extended)
        assert sent[refused].ins == 0x86
        assert sent[refused + 1].ins == 0x22  # from the beginning
        assert [each.cla for each in sent if each.ins == 0x86][-6:] == [0x10] * 5 + [0x00]

    def test_are_not_sent_where_the_plan_forbids_them(self) -> None:
        chip = insert(replace(specimen(pace=self.INFO), max_response=256))

        def transmit(command: bytes) -> bytes:
            assert not Command.parse(command).extended
            return chip.transmit(command)

        plan = ReadPlan(extended_length=False)
        assert read(transmit, plan=plan).access.protocol is AccessProtocol.PACE_GM

    def test_are_sent_whole_to_a_chip_that_takes_them(self) -> None:
        chip = insert(specimen(pace=self.INFO))
        steps: list[Command] = []

        def transmit(command: bytes) -> bytes:
            parsed = Command.parse(command)
            if parsed.ins == 0x86:
                steps.append(parsed)
            return chip.transmit(command)

        read(transmit)
        assert [(step.extended, step.le) for step in steps] == [
            (False, 0x100),
            (True, 0x10000),
            (True, 0x10000),
            (False, 0x100),
        ]


class TestBacAfterPace:
    """By policy only, and never unnoticed."""

    PLAN = ReadPlan(bac_after_pace=True)

    @staticmethod
    def suppressed(chip: Personalisation) -> Transmit:
        inserted = insert(chip)
        return lambda raw: b"\x6f\xff" if raw[1] in {0x22, 0x86} else inserted.transmit(raw)

    def test_is_not_the_default(self) -> None:
        with pytest.raises(PaceFailed):
            read(self.suppressed(specimen(pace=PACE_AES_128)))

    def test_is_told(self) -> None:
        contents = read(self.suppressed(specimen(pace=PACE_AES_128)), plan=self.PLAN)
        assert contents.access == Access(AccessProtocol.BAC, pace_offered=True)
        assert contents.access.is_downgraded

    def test_is_not_used_where_pace_works(self) -> None:
        contents = read(insert(specimen(pace=PACE_AES_128)).transmit, plan=self.PLAN)
        assert contents.access == Access(AccessProtocol.PACE_GM, pace_offered=True)
        assert not contents.access.is_downgraded

    def test_does_not_help_without_pace_that_we_speak(self) -> None:
        chip = specimen(pace=PaceInfo(f"{GM}.2", 1, 13))
        assert read(insert(chip).transmit, plan=self.PLAN).access.is_downgraded

    def test_needs_the_mrz(self) -> None:
        transmit = self.suppressed(specimen(pace=PACE_AES_128))
        with pytest.raises(PaceFailed):
            read(transmit, AccessKey.of_can(CAN), self.PLAN)

    def test_of_a_chip_that_then_asks_for_no_key(self) -> None:
        chip = insert(replace(specimen(pace=PACE_AES_128), bac=False))

        def transmit(raw: bytes) -> bytes:
            if raw[1] in {0x22, 0x86}:
                return b"\x6f\xff"
            return (
                b"\x61\x90\x00" if raw[:2] == b"\x00\xb0" and raw[2] == 0x81 else chip.transmit(raw)
            )

        opened = run(open_chip(KEY, secrets.token_bytes, bac_after_pace=True), transmit)
        assert opened.access == Access(AccessProtocol.NONE, pace_offered=True)
        assert opened.access.is_downgraded

    def test_no_downgrade_without_an_offer(self) -> None:
        assert not Access(AccessProtocol.BAC, pace_offered=False).is_downgraded


class TestCardSecurity:
    def test_is_read_after_pace_cam(self) -> None:
        chip = speaking_cam()
        contents = read(insert(chip).transmit)
        assert contents.access == Access(AccessProtocol.PACE_CAM, pace_offered=True)
        assert contents.files == chip.files
        claim = contents.chip_authentication_mapping
        assert claim is not None
        card_security = contents.files[ElementaryFile.CARD_SECURITY]
        assert pace_cam.proves(claim, security_infos.parse(card_security))

    def test_is_not_asked_for_otherwise(self) -> None:
        contents = read(insert(specimen(pace=PACE_AES_128)).transmit)
        assert contents.chip_authentication_mapping is None
        assert ElementaryFile.CARD_SECURITY not in contents.files

    def test_that_is_missing_is_for_trust_to_judge(self) -> None:
        chip = without(speaking_cam(), ElementaryFile.CARD_SECURITY)
        contents = read(insert(chip).transmit)
        assert contents.chip_authentication_mapping is not None
        assert ElementaryFile.CARD_SECURITY not in contents.files
