"""Where the fields of ISO/IEC 39794 stand, by their numbers in the schemas of its parts.

Every field has a value of its own, so that none can be taken for another.
"""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import dg2, dg3, dg4
from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Moment
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
    Processing,
    Property,
    Sex,
    Source,
)
from edge.emrtd.lds.finger import Finger, FingerFormat, FingerPosition, Impression
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.iris import Eye, Iris, IrisFormat, IrisKind
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.face_records import JP2, JPEG, file, templates

WSQ = b"\xff\xa0" + bytes(20)


def number(field: int, value: int) -> bytes:
    return tlv.encode(
        0x80 | field, value.to_bytes(2, "big", signed=value < 0).lstrip(b"\x00") or b"\x00"
    )


def block(field: int, *fields: bytes) -> bytes:
    return tlv.encode(0xA0 | field, *fields)


def code(field: int, value: int) -> bytes:
    return block(field, number(0, value))


def moment(field: int, *parts: int) -> bytes:
    return block(field, *(number(place, part) for place, part in enumerate(parts)))


def qualities(field: int, *each: tuple[int, int, int]) -> bytes:
    return block(
        field,
        *(
            tlv.encode(0x30, block(0, number(0, one), number(1, two)), block(1, number(0, score)))
            for one, two, score in each
        ),
    )


def data_block(tag: int, *representations: bytes) -> bytes:
    return tlv.encode(
        0xA1, tlv.encode(tag, block(1, *(tlv.encode(0x30, r) for r in representations)))
    )


def picture(*information: bytes, device: bytes = b"") -> bytes:
    """The two-dimensional image of a face, its information block and its capture device block."""
    image = tlv.encode(0x80, JPEG) + block(1, *information) + block(2, device)
    return block(1, block(0, block(0, image)))


def faces(*representations: bytes) -> tuple[FaceImage, ...]:
    return dg2.decode(file(data_block(0x65, *representations), standard=FaceFormat.ISO_39794_5))


def face(fields: bytes = b"", image: bytes | None = None) -> FaceImage:
    (found,) = faces((picture() if image is None else image) + fields)
    return found


class TestFaces:
    """ISO/IEC 39794-5:2019, annex A."""

    def test_every_field_stands_where_it_belongs(self) -> None:
        place = block(1, block(0, block(0, number(0, 90), number(1, 22))))
        landmark = block(0, block(0, code(0, 10))) + place
        pose = block(
            6,
            block(0, number(0, -5), number(1, 11)),
            block(1, number(0, 6), number(1, 12)),
            block(2, number(0, -7), number(1, 13)),
        )
        subject = block(
            8,
            code(0, 3),
            code(1, 4),
            code(2, 5),
            block(4, number(1, 1)),
            block(5, number(4, 1)),
            pose,
        )
        found = face(
            moment(2, 2024, 1, 20, 13, 23, 9)
            + qualities(3, (257, 2, 99), (5, 6, 7))
            + block(4, code(0, 1))
            + subject
            + block(9, tlv.encode(0x30, landmark)),
            picture(
                code(1, 1),
                block(2, number(6, 1)),
                block(7, number(0, 300), number(1, 400)),
                code(9, 5),
                device=code(1, 3),
            ),
        )
        assert found == FaceImage(
            image=EncodedImage(JPEG, "image/jpeg"),
            format=FaceFormat.ISO_39794_5,
            kind=FaceKind.GENERAL_PURPOSE,
            size=(300, 400),
            colour_space=ColourSpace.GREY_8,
            source=Source.SCANNER,
            captured=Moment(2024, 1, 20, 13, 23, 9),
            quality=(Quality(257, 2, 99), Quality(5, 6, 7)),
            attack_decision=AttackDecision.ATTACK,
            sex=Sex.FEMALE,
            eye_colour=EyeColour.BROWN,
            hair_colour=HairColour.BROWN,
            properties=frozenset({Property.MOUSTACHE}),
            expressions=frozenset({Expression.SQUINTING}),
            pose=DeclaredPose(Angle(-5, 11), Angle(6, 12), Angle(-7, 13)),
            landmarks=(Landmark("2.11", 90, 22),),
            processing=frozenset({Processing.CONTRAST_STRETCHED}),
        )

    @pytest.mark.parametrize(
        ("field", "words"),
        [
            (
                4,
                (
                    "glasses moustache beard teeth-visible eyes-closed mouth-open left-eye-patch "
                    "right-eye-patch dark-glasses biometric-absent head-covering"
                ),
            ),
            (5, "neutral smile raised-eyebrows looking-away squinting frowning"),
        ],
    )
    def test_flags_of_the_subject(self, field: int, words: str) -> None:
        for place, word in enumerate([*words.split(), ""]):
            found = face(block(8, block(field, number(place, 1))))
            flagged = found.properties if field == 4 else found.expressions
            assert {str(each) for each in flagged} == ({word.replace("-", " ")} - {""})

    def test_flags_of_the_image(self) -> None:
        for place, each in enumerate(Processing):
            assert face(image=picture(block(2, number(place, 1)))).processing == {each}
        assert face(image=picture(block(2, number(12, 1)))).processing == set()

    def test_codes_of_the_image(self) -> None:
        kinds = [face(image=picture(code(1, number))).kind for number in range(3)]
        assert kinds == [FaceKind.MRTD, FaceKind.GENERAL_PURPOSE, None]
        spaces = [face(image=picture(code(9, number))).colour_space for number in range(8)]
        assert spaces == [None, *ColourSpace, None]
        sources = [face(image=picture(device=code(1, number))).source for number in range(8)]
        assert sources == [None, *Source, None]
        decisions = [face(block(4, code(0, number))).attack_decision for number in range(4)]
        assert decisions == [*AttackDecision, None]

    @pytest.mark.parametrize(
        ("degrees", "is_one"), [(180, True), (181, False), (-180, True), (-181, False)]
    )
    def test_an_angle_is_half_a_turn_at_most(self, degrees: int, is_one: bool) -> None:
        value = tlv.encode(0x80, degrees.to_bytes(2, "big", signed=True))
        found = face(block(8, block(6, block(0, value))))
        assert found.pose == (DeclaredPose(Angle(degrees)) if is_one else DeclaredPose())

    def test_half_of_a_size_is_none(self) -> None:
        for place in (0, 1):
            assert face(image=picture(block(7, number(place, 300)))).size is None

    def test_a_quality_without_its_source(self) -> None:
        assert face(block(3, tlv.encode(0x30, block(1, number(0, 7))))).quality == (
            Quality(0, 0, 7),
        )

    def test_as_much_as_an_honest_one_has(self) -> None:
        score = tlv.encode(0x30, block(1, number(0, 7)))
        assert len(face(block(3, *[score] * 16)).quality) == 16
        place = block(1, block(0, block(0, number(0, 90), number(1, 22))))
        landmark = tlv.encode(0x30, block(0, block(0, code(0, 10))) + place)
        assert len(face(block(9, *[landmark] * 256)).landmarks) == 256
        assert len(faces(*[picture()] * 16)) == 16
        for too_much in (block(3, *[score] * 17), block(9, *[landmark] * 257)):
            with pytest.raises(LimitExceeded, match="more blocks"):
                face(too_much)
        with pytest.raises(LimitExceeded, match="more blocks"):
            faces(*[picture()] * 17)

    def test_a_number_has_eight_bytes_at_most(self) -> None:
        score = block(1, tlv.encode(0x80, bytes(7) + b"\x07"))
        assert face(block(3, tlv.encode(0x30, score))).quality == (Quality(0, 0, 7),)
        score = block(1, tlv.encode(0x80, bytes(8) + b"\x07"))
        assert face(block(3, tlv.encode(0x30, score))).quality == ()

    def test_what_is_wrong_is_named(self) -> None:
        for fields, words in (
            (b"", "without what it is for"),
            (picture() + picture(), "a field twice"),
        ):
            with pytest.raises(MalformedFile, match=words):
                faces(fields)
        nothing = tlv.encode(0xA1, tlv.encode(0x65, block(1, tlv.encode(0x04))))
        with pytest.raises(MalformedFile, match="holds something else"):
            dg2.decode(file(nothing, standard=FaceFormat.ISO_39794_5))


def test_every_field_of_a_finger() -> None:
    """ISO/IEC 39794-4:2019, annex A."""
    fields = (
        code(0, 7)
        + code(1, 8)
        + tlv.encode(0x83, WSQ)
        + moment(4, 2024, 1, 20)
        + qualities(6, (257, 2, 99))
    )
    record = tlv.encode(0x7F2E, data_block(0x64, fields))
    assert dg3.decode(templates(0x63, record)) == (
        Finger(
            image=EncodedImage(WSQ, "image/x-wsq"),
            format=FingerFormat.ISO_39794_4,
            position=FingerPosition.LEFT_INDEX,
            impression=Impression.SWIPE,
            captured=Moment(2024, 1, 20),
            quality=(Quality(257, 2, 99),),
        ),
    )


def test_every_field_of_an_iris() -> None:
    """ISO/IEC 39794-6:2021, annex A."""
    fields = (
        number(0, 2)
        + code(1, 3)
        + moment(7, 2024, 1, 20)
        + tlv.encode(0x88, JP2)
        + qualities(11, (257, 2, 99))
    )
    record = tlv.encode(0x7F2E, data_block(0x66, fields))
    assert dg4.decode(templates(0x76, record)) == (
        Iris(
            image=EncodedImage(JP2, "image/jp2"),
            format=IrisFormat.ISO_39794_6,
            eye=Eye.LEFT,
            kind=IrisKind.CROPPED,
            captured=Moment(2024, 1, 20),
            quality=(Quality(257, 2, 99),),
        ),
    )
