"""Face records written by hand, right and wrong."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from edge.emrtd import tlv
from edge.emrtd.lds import iso19794_5
from edge.emrtd.lds.face import FaceFormat
from tools.specimen import dg2

JPEG = b"\xff\xd8\xff" + bytes(20)
JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(20)
J2C = b"\xff\x4f\xff\x51" + bytes(20)
GIF = b"GIF89a" + bytes(20)


@dataclass(frozen=True)
class FaceRecord:
    """A face of ISO/IEC 19794-5; every number can be made to lie."""

    picture: bytes = JPEG
    points: bytes = b""
    points_counted: int | None = None
    subject: bytes = bytes(3)
    properties: bytes = bytes(3)
    expression: bytes = bytes(2)
    pose: bytes = bytes(3)
    uncertainty: bytes = bytes(3)
    image: tuple[int, ...] = (1, 0, 300, 400, 1, 2, 0, 0)
    length_off: int = 0
    tail: bytes = b""

    def __bytes__(self) -> bytes:
        counted = len(self.points) // 8 if self.points_counted is None else self.points_counted
        body = (
            self.subject + self.properties + self.expression + self.pose + self.uncertainty
            + self.points + iso19794_5.IMAGE_HEADER.pack(*self.image) + self.picture
        )  # fmt: skip
        return struct.pack(">IH", len(body) + 6 + self.length_off, counted) + body + self.tail


@dataclass(frozen=True)
class Record:
    """A record of faces of ISO/IEC 19794-5."""

    faces: list[FaceRecord] = field(default_factory=lambda: [FaceRecord()])
    identifier: bytes = b"FAC\x00"
    length_off: int = 0
    counted: int | None = None

    def __bytes__(self) -> bytes:
        body = b"".join(map(bytes, self.faces))
        count = len(self.faces) if self.counted is None else self.counted
        head = (self.identifier, b"010\x00", 14 + len(body) + self.length_off, count)
        return iso19794_5.RECORD_HEADER.pack(*head) + body


def of(face: FaceRecord) -> bytes:
    """DG2 with one face."""
    return file(bytes(Record([face])))


def file(*records: bytes, standard: FaceFormat = FaceFormat.ISO_19794_5) -> bytes:
    """DG2 with these records."""
    return dg2.group(*(dg2.template(record, standard) for record in records))


def templates(tag: int, *records: bytes) -> bytes:
    """DG3 or DG4 with these data blocks of ISO/IEC 39794, or records if primitive."""
    count = tlv.encode(0x02, bytes((len(records),)))
    found = (tlv.encode(0x7F60, tlv.encode(0xA1, b"\x81\x01\x08"), record) for record in records)
    return tlv.encode(tag, tlv.encode(0x7F61, count, *found))


def extended_face(more: bytes) -> bytes:
    """DG2 in ISO/IEC 39794-5 whose one representation has further fields."""
    picture = tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x80, JPEG))))
    block = tlv.encode(0x65, tlv.encode(0xA1, tlv.encode(0x30, picture, more)))
    return file(tlv.encode(0xA1, block), standard=FaceFormat.ISO_39794_5)
