"""Which commands open a chip, in which order, and which are never sent (Doc 9303-11 §4.2)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from edge.emrtd.access import Opened, open_chip
from edge.emrtd.contents import Access, AccessProtocol
from edge.emrtd.dialogue import run
from edge.emrtd.key_derivation import AccessKey
from edge.errors import AccessDenied, ChipError, PaceFailed
from tests.support.emrtd.specimens import KEY, PACE_AES_128, insert, specimen


def conversation(*exchanges: tuple[str, str], key: AccessKey = KEY) -> Opened:
    """Open a chip that must be asked exactly this: beginnings of commands, and its answers."""
    script: Iterator[tuple[str, str]] = iter(exchanges)

    def transmit(raw: bytes) -> bytes:
        expected, reply = next(script)
        assert raw.hex().upper().startswith(expected)
        return bytes.fromhex(reply)

    opened = run(open_chip(key, secrets.token_bytes), transmit)
    assert next(script, None) is None
    return opened


NO_CARD_ACCESS = (
    ("00B09C0000", "6A82"),
    ("00A4020C02011C", "6A82"),
    ("00A4000C023F00", "9000"),
    ("00B09C0000", "6A82"),
    ("00A4020C02011C", "6A82"),
)
APPLICATION = ("00A4040C07A0000002471001", "9000")


def test_a_chip_that_gives_dg1_without_a_key() -> None:
    """One byte of DG1 is enough; nobody asks for a challenge."""
    opened = conversation(*NO_CARD_ACCESS, APPLICATION, ("00B0810001", "619000"))
    assert opened == Opened(Access(AccessProtocol.NONE, pace_offered=False), None, None)
    assert (opened.chip_name, opened.terminal_key) == (b"", b"")
    assert opened.card_security is None
    assert opened.chip_authentication_mapping is None


@pytest.mark.parametrize("status", ["6A86", "6D00", "9000"])
def test_a_chip_without_short_identifiers_is_asked_the_other_way(status: str) -> None:
    opened = conversation(
        *NO_CARD_ACCESS,
        APPLICATION,
        ("00B0810001", status),
        ("00A4020C020101", "9000"),
        ("00B0000001", "619000"),
    )
    assert opened.access.protocol is AccessProtocol.NONE


def test_a_chip_that_wants_a_key_is_not_asked_for_dg1_again() -> None:
    with pytest.raises(AccessDenied, match="does not speak BAC"):
        conversation(*NO_CARD_ACCESS, APPLICATION, ("00B0810001", "6982"), ("0084000008", "6D00"))


def test_a_file_that_cannot_be_selected_is_not_read() -> None:
    with pytest.raises(AccessDenied, match="does not speak BAC"):
        conversation(
            *NO_CARD_ACCESS,
            APPLICATION,
            ("00B0810001", "6A86"),
            ("00A4020C020101", "6982"),
            ("0084000008", "6D00"),
        )


def test_a_card_access_number_opens_no_bac() -> None:
    with pytest.raises(AccessDenied, match="only the MRZ opens it"):
        conversation(
            *NO_CARD_ACCESS, APPLICATION, ("00B0810001", "6982"), key=AccessKey.of_can("123456")
        )


def test_a_chip_without_the_application_is_named() -> None:
    with pytest.raises(ChipError, match=r"no eMRTD application \(SW 6A82\)"):
        conversation(*NO_CARD_ACCESS, ("00A4040C07A0000002471001", "6A82"))


CARD_ACCESS = "31143012060A04007F0007020204020202010202010D"
"""PACE-GM with AES-128 on brainpoolP256r1."""


def test_a_chip_awake_in_the_master_file_is_not_made_to_select_it() -> None:
    with pytest.raises(PaceFailed, match="SW 6A80"):
        conversation(
            ("00B09C0000", CARD_ACCESS + "9000"),
            ("0022C1A412800A04007F0007020204020283010184010D", "6A80"),
        )


@pytest.mark.parametrize("elsewhere", ["60020101", "328000"])
def test_another_content_where_it_woke_up_is_not_ef_card_access(elsewhere: str) -> None:
    """In the application, the same short identifier means another file."""
    with pytest.raises(PaceFailed, match="SW 6A80"):
        conversation(
            ("00B09C0000", elsewhere + "9000"),
            ("00A4000C023F00", "9000"),
            ("00B09C0000", CARD_ACCESS + "9000"),
            ("0022C1A4", "6A80"),
        )


def test_a_chip_that_refuses_to_select_by_identifier_is_asked_the_other_way() -> None:
    """Its refusal does not mean that the file is not there (NZ, CN)."""
    with pytest.raises(PaceFailed, match="SW 6A80"):
        conversation(
            ("00B09C0000", "6A82"),
            ("00A4020C02011C", "6A82"),
            ("00A4000C023F00", "6A86"),
            ("00B09C0000", "6A82"),
            ("00A4020C02011C", "6A82"),
            ("00A4000C", "9000"),
            ("00B09C0000", CARD_ACCESS + "9000"),
            ("0022C1A4", "6A80"),
        )


def test_pace_that_fails_is_not_followed_by_bac_unless_a_policy_says_so() -> None:
    chip = insert(specimen(pace=PACE_AES_128))

    def suppressed(raw: bytes) -> bytes:
        return b"\x6f\xff" if raw[1] in {0x22, 0x86} else chip.transmit(raw)

    with pytest.raises(PaceFailed):
        run(open_chip(KEY, secrets.token_bytes), suppressed)
    opened = run(open_chip(KEY, secrets.token_bytes, bac_after_pace=True), suppressed)
    assert opened.access == Access(AccessProtocol.BAC, pace_offered=True)
    assert opened.access.is_downgraded is True


@pytest.mark.parametrize(
    ("protocol", "offered", "downgraded"),
    [
        (protocol, offered, False)
        for protocol in ("pace-gm", "pace-im", "pace-cam")
        for offered in (True, False)
    ]
    + [(protocol, True, True) for protocol in ("bac", "none")]
    + [(protocol, False, False) for protocol in ("bac", "none")],
)
def test_what_a_downgrade_is(protocol: str, offered: bool, downgraded: bool) -> None:
    """The names of the protocols are the details of `chip.access`."""
    assert Access(AccessProtocol(protocol), offered).is_downgraded is downgraded


def test_the_chip_is_named_by_the_session_that_opened_it() -> None:
    opened = run(open_chip(KEY, secrets.token_bytes), insert(specimen()).transmit)
    assert (opened.chip_name, opened.terminal_key) == (b"L898902C36", b"")
    opened = run(open_chip(KEY, secrets.token_bytes), insert(specimen(pace=PACE_AES_128)).transmit)
    assert (len(opened.chip_name), opened.terminal_key) == (32, b"")
