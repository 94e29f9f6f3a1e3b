"""DG2 in both standards, as specified and as issued."""

from __future__ import annotations

import struct

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import biometric, dg2, image, iso19794_5
from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Date, Moment
from edge.emrtd.lds.face import (
    Angle,
    AttackDecision,
    ColourSpace,
    DeclaredPose,
    Expression,
    EyeColour,
    FaceFormat,
    FaceImage,
    FaceKind,
    HairColour,
    Landmark,
    Property,
    Sex,
    Source,
)
from edge.emrtd.lds.image import EncodedImage
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.face_records import GIF, J2C, JP2, JPEG, FaceRecord, Record, file, of
from tests.support.shared_data import shared
from tools.specimen import dg2 as issue

OLD, NEW = FaceFormat.ISO_19794_5, FaceFormat.ISO_39794_5


def portrait(content: bytes) -> bytes:
    return dg2.decode(content)[0].image.data


@pytest.mark.parametrize("standard", FaceFormat)
@pytest.mark.parametrize(
    ("data", "media_type"), [(JPEG, image.JPEG), (JP2, image.JP2), (J2C, image.J2C)]
)
def test_what_is_issued_is_read(standard: FaceFormat, data: bytes, media_type: str) -> None:
    encoded = EncodedImage.recognised(data)
    (face,) = dg2.decode(issue.encode(encoded, (300, 400), standard))
    assert face.image == encoded == EncodedImage(data, media_type)
    assert face.format is standard
    assert face.size == (300, 400)
    assert face.colour_space is ColourSpace.RGB_24
    assert face.kind is {OLD: FaceKind.FULL_FRONTAL, NEW: FaceKind.MRTD}[standard]


def test_a_face_is_not_shown() -> None:
    (face,) = dg2.decode(of(FaceRecord(subject=b"\x02\x03\x04")))
    assert repr(face) == "Face(ISO/IEC 19794-5, EncodedImage(<redacted> image/jpeg))"


class TestTemplates:
    """ICAO Doc 9303-10 §4.7.2.1."""

    def test_worked_example(self) -> None:
        """Doc 9303-10 A.3, with the two lengths that are misprinted there as they must be."""
        header = bytes.fromhex(
            "A128 80020101 810102 830720020315133000 85082002040120070331"
            "860400010001 87020101 88020008"
        )
        content = (
            bytes.fromhex("7582319E 7F61823199 020101 7F60823191")
            + header
            + bytes.fromhex("5F2E823162")
            + bytes(12_642)
        )
        (template,) = biometric.decode(content, dg2.TAG)
        found = template.header
        assert len(template.record) == 12_642
        assert (found.biometric_type, found.sub_type) == (2, None)
        assert (found.format_owner, found.format_type) == (0x0101, 0x0008)
        assert found.creator == bytes.fromhex("00010001")
        assert found.created == Date(bytes.fromhex("20020315133000"))
        assert found.created.moment == Moment(2002, 3, 15, 13, 30, 0)
        assert found.valid_from is not None
        assert found.valid_from.moment == Moment(2002, 4, 1)
        assert found.valid_until is not None
        assert found.valid_until.moment == Moment(2007, 3, 31)
        assert "<redacted>" not in repr(found.biometric_type)
        assert repr(template).endswith("12642 bytes)")

    def test_either_tag_holds_either_standard(self) -> None:
        """Issuers confuse 5F2E and 7F2E: the record tells what it is."""
        assert portrait(file(bytes(Record()), standard=NEW)) == JPEG
        new = issue.iso_39794_5(EncodedImage.recognised(JP2), (3, 4))
        assert portrait(file(new, standard=OLD)) == JP2

    def test_the_first_usable_of_several(self) -> None:
        old, new = bytes(Record()), issue.iso_39794_5(EncodedImage.recognised(JP2), (3, 4))
        unusable = bytes(Record([FaceRecord(GIF)]))
        assert [face.image.data for face in dg2.decode(file(old, new))] == [JPEG, JP2]
        assert portrait(file(unusable, old)) == JPEG
        assert portrait(file(b"", old)) == JPEG

    def test_templates_without_a_header(self) -> None:
        record = tlv.encode(0x5F2E, bytes(Record()))
        assert portrait(issue.group(tlv.encode(0x7F60, record))) == JPEG

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x75\x00",
            b"\x63\x03\x02\x01\x01",
            issue.group(),
            issue.group(tlv.encode(0x7F60, tlv.encode(0xA1))),
            issue.group(tlv.encode(0x7F60, tlv.encode(0xA1), *[tlv.encode(0x5F2E)] * 2)),
            issue.group(tlv.encode(0x7F60, b"\xa1\x05")),
            file(b""),
            file(b"\xa1\x02\x65\x00"),
            file(b"\xa1\x03\x65\x00"),
            file(b"\xa1\x02\x64\x00"),
            file(bytes(Record()))[:-1],
            file(bytes(Record())) + b"\x00",
        ],
    )
    def test_broken(self, content: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(content)

    def test_too_many(self) -> None:
        with pytest.raises(LimitExceeded):
            dg2.decode(file(*[bytes(Record())] * (biometric.MOST_TEMPLATES + 1)))


class TestIso19794:
    """ISO/IEC 19794-5:2005."""

    def test_what_a_record_says(self) -> None:
        points = struct.pack(">BBHHH", 1, 0xC1, 90, 120, 0) + struct.pack(">BBHHH", 2, 0, 0, 0, 0)
        (face,) = dg2.decode(
            of(
                FaceRecord(
                    points=points,
                    subject=b"\x02\x03\xff",
                    properties=b"\x00\x06\x03",
                    expression=b"\x00\x02",
                    pose=b"\x01\x5b\xb4",
                    uncertainty=b"\x00\x01\x0b",
                    image=(2, 0, 300, 400, 3, 2, 0, 0),
                )
            )
        )
        assert face == FaceImage(
            image=EncodedImage(JPEG, image.JPEG),
            format=OLD,
            kind=FaceKind.TOKEN_FRONTAL,
            size=(300, 400),
            colour_space=ColourSpace.GREY_8,
            source=Source.DIGITAL_CAMERA,
            sex=Sex.FEMALE,
            eye_colour=EyeColour.BROWN,
            hair_colour=HairColour.OTHER,
            properties=frozenset(
                {
                    Property.GLASSES,
                    Property.LEFT_EYE_PATCH,
                    Property.RIGHT_EYE_PATCH,
                    Property.DARK_GLASSES,
                }
            ),
            expressions=frozenset({Expression.SMILE}),
            pose=DeclaredPose(Angle(0), Angle(180, 0), Angle(-2, 10)),
            landmarks=(Landmark("12.1", 90, 120),),
        )

    def test_properties_that_are_not_specified(self) -> None:
        (face,) = dg2.decode(of(FaceRecord(properties=b"\x00\x06\x02", pose=b"\x00\xb5\xff")))
        assert face.properties == frozenset()
        assert face.pose == DeclaredPose()

    @pytest.mark.parametrize("off", [-8, -1, 1, 8])
    def test_record_lengths_that_are_off(self, off: int) -> None:
        """NZ counts eight bytes too few, GB one."""
        assert portrait(file(bytes(Record(length_off=off)))) == JPEG
        assert portrait(of(FaceRecord(length_off=off))) == JPEG

    def test_record_lengths_of_zero(self) -> None:
        one = FaceRecord()
        assert portrait(file(bytes(Record(length_off=-len(bytes(Record())))))) == JPEG
        assert portrait(of(FaceRecord(length_off=-len(bytes(one))))) == JPEG

    def test_bytes_behind_the_picture(self) -> None:
        assert portrait(of(FaceRecord(tail=bytes(8)))) == JPEG + bytes(8)

    @pytest.mark.parametrize("off", [-9, 9, 1_000_000])
    def test_lengths_that_lie(self, off: int) -> None:
        for content in (
            file(bytes(Record(length_off=off))),
            of(FaceRecord(length_off=off)),
        ):
            with pytest.raises(MalformedFile):
                dg2.decode(content)

    def test_feature_points(self) -> None:
        assert portrait(of(FaceRecord(points=bytes(24)))) == JPEG

    @pytest.mark.parametrize(("counted", "there"), [(3, 0), (3, 2), (0, 2), (65_535, 1)])
    def test_feature_points_counted_wrong(self, counted: int, there: int) -> None:
        """PL and GB count points that are not there."""
        (face,) = dg2.decode(of(FaceRecord(points=bytes(8 * there), points_counted=counted)))
        assert face.image.data == JPEG
        assert face.size == (300, 400)

    def test_a_picture_beyond_all_points_is_not_looked_for(self) -> None:
        points = bytes(8 * iso19794_5.MOST_POINTS)
        with pytest.raises(MalformedFile):
            dg2.decode(of(FaceRecord(points=points, points_counted=0)))

    def test_a_declared_type_that_is_wrong(self) -> None:
        (face,) = dg2.decode(of(FaceRecord(JP2, image=(1, 0, 300, 400, 1, 0, 0, 0))))
        assert face.image.media_type == image.JP2

    def test_several_faces_in_one_record(self) -> None:
        record = Record([FaceRecord(), FaceRecord(JP2)])
        assert [face.image.data for face in dg2.decode(file(bytes(record)))] == [JPEG, JP2]

    def test_the_first_usable_of_several_faces(self) -> None:
        record = Record([FaceRecord(GIF), FaceRecord(JP2), FaceRecord(length_off=100)])
        assert [face.image.data for face in dg2.decode(file(bytes(record)))] == [JP2]

    def test_faces_counted_that_are_not_there(self) -> None:
        assert portrait(file(bytes(Record(counted=9)))) == JPEG

    @pytest.mark.parametrize(
        "record",
        [
            b"FAC\x00",
            bytes(Record())[:13],
            bytes(Record([], counted=1)),
            bytes(Record(identifier=b"FIR\x00")),
            bytes(Record(counted=0)),
            bytes(Record([FaceRecord(GIF)])),
            bytes(Record([FaceRecord(b"")])),
            bytes(Record([FaceRecord(length_off=-50), FaceRecord()])),
        ],
    )
    def test_broken(self, record: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(file(record))

    def test_too_many_faces(self) -> None:
        with pytest.raises(LimitExceeded):
            dg2.decode(file(bytes(Record(counted=biometric.MOST_RECORDINGS + 1))))

    @pytest.mark.shared
    def test_conformance_records(self) -> None:
        folder = shared("chips/iso39794/iso19794")
        (face,) = dg2.decode(file((folder / "ISO19794_Test1_Data.bin").read_bytes()))
        assert face.image.data == (folder / "ISO19794_Test1_Face.jpg").read_bytes()
        assert face.kind is FaceKind.TOKEN_FRONTAL
        with pytest.raises(MalformedFile):
            dg2.decode(file((folder / "ISO19794_Test2_Data_InvalidImage.bin").read_bytes()))

    @pytest.mark.shared
    def test_german_specimen_of_2008(self) -> None:
        """Declared 337x449, the picture has 413x531: the record is not to be believed."""
        (face,) = dg2.decode((shared("chips/bsi2008") / "Datagroup2.bin").read_bytes())
        assert face.image.media_type == image.JP2
        assert face.kind is FaceKind.FULL_FRONTAL
        assert face.size == (337, 449)


class TestIso39794:
    """ISO/IEC 39794-5:2019 in the ICAO application profile."""

    @pytest.mark.shared
    @pytest.mark.parametrize("whole", [True, False])
    def test_all_fields(self, whole: bool) -> None:
        folder = shared("chips/iso39794")
        content = (
            (folder / "dg2/ICAO_39794_5_AP_DG2_AllFields.dat").read_bytes()
            if whole
            else file((folder / "iso39794/ICAO_39794_5_AP_AllFields.dat").read_bytes())
        )
        (face,) = dg2.decode(content)
        assert face == FaceImage(
            image=EncodedImage(
                (folder / "dg2/ICAO_39794_5_AP_DG2_Face.jpg").read_bytes(), image.JP2
            ),
            format=NEW,
            kind=FaceKind.MRTD,
            size=(572, 731),
            colour_space=ColourSpace.RGB_24,
            source=Source.DIGITAL_CAMERA,
            captured=Moment(2024, 1, 20, 13, 23, 9),
            quality=(Quality(1, 1, 99),),
            attack_decision=AttackDecision.NO_ATTACK,
            sex=Sex.FEMALE,
            eye_colour=EyeColour.BLUE,
            hair_colour=HairColour.BROWN,
            expressions=frozenset({Expression.NEUTRAL}),
            pose=DeclaredPose(Angle(2, 1), Angle(3, 1), Angle(1, 2)),
            landmarks=(Landmark("2.11", 90, 22),),
        )

    @pytest.mark.shared
    def test_all_fields_of_the_header(self) -> None:
        content = shared("chips/iso39794/dg2/ICAO_39794_5_AP_DG2_AllFields.dat").read_bytes()
        (template,) = biometric.decode(content, dg2.TAG)
        assert template.header.format_type == 0x002A
        assert template.header.created is not None
        assert template.header.created.moment == Moment(2124, 1, 5, 11, 23, 45)

    @pytest.mark.shared
    def test_mandatory_fields(self) -> None:
        folder = shared("chips/iso39794")
        encoded = EncodedImage(
            (folder / "iso39794/ICAO_39794_5_AP_Face.jpg").read_bytes(), image.JP2
        )
        for content in (
            (folder / "dg2/ICAO_39794_5_AP_DG2_MandFields.dat").read_bytes(),
            file((folder / "iso39794/ICAO_39794_5_AP_MandFields.dat").read_bytes()),
        ):
            assert dg2.decode(content) == (FaceImage(image=encoded, format=NEW),)

    @pytest.mark.shared
    def test_an_invalid_picture(self) -> None:
        folder = shared("chips/iso39794/iso39794")
        record = (folder / "ICAO_39794_5_AP_MandFields_InvalidImage.dat").read_bytes()
        with pytest.raises(MalformedFile):
            dg2.decode(file(record))

    def test_codes_by_themselves_and_as_fallback(self) -> None:
        """The base standard writes the code, the ICAO profile the fallback of an extension."""
        plain, fallback = bytes.fromhex("A003800103"), bytes.fromhex("A005A103800103")
        for code in (plain, fallback):
            (face,) = dg2.decode(new(subject(code)))
            assert face.sex is Sex.FEMALE

    def test_codes_nobody_knows(self) -> None:
        (face,) = dg2.decode(new(subject(bytes.fromhex("A003800163A102A100"))))
        assert face.sex is None
        assert face.eye_colour is None

    def test_properties(self) -> None:
        (face,) = dg2.decode(new(subject(bytes.fromhex("A4098001FF8101008A0101"))))
        assert face.properties == {Property.GLASSES, Property.HEAD_COVERING}

    def test_angles_have_a_sign(self) -> None:
        (face,) = dg2.decode(new(subject(bytes.fromhex("A608A0068001FB8101B3"))))
        assert face.pose == DeclaredPose(yaw=Angle(-5, 0xB3))
        (face,) = dg2.decode(new(subject(bytes.fromhex("A606A004800200B5"))))
        assert face.pose == DeclaredPose()

    def test_landmarks_without_a_place_and_of_other_kinds(self) -> None:
        point = "A009A007A005A10380010A"
        anthropometric = "A00BA009A107A005A10380010A"
        place = "A10AA008A00680015A810116"
        found = [point, anthropometric + place, point + place]
        blocks = b"".join(tlv.encode(0x30, bytes.fromhex(each)) for each in found)
        (face,) = dg2.decode(new(tlv.encode(0xA9, blocks)))
        assert face.landmarks == (Landmark("2.11", 90, 22),)

    def test_the_feature_points_of_mpeg_4(self) -> None:
        """Every point of ISO/IEC 14496-2 has a code, group by group; the code behind has none."""
        place = bytes.fromhex("A10AA008A00680015A810116")
        blocks = []
        for code in range(89):
            point = tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x80, bytes([code]))))
            blocks.append(tlv.encode(0x30, tlv.encode(0xA0, point) + place))
        (face,) = dg2.decode(new(tlv.encode(0xA9, *blocks)))
        points = {2: 14, 3: 14, 4: 6, 5: 4, 6: 4, 7: 1, 8: 10, 9: 15, 10: 10, 11: 6, 12: 4}
        assert [each.point for each in face.landmarks] == [
            f"{group}.{number}" for group in points for number in range(1, points[group] + 1)
        ]

    def test_an_assessment_that_failed(self) -> None:
        quality = bytes.fromhex("A311300FA006800109810101A105A103800100")
        (face,) = dg2.decode(new(quality))
        assert face.quality == (Quality(9, 1, None),)

    @pytest.mark.parametrize("when", ["A207800207E8810113", "A200"])
    def test_moments_that_do_not_exist(self, when: str) -> None:
        (face,) = dg2.decode(new(bytes.fromhex(when)))
        assert face.captured is None

    def test_moments_known_in_part(self) -> None:
        (face,) = dg2.decode(new(bytes.fromhex("A207800207E8810103")))
        assert face.captured == Moment(2024, 3)

    def test_unknown_fields_are_extensions(self) -> None:
        (face,) = dg2.decode(new(bytes.fromhex("BE038001019E0101")))
        assert face.image.data == JPEG

    def test_the_first_usable_representation(self) -> None:
        content = file(data_block(representation(GIF), representation(JP2)), standard=NEW)
        assert [face.image.data for face in dg2.decode(content)] == [JP2]

    @pytest.mark.parametrize(
        "record",
        [
            b"\xa1\x00",
            b"\xa1\x02\x65\x00",
            b"\xa1\x04\x65\x02\xa1\x00",
            b"\xa1\x06\x65\x04\xa1\x02\x30\x00",
            b"\xa1\x06\x65\x04\xa1\x02\x04\x00",
        ],
    )
    def test_broken(self, record: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(file(record, standard=NEW))

    @pytest.mark.parametrize(
        "field",
        [
            "A2028000",  # a number of no bytes
            "A20B8009010101010101010101",
            "A3020400",  # qualities that are no blocks
            "A90130",  # cut off
            "A80EA005A103800103A005A103800103",  # a field twice
        ],
    )
    def test_broken_fields_do_not_cost_the_picture(self, field: str) -> None:
        content = new(bytes.fromhex(field) + tlv.encode(0x84, b"more"))
        assert dg2.decode(content) == (FaceImage(image=EncodedImage(JPEG, image.JPEG), format=NEW),)

    def test_a_broken_representation_does(self) -> None:
        for more in (b"\xa3\x00\xa3\x00", b"\xa3"):
            with pytest.raises(MalformedFile):
                dg2.decode(new(more))

    def test_too_much_of_anything(self) -> None:
        for content in (
            file(data_block(*[representation(JPEG)] * 17), standard=NEW),
            new(tlv.encode(0xA3, b"\x30\x00" * 17)),
            new(tlv.encode(0xA9, b"\x30\x00" * 257)),
        ):
            with pytest.raises(LimitExceeded):
                dg2.decode(content)


def representation(picture: bytes, more: bytes = b"") -> bytes:
    """RepresentationBlock with nothing but its picture, and what is added."""
    block = tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x80, picture))))
    return tlv.encode(0x30, block, more)


def data_block(*representations: bytes) -> bytes:
    return tlv.encode(0xA1, tlv.encode(0x65, tlv.encode(0xA1, *representations)))


def new(more: bytes) -> bytes:
    return file(data_block(representation(JPEG, more)), standard=NEW)


def subject(fields: bytes) -> bytes:
    return tlv.encode(0xA8, fields)
