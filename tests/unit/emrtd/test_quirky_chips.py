"""Genuine chips of the field, each with what it does otherwise; all of them must be read.

Where each was met: the facts about chips, section 1b; the number of the quirk stands in the test.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.quirks import Quirks
from edge.emrtd import active_auth, tlv
from edge.emrtd.apdu import Command
from edge.emrtd.contents import AccessProtocol, ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.lds import dg15
from edge.emrtd.read import ReadPlan
from edge.errors import ChipError, WrongKey
from edge.mrz import parse
from edge.mrz.compose import td1
from tests.support.emrtd.specimens import (
    CA_AES_256,
    MRZ_INFORMATION,
    PACE_AES_128,
    ec_key,
    insert,
    read,
    rsa_key,
    specimen,
    without,
)

DG2 = ElementaryFile.DG2
SHORT = 256
CHIPS: dict[str, Callable[[], Personalisation]] = {
    "open": lambda: replace(specimen(), bac=False),
    "bac": specimen,
    "pace": lambda: specimen(pace=PACE_AES_128),
    "pace-ca": lambda: specimen(pace=PACE_AES_128, chip_auth=CA_AES_256),
}
ACCESS = {
    "open": AccessProtocol.NONE,
    "bac": AccessProtocol.BAC,
    "pace": AccessProtocol.PACE_GM,
    "pace-ca": AccessProtocol.PACE_GM,
}


def with_quirks(chip: Personalisation, **quirks: object) -> Personalisation:
    return replace(chip, quirks=Quirks.model_validate(quirks))


class Line:
    """A chip, and every command that went to it."""

    def __init__(self, chip: Personalisation) -> None:
        self._chip = insert(chip)
        self.sent: list[Command] = []

    def __call__(self, command: bytes) -> bytes:
        self.sent.append(Command.parse(command))
        return self._chip.transmit(command)

    def instructions(self) -> list[int]:
        return [command.ins for command in self.sent]


@pytest.fixture(params=CHIPS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read_whole(chip: Personalisation, plan: ReadPlan | None = None) -> ChipContents:
    """Read a chip; every file of its application must have come, byte for byte."""
    contents = read(insert(chip).transmit, plan=plan)
    wanted = {file: content for file, content in chip.files.items() if file.in_application}
    assert {file: contents.files.get(file) for file in wanted} == wanted
    return contents


@pytest.mark.parametrize("status", [0x6982, 0x6A81, 0x6A86, 0x6A87])
@pytest.mark.parametrize("other_way", ["obeyed", "refused", "ignored"])
@pytest.mark.parametrize("wakes_up_in_application", [False, True])
def test_1_master_file_selected_one_way_or_the_other_or_neither(
    status: int, other_way: str, wakes_up_in_application: bool
) -> None:
    """NZ, CN, AU, UA."""
    chip = with_quirks(
        specimen(pace=PACE_AES_128),
        master_file_by_identifier=status,
        master_file_without_data=other_way,
        wakes_up_in_application=wakes_up_in_application and other_way == "obeyed",
    )
    assert read_whole(chip).access.protocol is AccessProtocol.PACE_GM


@pytest.mark.parametrize("other_way", ["refused", "ignored"])
def test_1_a_master_file_that_is_selected_by_identifier_only(other_way: str) -> None:
    chip = with_quirks(
        specimen(pace=PACE_AES_128),
        master_file_without_data=other_way,
        wakes_up_in_application=True,
    )
    assert read_whole(chip).access.protocol is AccessProtocol.PACE_GM


def test_2_no_le_where_no_data_is_wanted(name: str) -> None:
    """DE."""
    contents = read_whole(with_quirks(CHIPS[name](), le_in_select_refused=True))
    assert contents.access.protocol is ACCESS[name]


def test_3_an_invalidated_card_access_is_none() -> None:
    """MY."""
    contents = read_whole(with_quirks(specimen(), card_access_invalidated=True))
    assert contents.access.protocol is AccessProtocol.BAC
    assert not contents.access.pace_offered


@pytest.mark.parametrize("status", [0x6982, 0x6A82, 0x6F00])
def test_4_a_directory_that_cannot_be_read_ends_nothing(name: str, status: int) -> None:
    """US."""
    chip = with_quirks(CHIPS[name](), dir_status=status)
    contents = read_whole(chip, ReadPlan(additional=(ElementaryFile.DIR,)))
    assert ElementaryFile.DIR not in contents.files


@pytest.mark.parametrize("entries", [1, 3, 20])
def test_4_a_directory_of_several_entries(entries: int) -> None:
    """NL."""
    chip = specimen(pace=PACE_AES_128)
    entry = tlv.encode(0x61, tlv.encode(0x4F, bytes.fromhex("A0000002471001")), bytes((0x50, 0)))
    files = {**chip.files, ElementaryFile.DIR: entry * entries}
    plan = ReadPlan(additional=(ElementaryFile.DIR,))
    assert read_whole(replace(chip, files=files), plan).files[ElementaryFile.DIR] == entry * entries


def test_5_the_application_is_selected_after_the_master_file() -> None:
    read_whole(with_quirks(specimen(), bac_needs_application=True))


def test_5_and_12_after_a_failed_pace_the_chain_is_ended_and_the_application_selected() -> None:
    """Only where a policy allows what is then a downgrade."""
    chip = with_quirks(
        specimen(pace=PACE_AES_128),
        pace_token_status=0x6300,
        pace_failure_leaves_chain_open=True,
        bac_needs_application=True,
    )
    contents = read_whole(chip, ReadPlan(bac_after_pace=True))
    assert contents.access.protocol is AccessProtocol.BAC
    assert contents.access.is_downgraded


@pytest.mark.parametrize("works", ["application", "none"])
def test_6_short_identifiers_refused(name: str, works: str) -> None:
    """GB."""
    contents = read_whole(with_quirks(CHIPS[name](), short_identifiers=works))
    assert contents.access.protocol is ACCESS[name]
    assert contents.learnt.short_identifiers == (works == "application")


def test_7_the_domain_parameters_are_always_named() -> None:
    """UA."""
    chip = with_quirks(specimen(pace=PACE_AES_128), pace_needs_parameter_id=True)
    assert read_whole(chip).access.protocol is AccessProtocol.PACE_GM


def test_12_pace_that_fails_at_its_last_step() -> None:
    """GR, HU: nothing else is tried."""
    line = Line(with_quirks(specimen(pace=PACE_AES_128), pace_token_status=0x6300))
    with pytest.raises(WrongKey, match="does not fit"):
        read(line)
    assert not {0x84, 0x82} & set(line.instructions())


WRONG = AccessKey.of_mrz("L898902C36" + MRZ_INFORMATION[10:-1] + "1")


@pytest.mark.parametrize("status", [0x6300, 0x63C2, 0x63CF, 0x6985, 0x6988])
@pytest.mark.parametrize("name", ["bac", "pace"])
def test_14_a_wrong_key_however_it_is_answered(name: str, status: int) -> None:
    chip = with_quirks(CHIPS[name](), wrong_key_status=status)
    with pytest.raises(WrongKey, match=rf"the key does not fit the chip \(SW {status:04X}\)"):
        read(insert(chip).transmit, key=WRONG)


def test_15_external_authenticate_with_le_of_zero_only() -> None:
    read_whole(with_quirks(specimen(), external_authenticate_le=SHORT))


@pytest.mark.parametrize("number", ["A1", "L898902C3", "LONGNUMBER1234"])
def test_16_document_numbers_short_and_long(number: str) -> None:
    lines = td1(
        document_code="I",
        issuing_state="UTO",
        document_number=number,
        birth_date="740812",
        sex="F",
        expiry_date="300415",
        nationality="UTO",
        primary="ERIKSSON",
        secondary="ANNA",
    )
    information = parse(lines).information
    chip = replace(specimen(pace=PACE_AES_128), mrz_information=information)
    read(insert(chip).transmit, key=AccessKey.of_mrz(information))
    for bac in (True, False):
        chip = replace(specimen(), mrz_information=information, bac=bac)
        read(insert(chip).transmit, key=AccessKey.of_mrz(information))


def test_17_no_access_control_at_all() -> None:
    """NG: never encrypted, and told so."""
    line = Line(CHIPS["open"]())
    assert read(line).access.protocol is AccessProtocol.NONE
    assert all(command.cla == 0 for command in line.sent)


@pytest.mark.parametrize("refusal", ["uncounted", "counted", "ends_session"])
def test_18_and_22_extended_length_refused_one_way_or_the_other(name: str, refusal: str) -> None:
    """CN, and its opposite; US, CA, NZ have none."""
    chip = replace(with_quirks(CHIPS[name](), long_command=refusal), max_response=256)
    contents = read_whole(chip)
    assert not contents.learnt.extended_length
    proof = contents.chip_authentication
    assert (proof is not None and proof.succeeded) is (name == "pace-ca")
    line = Line(chip)
    again = read(line, plan=ReadPlan(learnt=contents.learnt))
    assert again.files == contents.files
    assert not any(command.extended for command in line.sent)


@pytest.mark.parametrize("limit", [256, 65_536])
def test_19_stray_padding_is_cut_off(name: str, limit: int) -> None:
    """SI."""
    chip = with_quirks(CHIPS[name](), stray_padding="000080", largest_read=limit - 60)
    read_whole(replace(chip, max_response=limit))


@pytest.mark.parametrize("limit", [256, 1_100, 65_536])
def test_19_room_kept_for_padding(name: str, limit: int) -> None:
    read_whole(replace(with_quirks(CHIPS[name](), keeps_room_for_padding=True), max_response=limit))


@pytest.mark.parametrize("piece", [64, 200])
@pytest.mark.parametrize("limit", [256, 65_536])
def test_20_replies_fetched_in_pieces_in_clear(name: str, piece: int, limit: int) -> None:
    line = Line(replace(with_quirks(CHIPS[name](), reply_piece=piece), max_response=limit))
    assert read(line).files[DG2] == specimen().files[DG2]
    assert 0xC0 in line.instructions()


def test_20_the_exact_length_is_told(name: str) -> None:
    """6Cxx, in clear and under secure messaging."""
    read_whole(with_quirks(CHIPS[name](), exact_length=True))
    read_whole(replace(with_quirks(CHIPS[name](), exact_length=True), max_response=256))


@pytest.mark.parametrize("most", [64, 96, 100, 112, 160, 200, 223, 231, 1_000, 4_000])
@pytest.mark.parametrize("status", [0x6700, 0x6B00, 0x6282, 0x9000])
def test_21_pieces_of_the_size_the_chip_insists_on(name: str, most: int, status: int) -> None:
    """ES 160; others less, and words of all kinds."""
    chip = with_quirks(CHIPS[name](), largest_read=most, largest_read_status=status)
    contents = read_whole(chip)
    assert contents.largest_read <= most
    line = Line(chip)
    assert read(line, plan=ReadPlan(learnt=contents.learnt)).files == contents.files
    learning = Line(chip)
    read(learning)
    assert len(line.sent) < len(learning.sent)


@pytest.mark.parametrize("status", [0x6700, 0x6B00, 0x6282, 0x9000])
@pytest.mark.parametrize("limit", [256, 1_100, 65_536])
def test_21_never_more_than_there_is(name: str, status: int, limit: int) -> None:
    """What is refused is not the length but the end: the pieces stay as large as they can be."""
    chip = replace(with_quirks(CHIPS[name](), past_the_end_status=status), max_response=limit)
    contents = read_whole(chip)
    assert not contents.learnt.past_the_end
    assert contents.largest_read >= {256: 223, 1_100: 980, 65_536: 2_900}[limit]


def long_signatures(**quirks: object) -> Personalisation:
    chip = specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=rsa_key(2048))
    return with_quirks(chip, **quirks)


def is_proven(contents: ChipContents) -> bool:
    answer = contents.active_authentication
    assert answer is not None
    key = dg15.decode(contents.files[ElementaryFile.DG15])
    return active_auth.verify(key, None, answer.challenge, answer.response)


def test_23_signatures_cut_off_at_short_length() -> None:
    """AU."""
    assert is_proven(read_whole(long_signatures(active_auth_cut_at=200)))


def test_23_signatures_refused_at_extended_length() -> None:
    """CN: and the short reply comes in pieces."""
    chip = long_signatures(active_auth_empty_when_long=True, reply_piece=SHORT)
    assert is_proven(read_whole(chip))


def test_23_long_signatures_without_extended_length() -> None:
    chip = replace(long_signatures(reply_piece=SHORT), max_response=256)
    assert is_proven(read_whole(chip))


def test_29_chip_authentication_refused_and_the_session_over() -> None:
    contents = read_whole(
        with_quirks(CHIPS["pace-ca"](), chip_auth_status=0x6F00),
    )
    assert contents.chip_authentication is not None
    assert not contents.chip_authentication.succeeded


def test_29_one_authentication_in_a_session() -> None:
    """NO: the other has a session of its own, and both prove the chip."""
    chip = specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=ec_key())
    contents = read_whole(with_quirks(chip, active_auth_after_chip_auth=0x6F00))
    assert contents.chip_authentication is not None
    assert contents.chip_authentication.succeeded
    assert is_proven(contents)


def test_files_are_read_once_however_often_the_chip_is_opened() -> None:
    chip = with_quirks(CHIPS["pace-ca"](), chip_auth_status=0x6F00)
    told: list[str] = []
    read(insert(chip).transmit, observe=lambda each: told.append(repr(each)))
    assert len([line for line in told if line.startswith("FileRead(SOD")]) == 1
    assert len([line for line in told if line.startswith("AccessGranted")]) == 2


def test_a_chip_that_opens_otherwise_the_second_time_is_not_believed() -> None:
    """BAC where it was PACE: only a policy of downgrades gets so far."""
    chip = specimen(pace=PACE_AES_128, chip_auth=CA_AES_256, active_auth_key=ec_key())
    genuine = insert(with_quirks(chip, active_auth_after_chip_auth=0x6F00))
    signed = False

    def transmit(raw: bytes) -> bytes:
        nonlocal signed
        signed |= raw[0] == 0x0C and raw[1] == 0x88
        return b"\x6a\x80" if signed and raw[1] == 0x22 else genuine.transmit(raw)

    contents = read(transmit, plan=ReadPlan(bac_after_pace=True))
    assert signed
    assert contents.access.protocol is AccessProtocol.PACE_GM
    assert contents.active_authentication is not None
    assert contents.active_authentication.response == b""


@pytest.mark.parametrize("something", [b"\x60\x01\x00", b"\x1f\x80\x80\x80\x80"])
def test_a_chip_that_wakes_up_elsewhere_and_answers_something_else(something: bytes) -> None:
    """The short identifier of EF.CardAccess means nothing in the application."""
    chip = insert(specimen(pace=PACE_AES_128))
    woken = False

    def transmit(raw: bytes) -> bytes:
        nonlocal woken
        woken |= raw[1] == 0xA4 and raw[2] == 0x00
        strange = not woken and raw[1] == 0xB0
        return something + b"\x90\x00" if strange else chip.transmit(raw)

    assert read(transmit).access.protocol is AccessProtocol.PACE_GM


def test_the_session_dropped_without_reason_is_an_error() -> None:
    chip = insert(specimen(pace=PACE_AES_128))

    def transmit(raw: bytes) -> bytes:
        return secrets.token_bytes(30) + b"\x90\x00" if raw[0] == 0x0C else chip.transmit(raw)

    with pytest.raises(ChipError):
        read(transmit)


def test_without_a_data_group_nothing_is_invented() -> None:
    chip = without(CHIPS["pace-ca"](), ElementaryFile.DG14)
    assert read(insert(chip).transmit).chip_authentication is None


@pytest.mark.parametrize("ends", [False, True], ids=["session alive", "session lost"])
class TestRefusalsInClear:
    """Status words outside secure messaging: the session is over, and is opened again."""

    def chip(self, name: str, ends: bool, *statuses: int, **quirks: object) -> Personalisation:
        return with_quirks(
            CHIPS[name](), bare_statuses=statuses, bare_status_ends_session=ends, **quirks
        )

    @pytest.mark.parametrize("name", ["bac", "pace", "pace-ca"])
    def test_an_absent_file(self, name: str, ends: bool) -> None:
        gone = {ElementaryFile.DG15} | ({ElementaryFile.DG14} if name != "pace-ca" else set())
        chip = self.chip(name, ends, 0x6A82)
        for file in gone & chip.files.keys():
            chip = without(chip, file)
        line = Line(chip)
        contents = read(line)
        assert contents.files.keys() >= {ElementaryFile.SOD, ElementaryFile.DG1, DG2}
        assert not gone & contents.files.keys()
        assert contents.access.protocol is ACCESS[name]

    def test_more_asked_than_a_file_holds(self, ends: bool) -> None:
        chip = self.chip("pace", ends, 0x6B00, past_the_end_status=0x6B00)
        contents = read(Line(chip))
        assert contents.files.keys() >= {ElementaryFile.SOD, ElementaryFile.DG1, DG2}
        assert contents.learnt is not None
        assert not contents.learnt.past_the_end

    def test_the_question_is_not_asked_again(self, ends: bool) -> None:
        chip = without(self.chip("pace", ends, 0x6A82), ElementaryFile.DG14)
        for file in (ElementaryFile.COM, ElementaryFile.DG15):
            chip = without(chip, file)
        line = Line(chip)
        read(line)
        openings = sum(
            command.ins == 0x22 and (command.p1, command.p2) == (0xC1, 0xA4)
            for command in line.sent
        )
        assert openings <= 2 + 3  # by identifier, past the end, and once for each absent file

    def test_what_the_gate_needs_and_the_chip_refuses_ends_the_reading(self, ends: bool) -> None:
        with pytest.raises(ChipError):
            read(Line(without(self.chip("pace", ends, 0x6A82), DG2)))
