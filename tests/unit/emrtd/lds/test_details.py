"""DG11, DG12 and DG16."""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import dg11, dg12, dg16
from edge.emrtd.lds.dates import Date, Moment
from edge.emrtd.lds.dg11 import PersonalDetails
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.emrtd.lds.dg16 import Person
from edge.emrtd.lds.image import JPEG, EncodedImage
from edge.emrtd.lds.text import Name, Text
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.detail_examples import FAMILY, SMITH
from tools.specimen.details import encode_dg11, encode_dg12

PICTURE = EncodedImage(b"\xff\xd8\xff" + bytes(9), JPEG)


def group(tag: int, *fields: tuple[int, bytes]) -> bytes:
    return tlv.encode(tag, *(tlv.encode(number, value) for number, value in fields))


class TestDg11:
    """ICAO Doc 9303-10 §4.7.11."""

    def test_worked_example(self) -> None:
        details = dg11.decode(SMITH)
        assert details == PersonalDetails(
            full_name=Name(b"SMITH<<JOHN<J"),
            birth_place=Text(b"ANYTOWN<MN"),
            address=Text(b"123 MAPLE RD<ANYTOWN<MN"),
            telephone=Text(b"1-612-555-1212"),
            profession=Text(b"TRAVEL<AGENT"),
        )
        assert encode_dg11(details) == SMITH

    def test_everything(self) -> None:
        details = PersonalDetails(
            full_name=Name("МАРИЯ<<ИВАНОВА".encode()),
            other_names=(Name(b"A<<B"), Name(b"C")),
            personal_number=Text(b"1"),
            birth_date=Date(b"19420000"),
            birth_place=Text(b"2"),
            address=Text(b"3"),
            telephone=Text(b"4"),
            profession=Text(b"5"),
            title=Text(b"6"),
            summary=Text(b"7"),
            proof_of_citizenship=PICTURE,
            other_documents=Text(b"8<9"),
            custody=Text(b"10"),
        )
        assert dg11.decode(encode_dg11(details)) == details
        assert repr(details) == "PersonalDetails(<redacted>)"

    def test_nothing(self) -> None:
        assert dg11.decode(b"\x6b\x00") == PersonalDetails()
        assert dg11.decode(group(0x6B, (0x5C, b""), (0x5F0E, b""))) == PersonalDetails()

    def test_other_names_without_their_container(self) -> None:
        """CN."""
        found = dg11.decode(group(0x6B, (0x5C, b"\x5f\x0f"), (0x5F0F, b"A<<B"), (0x5F0F, b"C")))
        assert found.other_names == (Name(b"A<<B"), Name(b"C"))

    def test_a_tag_list_that_names_the_container(self) -> None:
        """BY."""
        names = tlv.encode(0x02, b"\x01") + tlv.encode(0x5F0F, b"A<<B")
        found = dg11.decode(group(0x6B, (0x5C, b"\xa0"), (0xA0, names)))
        assert found.other_names == (Name(b"A<<B"),)

    def test_a_container_without_its_count(self) -> None:
        found = dg11.decode(group(0x6B, (0xA0, tlv.encode(0x5F0F, b"A<<B"))))
        assert found.other_names == (Name(b"A<<B"),)

    def test_a_field_without_content_does_not_count(self) -> None:
        names = tlv.encode(0x5F0F) + tlv.encode(0x5F0F, b"C")
        found = dg11.decode(group(0x6B, (0x5F0F, b""), (0xA0, names), (0x5F11, b""), (0x5F2B, b"")))
        assert found == PersonalDetails(other_names=(Name(b"C"),))
        assert dg11.decode(group(0x6B, (0x5F16, b""))).proof_of_citizenship is None

    def test_birth_date_in_bcd(self) -> None:
        """MY."""
        found = dg11.decode(group(0x6B, (0x5F2B, bytes.fromhex("19421012"))))
        assert found.birth_date is not None
        assert found.birth_date.moment == Moment(1942, 10, 12)

    def test_a_date_that_is_none_hides_nothing_else(self) -> None:
        found = dg11.decode(group(0x6B, (0x5F2B, b"nonsense"), (0x5F11, b"PARIS")))
        assert found.birth_date == Date(b"nonsense")
        assert found.birth_date.moment is None
        assert found.birth_place == Text(b"PARIS")

    def test_a_picture_of_an_unknown_kind_hides_nothing_else(self) -> None:
        found = dg11.decode(group(0x6B, (0x5F16, b"GIF89a"), (0x5F11, b"PARIS")))
        assert found.proof_of_citizenship is None
        assert found.birth_place == Text(b"PARIS")

    def test_unknown_fields(self) -> None:
        assert dg11.decode(group(0x6B, (0x5F77, b"x"))) == PersonalDetails()

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x6c\x00",
            group(0x6B, (0x5F0E, b"A"), (0x5F0E, b"B")),
            group(0x6B, (0xA0, b"\x5f\x0f\x05")),
            SMITH[:-1],
        ],
    )
    def test_broken(self, content: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg11.decode(content)

    def test_too_many_names(self) -> None:
        assert len(dg11.decode(group(0x6B, *[(0x5F0F, b"A")] * 99)).other_names) == 99
        with pytest.raises(LimitExceeded):
            dg11.decode(group(0x6B, *[(0x5F0F, b"A")] * 100))


class TestDg12:
    """ICAO Doc 9303-10 §4.7.12."""

    def test_everything(self) -> None:
        details = DocumentDetails(
            authority=Text(b"UNITED STATES DEPARTMENT OF STATE"),
            issued=Date(b"20210915"),
            other_persons=(Name(b"SMITH<<BRENDA<P"),),
            observations=Text(b"SEE PAGE 51"),
            exit_requirements=Text(b"NONE"),
            front=PICTURE,
            rear=PICTURE,
            personalised=Date(b"20171115013612"),
            system=Text(b"M-4060"),
        )
        content = encode_dg12(details)
        assert dg12.decode(content) == details
        assert tlv.only(tlv.read_one(content, 0x6C).children(), 0x5C) == bytes.fromhex(
            "5F195F265F1A5F1B5F1C5F1D5F1E5F555F56"
        )
        assert repr(details) == "DocumentDetails(<redacted>)"

    def test_dates_in_bcd(self) -> None:
        """TW."""
        found = dg12.decode(
            group(
                0x6C,
                (0x5F26, bytes.fromhex("20210915")),
                (0x5F55, bytes.fromhex("20171115013612")),
            )
        )
        assert found.issued is not None
        assert found.issued.moment == Moment(2021, 9, 15)
        assert found.personalised is not None
        assert found.personalised.moment == Moment(2017, 11, 15, 1, 36, 12)

    def test_another_person_without_a_container(self) -> None:
        assert dg12.decode(group(0x6C, (0x5F1A, b"A"))).other_persons == (Name(b"A"),)

    @pytest.mark.parametrize("content", [b"", b"\x6b\x00", b"\x6c\x01\x5f"])
    def test_broken(self, content: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg12.decode(content)


class TestDg16:
    """ICAO Doc 9303-10 §4.7.16."""

    def test_worked_example(self) -> None:
        assert dg16.decode(FAMILY) == (
            Person(
                recorded=Date(b"20020101"),
                name=Name(b"SMITH<<CHARLES<R"),
                telephone=Text(b"19525551212"),
                address=Text(b"123 MAPLE RD<ANYTOWN<MN<55100"),
            ),
            Person(
                recorded=Date(b"20020315"),
                name=Name(b"BROWN<<MARY<J"),
                telephone=Text(b"14155551212"),
                address=Text(b"49 REDWOOD LN<OCEAN BREEZE<CA<94000"),
            ),
        )

    def test_as_many_persons_as_there_are_tags(self) -> None:
        """A1 to AF, in the order of their tags."""
        tags = [*range(0xAF, 0xA0, -1), 0xA0, 0xB0]
        persons = [(tag, tlv.encode(0x5F51, bytes((tag,)))) for tag in tags]
        found = dg16.decode(group(0x70, *persons))
        assert [each.name for each in found] == [Name(bytes((tag,))) for tag in range(0xA1, 0xB0)]

    def test_nobody(self) -> None:
        assert dg16.decode(b"\x70\x00") == ()
        assert repr(Person()) == "Person(<redacted>)"

    @pytest.mark.parametrize("content", [b"", b"\x6b\x00", b"\x70\x04\xa1\x00\xa1\x00"])
    def test_broken(self, content: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg16.decode(content)
