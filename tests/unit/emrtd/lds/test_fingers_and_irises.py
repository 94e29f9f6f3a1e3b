"""DG3 and DG4 in both standards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import dg3, dg4, image, iso19794_4, iso19794_5, iso19794_6
from edge.emrtd.lds.biometric import Quality
from edge.emrtd.lds.dates import Moment
from edge.emrtd.lds.finger import Finger, FingerFormat, FingerPosition, Impression
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.iris import Eye, Iris, IrisFormat, IrisKind
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.face_records import templates
from tests.support.shared_data import shared

WSQ = b"\xff\xa0" + bytes(20)
JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(20)
EMPTY = bytes.fromhex("7F6103020100")
"""No instance (ICAO Doc 9303-10 §4.7.3.2.2, Table 50)."""


def block(tag: int, content: bytes) -> bytes:
    return tlv.encode(0x7F2E, tlv.encode(0xA1, tlv.encode(tag, content)))


def finger_record(
    *views: bytes,
    identifier: bytes = b"FIR\x00",
    counted: int | None = None,
    compression: int = 2,
) -> bytes:
    body = b"".join(views)
    length = (32 + len(body)).to_bytes(6, "big")
    count = len(views) if counted is None else counted
    resolutions = (500, 500, 500, 500)
    header = (identifier, b"010\x00", length, 0, 31, count, 1, *resolutions, 8, compression, 0)
    return tlv.encode(0x5F2E, iso19794_4.RECORD_HEADER.pack(*header), body)


def finger_view(picture: bytes, position: int = 2, quality: int = 80, length_off: int = 0) -> bytes:
    length = iso19794_4.VIEW_HEADER.size + len(picture) + length_off
    header = (length, position, 1, 1, quality, 0, 300, 400, 0)
    return iso19794_4.VIEW_HEADER.pack(*header) + picture


def iris_record(
    *eyes: bytes,
    identifier: bytes = b"IIR\x00",
    counted: int | None = None,
    image_format: int = 14,
) -> bytes:
    body = b"".join(eyes)
    count = len(eyes) if counted is None else counted
    numbers = (45 + len(body), 0, count, 45, 0, 150, image_format, 640, 480, 8, 0)
    header = iso19794_6.RECORD_HEADER.pack(identifier, b"010\x00", *numbers, bytes(16))
    return tlv.encode(0x5F2E, header, body)


def iris_eye(eye: int, *pictures: bytes, quality: int = 51) -> bytes:
    images = b"".join(
        iso19794_6.IMAGE_HEADER.pack(1, quality, 0xFFFF, 0xFFFF, len(picture)) + picture
        for picture in pictures
    )
    return iso19794_6.EYE_HEADER.pack(eye, len(pictures)) + images


@pytest.mark.parametrize(("tag", "decode"), [(0x63, dg3.decode), (0x76, dg4.decode)])
class TestBoth:
    def test_none_recorded(self, tag: int, decode: Callable[[bytes], object]) -> None:
        assert decode(tlv.encode(tag, EMPTY)) == ()
        assert decode(tlv.encode(tag, EMPTY, tlv.encode(0x53, bytes(8)))) == ()

    @pytest.mark.parametrize(
        "record",
        [
            b"",
            tlv.encode(0x5F2E),
            tlv.encode(0x5F2E, b"FIR\x00"),
            tlv.encode(0x5F2E, b"IIR\x00"),
            tlv.encode(0x7F2E),
            block(0x64, b""),
            block(0x66, b""),
        ],
    )
    def test_broken(self, tag: int, decode: Callable[[bytes], object], record: bytes) -> None:
        with pytest.raises(MalformedFile):
            decode(templates(tag, record))


class TestFingers:
    @pytest.mark.shared
    def test_german_specimen_of_2008(self) -> None:
        fingers = dg3.decode((shared("chips/bsi2008") / "Datagroup3.bin").read_bytes())
        assert [finger.position for finger in fingers] == [
            FingerPosition.RIGHT_INDEX,
            FingerPosition.LEFT_INDEX,
        ]
        for finger in fingers:
            assert finger.format is FingerFormat.ISO_19794_4
            assert finger.image.media_type == image.WSQ
            assert finger.size == (620, 620)
            assert finger.impression is Impression.PLAIN
            assert finger.quality == (Quality(0, 0, 100),)
            assert repr(finger) == "Finger(ISO/IEC 19794-4, EncodedImage(<redacted> image/x-wsq))"

    @pytest.mark.shared
    def test_sample_of_iso_39794_4(self) -> None:
        sample = shared("chips/dg3/iso39794/sample-39794-4-ed-1-v1.der").read_bytes()
        record = tlv.encode(0x7F2E, tlv.encode(0xA1, sample))
        (finger,) = dg3.decode(templates(0x63, record))
        assert finger == Finger(
            image=EncodedImage(finger.image.data, image.PNG),
            format=FingerFormat.ISO_39794_4,
            position=FingerPosition.RIGHT_INDEX,
            impression=Impression.ROLLED,
            captured=Moment(2018, 12, 30, 13),
            quality=(Quality(11, 11, 44), Quality(257, 1, None)),
        )
        assert len(finger.image.data) == 689

    def test_several_views(self) -> None:
        record = finger_record(finger_view(WSQ), finger_view(JP2, position=9, quality=254))
        first, second = dg3.decode(templates(0x63, record))
        assert (first.image.media_type, second.image.media_type) == (image.WSQ, image.JP2)
        assert second.position is FingerPosition.LEFT_RING
        assert second.quality == ()

    def test_samples_without_compression(self) -> None:
        record = finger_record(finger_view(b"anything"), compression=0)
        (finger,) = dg3.decode(templates(0x63, record))
        assert finger.image == EncodedImage(b"anything", image.RAW)

    def test_a_few_bytes_behind_the_last_view(self) -> None:
        assert len(dg3.decode(templates(0x63, finger_record(finger_view(WSQ), bytes(8))))) == 1

    @pytest.mark.parametrize(
        "record",
        [
            finger_record,
            lambda: finger_record(finger_view(b"GIF89a")),
            lambda: finger_record(finger_view(WSQ, length_off=1)),
            lambda: finger_record(finger_view(WSQ, length_off=-30)),
            lambda: finger_record(finger_view(WSQ), identifier=b"IIR\x00"),
        ],
    )
    def test_broken(self, record: Callable[[], bytes]) -> None:
        with pytest.raises(MalformedFile):
            dg3.decode(templates(0x63, record()))

    @pytest.mark.parametrize(
        "record",
        [
            lambda: finger_record(finger_view(WSQ), counted=255),
            lambda: finger_record(*[finger_view(WSQ)] * 17, counted=1),
        ],
    )
    def test_too_many(self, record: Callable[[], bytes]) -> None:
        with pytest.raises(LimitExceeded):
            dg3.decode(templates(0x63, record()))


class TestIrises:
    @pytest.mark.shared
    def test_german_specimen_of_2008(self) -> None:
        right, left = dg4.decode((shared("chips/bsi2008") / "Datagroup4.bin").read_bytes())
        assert (right.eye, left.eye) == (Eye.RIGHT, Eye.LEFT)
        assert right.format is IrisFormat.ISO_19794_6
        assert right.image.media_type == left.image.media_type == image.JP2
        assert (right.size, left.size) == ((163, 149), (160, 152))
        assert right.quality == (Quality(0, 0, 51),)
        assert repr(right) == "Iris(ISO/IEC 19794-6, EncodedImage(<redacted> image/jp2))"

    @pytest.mark.shared
    def test_sample_of_iso_39794_6(self) -> None:
        sample = shared("chips/dg4/iso39794/sample-39794-6-ed-1-v1.der").read_bytes()
        (iris,) = dg4.decode(templates(0x76, tlv.encode(0x7F2E, tlv.encode(0xA1, sample))))
        assert iris == Iris(
            image=EncodedImage(iris.image.data, image.PNG),
            format=IrisFormat.ISO_39794_6,
            eye=Eye.RIGHT,
            kind=IrisKind.VGA,
            captured=Moment(2019, 9, 18, 13),
        )
        assert len(iris.image.data) == 148_593

    def test_both_eyes_in_one_record(self) -> None:
        record = iris_record(iris_eye(1, JP2), iris_eye(2, JP2, JP2, quality=254))
        irises = dg4.decode(templates(0x76, record))
        assert [iris.eye for iris in irises] == [Eye.RIGHT, Eye.LEFT, Eye.LEFT]
        assert irises[1].quality == ()

    def test_samples_without_compression(self) -> None:
        (iris,) = dg4.decode(templates(0x76, iris_record(iris_eye(0, b"grey"), image_format=2)))
        assert iris.image == EncodedImage(b"grey", image.RAW)
        assert iris.eye is None

    @pytest.mark.parametrize(
        "record",
        [
            iris_record,
            lambda: iris_record(iris_eye(1)),
            lambda: iris_record(iris_eye(1, b"GIF89a")),
            lambda: iris_record(iris_eye(1, JP2), counted=2),
            lambda: iris_record(iris_eye(1, JP2)[:-1]),
            lambda: iris_record(iris_eye(1, JP2), identifier=b"FIR\x00"),
        ],
    )
    def test_broken(self, record: Callable[[], bytes]) -> None:
        with pytest.raises(MalformedFile):
            dg4.decode(templates(0x76, record()))

    def test_too_many(self) -> None:
        with pytest.raises(LimitExceeded):
            dg4.decode(templates(0x76, iris_record(iris_eye(1, *[JP2] * 17))))


@pytest.mark.parametrize(
    "decode", [iso19794_4.decode, iso19794_5.decode, iso19794_6.decode], ids=["FIR", "FAC", "IIR"]
)
@pytest.mark.parametrize("record", [b"", b"XXX\x00" + bytes(60)])
def test_a_record_of_another_kind(decode: Callable[[bytes], object], record: bytes) -> None:
    with pytest.raises(MalformedFile):
        decode(record)
