"""Records of ISO/IEC 19794 as bytes (parts 4, 5 and 6 of 2005), and what each part of them says.

The bytes are written down as the standards lay them out, not by the structures of our readers.
"""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.lds import biometric, dg2, iso19794_4, iso19794_5, iso19794_6
from edge.emrtd.lds.biometric import BiometricHeader, Quality
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.face import FaceFormat, FaceImage, FaceKind, Source
from edge.emrtd.lds.finger import Finger, FingerFormat, FingerPosition, Impression
from edge.emrtd.lds.image import PHOTOGRAPHS, RECORDINGS, EncodedImage, is_photograph
from edge.emrtd.lds.iris import Eye, Iris, IrisFormat
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.face_records import JPEG, FaceRecord, Record, file, of

WSQ = b"\xff\xa0" + bytes(4)
of_hex = bytes.fromhex

MEDIA_TYPES = {
    "image/jpeg": "FFD8FF",
    "image/jp2": "0000000C6A5020200D0A870A",
    "image/j2c": "FF4FFF51",
    "image/png": "89504E470D0A1A0A",
    "image/x-wsq": "FFA0",
    "image/x-portable-graymap": "5035",
    "image/x-portable-pixmap": "5036",
}


@pytest.mark.parametrize(("media_type", "start"), MEDIA_TYPES.items())
def test_a_picture_is_known_by_its_first_bytes(media_type: str, start: str) -> None:
    picture = of_hex(start)
    assert EncodedImage.recognised(picture, RECORDINGS) == EncodedImage(picture, media_type)
    decodable = media_type in {"image/jpeg", "image/jp2", "image/j2c"}
    assert (media_type in PHOTOGRAPHS) is decodable
    assert is_photograph(b"\x00" + picture, 1) is decodable
    assert is_photograph(b"\x00" + picture, 0) is False
    with pytest.raises(MalformedFile, match="does not belong here"):
        EncodedImage.recognised(picture[:-1], RECORDINGS)


class TestFingers:
    """ISO/IEC 19794-4:2005 §8.2, §8.3."""

    HEADER = of_hex("46495200 30313000 000000000037 0000 001F 01 01 01F4 01F4 01F4 01F4 08 02 0000")

    @staticmethod
    def view(
        picture: bytes = WSQ,
        position: int = 7,
        quality: int = 80,
        impression: int = 0,
        length: int | None = None,
    ) -> bytes:
        size = 14 + len(picture) if length is None else length
        codes = bytes((position, 1, 1, quality, impression))
        return size.to_bytes(4, "big") + codes + of_hex("012C 0190 00") + picture

    def header(self, count: int = 1, compression: int = 2) -> bytes:
        return self.HEADER[:18] + bytes((count,)) + self.HEADER[19:29] + bytes((compression, 0, 0))

    def test_a_record(self) -> None:
        assert self.header() == self.HEADER
        assert iso19794_4.decode(self.HEADER + self.view()) == (
            Finger(
                image=EncodedImage(WSQ, "image/x-wsq"),
                format=FingerFormat.ISO_19794_4,
                position=FingerPosition.LEFT_INDEX,
                impression=Impression.PLAIN,
                size=(300, 400),
                quality=(Quality(0, 0, 80),),
            ),
        )

    def test_positions(self) -> None:
        """Table 5."""
        found = [
            iso19794_4.decode(self.HEADER + self.view(position=n))[0].position for n in range(12)
        ]
        assert found == [None, *FingerPosition, None]

    def test_impressions(self) -> None:
        """Table 7."""
        found = {
            number: str(word)
            for number in range(32)
            if (word := iso19794_4.decode(self.HEADER + self.view(impression=number))[0].impression)
        }
        assert found == {
            0: "plain",
            1: "rolled",
            2: "plain",
            3: "rolled",
            7: "latent",
            8: "swipe",
            9: "contactless",
        }

    @pytest.mark.parametrize(("score", "quality"), [(0, 0), (100, 100), (101, None), (254, None)])
    def test_a_score_is_100_at_most(self, score: int, quality: int | None) -> None:
        (found,) = iso19794_4.decode(self.HEADER + self.view(quality=score))
        assert found.quality == (() if quality is None else (Quality(0, 0, quality),))

    @pytest.mark.parametrize(("compression", "is_raw"), [(0, True), (1, True), (2, False)])
    def test_samples_without_compression(self, compression: int, is_raw: bool) -> None:
        """They may begin like any picture, or not be there at all."""
        for picture in (WSQ, b"") if is_raw else (WSQ,):
            record = self.header(compression=compression) + self.view(picture)
            (found,) = iso19794_4.decode(record)
            media_type = "image/x-raw" if is_raw else "image/x-wsq"
            assert found.image == EncodedImage(picture, media_type)

    def test_a_length_covers_its_own_header_and_ends_within_the_record(self) -> None:
        raw = self.header(compression=0)
        for length in (13, 15, 0):
            with pytest.raises(MalformedFile, match="whose length lies"):
                iso19794_4.decode(raw + self.view(b"", length=length))

    def test_sixteen_views_and_no_more(self) -> None:
        assert len(iso19794_4.decode(self.header(16) + self.view() * 16)) == 16
        for count, views in ((17, 1), (1, 17)):
            with pytest.raises(LimitExceeded):
                iso19794_4.decode(self.header(count) + self.view() * views)

    def test_a_record_cut_off(self) -> None:
        for length, words in ((31, "cut off in its header"), (32, "without a finger")):
            with pytest.raises(MalformedFile, match=words):
                iso19794_4.decode(self.HEADER[:length])
        # Fewer bytes than a view has before its picture do not count.
        assert len(iso19794_4.decode(self.HEADER + self.view() + bytes(13))) == 1
        with pytest.raises(MalformedFile, match="whose length lies"):
            iso19794_4.decode(self.HEADER + self.view() + bytes(14))


class TestIrises:
    """ISO/IEC 19794-6:2005 §6.5."""

    @staticmethod
    def header(eyes: int = 1, image_format: int = 14) -> bytes:
        return (
            of_hex("49495200 30313000 00000000 0000")
            + bytes((eyes,))
            + of_hex("002D 0000 0096")
            + image_format.to_bytes(2, "big")
            + of_hex("0280 01E0 08 00")
            + bytes(16)
        )

    @staticmethod
    def eye(number: int = 2, *pictures: bytes, quality: int = 51, off: int = 0) -> bytes:
        images = b"".join(
            b"\x00\x01"
            + bytes((quality,))
            + b"\xff" * 4
            + (len(picture) + off).to_bytes(4, "big")
            + picture
            for picture in pictures
        )
        return bytes((number,)) + len(pictures).to_bytes(2, "big") + images

    def test_a_record(self) -> None:
        assert len(self.header()) == 45
        assert iso19794_6.decode(self.header() + self.eye(2, WSQ)) == (
            Iris(
                image=EncodedImage(WSQ, "image/x-wsq"),
                format=IrisFormat.ISO_19794_6,
                eye=Eye.LEFT,
                size=(640, 480),
                quality=(Quality(0, 0, 51),),
            ),
        )

    def test_eyes(self) -> None:
        found = [iso19794_6.decode(self.header() + self.eye(n, WSQ))[0].eye for n in range(4)]
        assert found == [None, Eye.RIGHT, Eye.LEFT, None]

    @pytest.mark.parametrize("image_format", range(1, 6))
    def test_samples_without_compression(self, image_format: int) -> None:
        (found,) = iso19794_6.decode(self.header(image_format=image_format) + self.eye(1, WSQ))
        raw = image_format in {2, 4}
        assert found.image.media_type == ("image/x-raw" if raw else "image/x-wsq")

    @pytest.mark.parametrize(("score", "quality"), [(0, 0), (100, 100), (101, None)])
    def test_a_score_is_100_at_most(self, score: int, quality: int | None) -> None:
        (found,) = iso19794_6.decode(self.header() + self.eye(1, WSQ, quality=score))
        assert found.quality == (() if quality is None else (Quality(0, 0, quality),))

    def test_sixteen_images_and_no_more(self) -> None:
        eyes = self.eye(1, *[WSQ] * 9) + self.eye(2, *[WSQ] * 7)
        assert len(iso19794_6.decode(self.header(2) + eyes)) == 16
        with pytest.raises(LimitExceeded):
            iso19794_6.decode(self.header(3) + eyes + self.eye(1, WSQ))

    def test_a_record_cut_off(self) -> None:
        whole = self.header() + self.eye(1, WSQ)
        for length, words in (
            (44, "cut off in its header$"),
            (45, "cut off in its headers"),
            (47, "cut off in its headers"),
            (58, "cut off in its headers"),
            (59, "length lies"),
            (len(whole) - 1, "length lies"),
        ):
            with pytest.raises(MalformedFile, match=words):
                iso19794_6.decode(whole[:length])
        with pytest.raises(MalformedFile, match="without an image"):
            iso19794_6.decode(self.header(0))
        empty = self.header(image_format=2) + self.eye(1, b"")
        assert iso19794_6.decode(empty)[0].image.data == b""


class TestFaces:
    """ISO/IEC 19794-5:2005 §5.4 to §5.7."""

    HEADER = of_hex("46414300 30313000 00000045 0001")
    FACE = of_hex("00000037 0000 00 00 00 000000 0000 000000 000000")
    IMAGE = of_hex("01 00 012C 0190 00 02 0000 0000")

    def test_a_record(self) -> None:
        record = self.HEADER + self.FACE + self.IMAGE + JPEG
        assert len(record) == 0x45
        assert iso19794_5.decode(record) == (
            FaceImage(
                image=EncodedImage(JPEG, "image/jpeg"),
                format=FaceFormat.ISO_19794_5,
                kind=FaceKind.FULL_FRONTAL,
                size=(300, 400),
                source=Source.DIGITAL_CAMERA,
            ),
        )

    def test_the_last_point_behind_which_a_picture_is_looked_for(self) -> None:
        """Issuers miscount: up to 255 points are skipped where none is counted."""
        points = bytes(8 * 255)
        (found,) = dg2.decode(of(FaceRecord(points=points, points_counted=0)))
        assert found.image.data == JPEG
        with pytest.raises(MalformedFile, match="without a picture"):
            dg2.decode(of(FaceRecord(points=points + bytes(8), points_counted=0)))

    def test_a_landmark_names_its_group_and_its_point(self) -> None:
        points = of_hex("01 C1 005A 0078 0000 02 C2 0001 0001 0000 01 2F 0100 0001 0000")
        (found,) = dg2.decode(of(FaceRecord(points=points)))
        assert [(each.point, each.x, each.y) for each in found.landmarks] == [
            ("12.1", 90, 120),
            ("2.15", 256, 1),
        ]

    def test_sixteen_faces_and_no_more(self) -> None:
        assert len(dg2.decode(file(bytes(Record([FaceRecord()] * 16))))) == 16
        with pytest.raises(LimitExceeded):
            dg2.decode(file(bytes(Record([FaceRecord()] * 17))))

    def test_a_record_cut_off(self) -> None:
        for length, words in ((13, "cut off in its header"), (14, "without a recording")):
            with pytest.raises(MalformedFile, match=words):
                iso19794_5.decode((self.HEADER[:8] + bytes(4) + b"\x00\x01")[:length])

    @pytest.mark.parametrize("cut", [1, 12, 19, 20, 31, 32])
    def test_a_face_cut_off(self, cut: int) -> None:
        face = (self.FACE + self.IMAGE)[:cut]
        with pytest.raises(MalformedFile):
            iso19794_5.decode(self.HEADER[:8] + bytes(4) + b"\x00\x01" + bytes(4) + face[4:])

    def test_a_face_in_between_ends_where_it_says(self) -> None:
        """Only the last face may have a length that is a little off."""
        first, last = bytes(FaceRecord()), bytes(FaceRecord(JPEG + b"last"))
        record = bytes(Record([FaceRecord(), FaceRecord(JPEG + b"last")]))
        assert [each.image.data for each in iso19794_5.decode(record)] == [JPEG, JPEG + b"last"]
        off = record.replace(first[:4], (len(first) + 1).to_bytes(4, "big"), 1)
        assert last[:4] != first[:4]
        assert len(iso19794_5.decode(off)) == 1


class TestTemplates:
    """ICAO Doc 9303-10 §4.7.2.1, Tables 37 and 38."""

    @staticmethod
    def group(*templates: bytes) -> bytes:
        return tlv.encode(0x75, tlv.encode(0x7F61, *templates))

    def test_every_field_of_a_header(self) -> None:
        header = tlv.encode(
            0xA1,
            of_hex(
                "80020101 810102 820103 830720020315133000 85082002040120070331"
                "860400010002 87020101 8809010000000000000008"
            ),
        )
        (found,) = biometric.decode(
            self.group(tlv.encode(0x7F60, header, tlv.encode(0x5F2E, b"record"))), 0x75
        )
        assert found.header == BiometricHeader(
            biometric_type=2,
            sub_type=3,
            created=Date(of_hex("20020315133000")),
            valid_from=Date(of_hex("20020401")),
            valid_until=Date(of_hex("20070331")),
            creator=of_hex("00010002"),
            format_owner=0x0101,
            format_type=0x0100000000000000,  # a number has eight bytes at most
        )
        assert found.record == b"record"

    def test_a_header_that_says_nothing(self) -> None:
        (found,) = biometric.decode(
            self.group(tlv.encode(0x7F60, tlv.encode(0x7F2E, b"record"))), 0x75
        )
        assert found.header == BiometricHeader()

    def test_sixteen_templates_and_no_more(self) -> None:
        one = tlv.encode(0x7F60, tlv.encode(0x5F2E, b"record"))
        assert len(biometric.decode(self.group(*[one] * 16), 0x75)) == 16
        with pytest.raises(LimitExceeded):
            biometric.decode(self.group(*[one] * 17), 0x75)

    def test_other_objects_of_the_group_are_no_templates(self) -> None:
        one = tlv.encode(0x7F60, tlv.encode(0x5F2E, b"record"))
        group = self.group(tlv.encode(0x02, b"\x01"), one, tlv.encode(0x53, bytes(8)))
        assert len(biometric.decode(group, 0x75)) == 1
