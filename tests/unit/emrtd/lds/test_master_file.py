"""EF.ATR/INFO, EF.DIR, EF.CardAccess and EF.CardSecurity."""

from __future__ import annotations

import pytest

from edge.emrtd import der, security_infos, tlv
from edge.emrtd.lds import atr_info, card_security, directory
from edge.emrtd.lds.atr_info import AtrInfo
from edge.emrtd.lds.directory import Application
from edge.emrtd.lds.text import Text
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    PaceInfo,
)
from edge.errors import LimitExceeded, MalformedFile
from tests.support.shared_data import shared


class TestAtrInfo:
    """ICAO Doc 9303-10 §3.11.1, ISO/IEC 7816-4 §12.1.1.9, §12.7.1."""

    def test_everything(self) -> None:
        content = bytes.fromhex("4703 8401E0 7F6608 02020400 02020800")
        assert atr_info.decode(content) == AtrInfo(
            short_identifiers=True,
            command_chaining=True,
            extended_length=True,
            longest_command=0x400,
            longest_response=0x800,
        )

    def test_nothing(self) -> None:
        for content in (b"", bytes(8), b"\xff" * 8, bytes.fromhex("4602AABB")):
            assert atr_info.decode(content) == AtrInfo(
                short_identifiers=False, command_chaining=False, extended_length=False
            )

    @pytest.mark.parametrize(
        ("capabilities", "expected"),
        [
            (
                "040000",
                AtrInfo(short_identifiers=True, command_chaining=False, extended_length=False),
            ),
            (
                "000080",
                AtrInfo(short_identifiers=False, command_chaining=True, extended_length=False),
            ),
            (
                "000040",
                AtrInfo(short_identifiers=False, command_chaining=False, extended_length=True),
            ),
            (
                "FBFF1F",
                AtrInfo(short_identifiers=False, command_chaining=False, extended_length=False),
            ),
        ],
    )
    def test_each_capability_has_its_bit(self, capabilities: str, expected: AtrInfo) -> None:
        """ISO/IEC 7816-4 Tables 117 to 119."""
        assert atr_info.decode(bytes.fromhex("4703" + capabilities)) == expected

    def test_padding(self) -> None:
        assert atr_info.decode(bytes.fromhex("4703000040") + bytes(20)).extended_length

    def test_lengths_that_nobody_announced(self) -> None:
        content = bytes.fromhex("4703 8401C0 7F6608 02020400 02020800")
        assert atr_info.decode(content).longest_response is None
        assert atr_info.decode(bytes.fromhex("47038401E0")).longest_response is None

    @pytest.mark.parametrize(
        "content",
        [
            "47020000",
            "4703000000 4703000000",
            "4704",
            "4703000020 7F6603 020101",
            "4703000020 7F6606 020101 040101",
            "4703000020 7F6605 0200 020101",
        ],
    )
    def test_broken(self, content: str) -> None:
        with pytest.raises(MalformedFile):
            atr_info.decode(bytes.fromhex(content))


class TestDirectory:
    """ICAO Doc 9303-10 §3.11.2, Table 31."""

    def test_all_applications(self) -> None:
        identifiers = [
            bytes.fromhex(f"A000000247{last}") for last in ("1001", "2001", "2002", "2003")
        ]
        content = b"".join(bytes.fromhex("61094F07") + each for each in identifiers)
        assert directory.decode(content) == tuple(map(Application, identifiers))
        assert directory.decode(content + bytes(50)) == tuple(map(Application, identifiers))

    def test_labels_and_other_objects(self) -> None:
        template = tlv.encode(0x4F, b"\xa0\x00") + tlv.encode(0x50, b"eMRTD")
        content = tlv.encode(0x61, template) + tlv.encode(0x73, b"\x06\x00")
        assert directory.decode(content) == (Application(b"\xa0\x00", Text(b"eMRTD")),)

    @pytest.mark.parametrize("content", ["61", "6100", "61094F06A0000002471001", "6105"])
    def test_broken(self, content: str) -> None:
        with pytest.raises(MalformedFile):
            directory.decode(bytes.fromhex(content))

    def test_too_many(self) -> None:
        assert len(directory.decode(bytes.fromhex("61034F0101") * 32)) == 32
        with pytest.raises(LimitExceeded):
            directory.decode(bytes.fromhex("61034F0101") * 33)


@pytest.mark.shared
def test_card_access_of_the_npa() -> None:
    infos = security_infos.parse(shared("chips/npa-example-data/ecdh/ef_cardaccess").read_bytes())
    assert PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13) in infos


class TestCardSecurity:
    """ICAO Doc 9303-10 §3.11.4."""

    @pytest.mark.shared
    @pytest.mark.parametrize(
        "name",
        [
            "efcardsecurity/efcardsecurity.dump",
            "npa-example-data/ecdh/ef_cardsecurity",
            "npa-example-data/dh/ef_cardsecurity",
        ],
    )
    @pytest.mark.parametrize("padding", [b"", bytes(100)], ids=["exact", "padded"])
    def test_samples(self, name: str, padding: bytes) -> None:
        content = shared(f"chips/{name}").read_bytes()
        found = card_security.decode(content + padding)
        assert found.signed_data == content
        assert found.infos == security_infos.parse(found.content)
        assert any(isinstance(info, ChipAuthenticationInfo) for info in found.infos)

    def test_a_short_one(self) -> None:
        found = card_security.decode(signed())
        assert found.infos == (PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),)
        assert found.content == INFOS

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x31\x00",
            b"\x30\x00",
            lambda: signed(outer="1.2.840.113549.1.7.1"),
            lambda: signed(inner="2.23.136.1.1.1"),
            lambda: signed(infos=b"\x30\x00"),
            lambda: signed()[:-1],
            lambda: tlv.encode(
                0x30, der.encode_oid("1.2.840.113549.1.7.2"), tlv.encode(0xA0, b"\x30\x00")
            ),
            lambda: tlv.encode(
                0x30, der.encode_oid("1.2.840.113549.1.7.2"), tlv.encode(0x30, b"\x30\x00")
            ),
        ],
    )
    def test_broken(self, content: object) -> None:
        with pytest.raises(MalformedFile):
            card_security.decode(content() if callable(content) else content)  # type: ignore[arg-type]


INFOS = security_infos.encode([PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)])


def signed(
    outer: str = "1.2.840.113549.1.7.2",
    inner: str = card_security.SECURITY_OBJECT,
    infos: bytes = INFOS,
) -> bytes:
    """SignedData without signers: the structure, not the trust."""
    octets = tlv.encode(0xA0, tlv.encode(der.OCTET_STRING, infos))
    encapsulated = tlv.encode(0x30, der.encode_oid(inner), octets)
    data = tlv.encode(0x30, der.encode_integer(3), tlv.encode(0x31), encapsulated, tlv.encode(0x31))
    return tlv.encode(0x30, der.encode_oid(outer), tlv.encode(0xA0, data))
