"""The codes of biometric records and what they mean, by the tables of the standards.

A code that no table has means nothing: it is neither guessed nor an error.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import dg2, dg3, dg4
from edge.emrtd.lds.face import Angle, DeclaredPose, FaceFormat, FaceImage
from edge.emrtd.lds.finger import Finger
from edge.emrtd.lds.iris import Iris
from tests.support.emrtd.face_records import JP2, JPEG, FaceRecord, file, of, templates

EYES_OF_39794 = "other black blue brown grey green hazel multi-coloured pink"
HAIR_OF_39794 = "other bald black blonde brown grey white red coloured"
EYES = "black blue brown grey green multi-coloured pink"
HAIR = "bald black blonde brown grey white red green blue"


def old_face(**fields: bytes | tuple[int, ...]) -> FaceImage:
    (found,) = dg2.decode(of(FaceRecord(**fields)))  # type: ignore[arg-type]  # one a field
    return found


class TestIso19794:
    """ISO/IEC 19794-5:2005 §5.5."""

    @pytest.mark.parametrize(
        ("code", "word"), [*enumerate([None, *EYES.split(), None]), (0xFE, None), (0xFF, "other")]
    )
    def test_eyes(self, code: int, word: str | None) -> None:
        assert old_face(subject=bytes((1, code, 0))).eye_colour == word

    @pytest.mark.parametrize(
        ("code", "word"), [*enumerate([None, *HAIR.split(), None]), (0xFE, None), (0xFF, "other")]
    )
    def test_hair(self, code: int, word: str | None) -> None:
        assert old_face(subject=bytes((1, 0, code))).hair_colour == word

    @pytest.mark.parametrize(
        ("code", "word"), [(0, None), (1, "male"), (2, "female"), (3, None), (0xFF, None)]
    )
    def test_sex(self, code: int, word: str | None) -> None:
        assert old_face(subject=bytes((code, 0, 0))).sex == word

    @pytest.mark.parametrize(
        ("bit", "words"),
        list(
            enumerate(
                [
                    {"glasses"},
                    {"moustache"},
                    {"beard"},
                    {"teeth visible"},
                    {"eyes closed"},
                    {"mouth open"},
                    {"left eye patch"},
                    {"right eye patch"},
                    {"left eye patch", "right eye patch"},
                    {"dark glasses"},
                    {"medical condition"},
                    set[str](),
                ],
                1,
            )
        ),
    )
    def test_properties(self, bit: int, words: set[str]) -> None:
        """Bit 0 says that they are specified at all."""
        assert old_face(properties=(1 << bit | 1).to_bytes(3, "big")).properties == words
        assert old_face(properties=(1 << bit).to_bytes(3, "big")).properties == set()

    @pytest.mark.parametrize(
        ("code", "word"), list(enumerate(["basic", "full frontal", "token frontal", None]))
    )
    def test_kind(self, code: int, word: str | None) -> None:
        assert old_face(image=(code, 0, 300, 400, 1, 2, 0, 0)).kind == word

    @pytest.mark.parametrize(
        ("code", "word"),
        list(enumerate([None, "RGB, 24 bits", "YUV 4:2:2", "grey, 8 bits", "other", None])),
    )
    def test_colour_space(self, code: int, word: str | None) -> None:
        assert old_face(image=(1, 0, 300, 400, code, 2, 0, 0)).colour_space == word

    @pytest.mark.parametrize(
        ("code", "word"),
        list(
            enumerate(
                [
                    None,
                    "photograph",
                    "digital camera",
                    "scanner",
                    "video",
                    "analogue video",
                    "digital video",
                    None,
                ]
            )
        ),
    )
    def test_source(self, code: int, word: str | None) -> None:
        assert old_face(image=(1, 0, 300, 400, 1, code, 0, 0)).source == word

    @pytest.mark.parametrize(
        ("code", "words"),
        list(
            enumerate(
                [
                    set[str](),
                    {"neutral"},
                    {"smile"},
                    {"smile with open jaw"},
                    {"raised eyebrows"},
                    {"looking away"},
                    {"squinting"},
                    {"frowning"},
                    set[str](),
                ]
            )
        ),
    )
    def test_expression(self, code: int, words: set[str]) -> None:
        assert old_face(expression=code.to_bytes(2, "big")).expressions == words

    @pytest.mark.parametrize(
        ("value", "degrees"),
        [(0, None), (1, 0), (2, 2), (91, 180), (92, -178), (180, -2), (181, None), (255, None)],
    )
    def test_angles(self, value: int, degrees: int | None) -> None:
        """§5.5.8: steps of two degrees, upwards from 1 and downwards from 180."""
        pose = old_face(pose=bytes((value, 1, 0))).pose
        assert pose == DeclaredPose(degrees if degrees is None else Angle(degrees), Angle(0))

    @pytest.mark.parametrize(
        ("value", "uncertainty"), [(0, None), (1, 0), (2, 1), (181, 180), (182, None)]
    )
    def test_uncertainties_of_angles(self, value: int, uncertainty: int | None) -> None:
        """§5.5.9."""
        pose = old_face(pose=b"\x01\x00\x00", uncertainty=bytes((value, 0, 0))).pose
        assert pose == DeclaredPose(Angle(0, uncertainty))


def code(field: int, number: int) -> bytes:
    """A code by itself, as a choice."""
    return tlv.encode(0xA0 | field, tlv.encode(0x80, bytes((number,))))


def block(tag: int, fields: bytes) -> bytes:
    """A data block of ISO/IEC 39794 with one representation."""
    return tlv.encode(0xA1, tlv.encode(tag, tlv.encode(0xA1, tlv.encode(0x30, fields))))


def face(fields: bytes) -> FaceImage:
    """ISO/IEC 39794-5:2019; these fields are of the subject."""
    picture = tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x80, JPEG))))
    record = block(0x65, picture + tlv.encode(0xA8, fields))
    (found,) = dg2.decode(file(record, standard=FaceFormat.ISO_39794_5))
    return found


def finger(fields: bytes) -> Finger:
    """ISO/IEC 39794-4:2019."""
    record = block(0x64, fields + tlv.encode(0x83, JP2))
    (found,) = dg3.decode(templates(0x63, tlv.encode(0x7F2E, record)))
    return found


def iris(fields: bytes) -> Iris:
    """ISO/IEC 39794-6:2021."""
    record = block(0x66, fields + tlv.encode(0x88, JP2))
    (found,) = dg4.decode(templates(0x76, tlv.encode(0x7F2E, record)))
    return found


FINGERS = [
    *("right thumb", "right index", "right middle", "right ring", "right little"),
    *("left thumb", "left index", "left middle", "left ring", "left little"),
]
CONTACTLESS = dict.fromkeys((24, 25, 41, 42), "contactless")
MEANINGS: list[tuple[Callable[[int], StrEnum | None], dict[int, str]]] = [
    (lambda n: face(code(0, n)).sex, {1: "other", 2: "male", 3: "female"}),
    (
        lambda n: face(code(1, n)).eye_colour,
        dict(enumerate(EYES_OF_39794.split(), 1)),
    ),
    (
        lambda n: face(code(2, n)).hair_colour,
        dict(enumerate(HAIR_OF_39794.split(), 1)),
    ),
    (lambda n: finger(code(0, n)).position, dict(enumerate(FINGERS, 1))),
    (
        lambda n: finger(code(1, n)).impression,
        {0: "plain", 1: "rolled", 4: "latent", 8: "swipe", 28: "other"} | CONTACTLESS,
    ),
    (lambda n: iris(tlv.encode(0x80, bytes((n,)))).eye, {1: "right", 2: "left"}),
    (
        lambda n: iris(code(1, n)).kind,
        {1: "uncropped", 2: "VGA", 3: "cropped", 7: "cropped and masked"},
    ),
]


@pytest.mark.parametrize(("read", "meanings"), MEANINGS)
def test_each_code_of_iso_39794_means_what_its_table_says(
    read: Callable[[int], StrEnum | None], meanings: dict[int, str]
) -> None:
    assert {number: str(word) for number in range(64) if (word := read(number))} == meanings
