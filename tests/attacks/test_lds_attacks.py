"""Files made to break whoever reads them: attack groups 29, 30, 31, 33 and 35.

What is refused here is referred by the gate: a document without a portrait opens nothing.
"""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Callable

import pytest

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg2, dg11, dg12, dg16
from edge.emrtd.lds.every import DECODERS, Content
from edge.emrtd.lds.text import Name, Text
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.face_records import (
    GIF,
    JP2,
    JPEG,
    FaceRecord,
    Record,
    extended_face,
    file,
    of,
)
from tests.support.emrtd.hostile_text import HOSTILE
from tests.support.trust.specimens import authority, failed, genuine, heard, judged
from tools.specimen import dg2 as issue

LARGEST_FILE = 512 * 1024
MOST_MEMORY = 64 * 1024 * 1024
REFUSED = (MalformedFile, LimitExceeded)

Decoder = Callable[[bytes], Content]


each_decoder = pytest.mark.parametrize(
    "decode", DECODERS.values(), ids=[file.name for file in DECODERS]
)


def survives(decode: Decoder, content: bytes) -> None:
    """A value or a refusal, within 64 MiB."""
    tracemalloc.start()
    try:
        decode(content)
    except REFUSED:
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < MOST_MEMORY


class TestGroup29HostileTlv:
    """Lengths, depth, tags and numbers of data objects."""

    @each_decoder
    @pytest.mark.parametrize(
        "value",
        [
            b"\x5f\x1f\x7f",
            b"\x5f\x1f\x82\xff\xff",
            b"\x5f\x1f\x84\xff\xff\xff\xff",
            b"\x5f\x1f\x85\x01\x00\x00\x00\x00",
            b"\x30\x80\x02\x01\x01\x00\x00",
            b"\x1f\x80\x80\x80\x80\x00",
            b"\x02\x00" * 600,
            b"\xff" * 64,
            bytes(64),
        ],
        ids=[
            "longer-than-the-file",
            "64-KiB",
            "4-GiB",
            "five-byte-length",
            "indefinite",
            "endless-tag",
            "600-siblings",
            "ones",
            "zeros",
        ],
    )
    def test_in_every_file(self, decode: Decoder, value: bytes) -> None:
        for tag in (0x30, 0x31, 0x60, *range(0x61, 0x78)):
            survives(decode, tlv.encode(tag, value))
            survives(decode, tlv.encode(tag, tlv.encode(0x7F61, tlv.encode(0x7F60, value))))

    @each_decoder
    @pytest.mark.parametrize("tag", [0x30, 0xA0, 0xA1, 0x61, 0x6B, 0x70, 0x75, 0x7F60, 0x7F61])
    def test_deep_nesting(self, decode: Decoder, tag: int) -> None:
        value = b""
        while len(value) < 60_000:
            value = tlv.encode(tag, value)
        for outer in (0x63, 0x6B, 0x6C, 0x70, 0x75, 0x76):
            survives(decode, tlv.encode(outer, value))

    @each_decoder
    def test_the_largest_file_of_nothing(self, decode: Decoder) -> None:
        for filling in (b"\x00", b"\xff", b"\x30\x00", b"\x75\x00", b"\x5f\x0f\x00"):
            count = LARGEST_FILE // len(filling)
            survives(decode, filling * count)
            survives(decode, tlv.encode(0x6B, filling * count))
            survives(decode, tlv.encode(0x75, tlv.encode(0x7F61, filling * count)))


class TestGroup30Counts:
    """Counts of DG2, DG11, DG12 and DG16 promise what is not there."""

    @pytest.mark.parametrize("counted", [17, 255, 65_535])
    def test_255_faces(self, counted: int) -> None:
        with pytest.raises(LimitExceeded):
            dg2.decode(file(bytes(Record(counted=counted))))

    def test_255_templates_announced(self) -> None:
        record = tlv.encode(0x7F60, tlv.encode(0x5F2E, bytes(Record())))
        content = tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\xff", record))
        assert len(dg2.decode(content)) == 1

    def test_255_templates(self) -> None:
        with pytest.raises(LimitExceeded):
            dg2.decode(file(*[bytes(Record())] * 255))

    def test_65_535_feature_points(self) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(of(FaceRecord(GIF, points_counted=65_535)))

    @pytest.mark.parametrize(("tag", "decode"), [(0x6B, dg11.decode), (0x6C, dg12.decode)])
    def test_255_names_announced(self, tag: int, decode: Decoder) -> None:
        survives(decode, tlv.encode(tag, tlv.encode(0xA0, b"\x02\x01\xff")))
        survives(decode, tlv.encode(tag, tlv.encode(0xA0, b"\x02\x08" + b"\xff" * 8)))

    @pytest.mark.parametrize("container", [True, False])
    def test_255_names(self, container: bool) -> None:
        names = tlv.encode(0x5F0F, b"A") * 255
        with pytest.raises(LimitExceeded):
            dg11.decode(tlv.encode(0x6B, tlv.encode(0xA0, names) if container else names))

    def test_255_persons_to_notify(self) -> None:
        assert dg16.decode(tlv.encode(0x70, b"\x02\x01\xff")) == ()


class TestGroup31FaceRecords:
    """Lengths and offsets of face records lie, pictures are missing or many."""

    @pytest.mark.parametrize("off", [-10_000, -9, 9, 10_000])
    def test_a_record_length_that_lies(self, off: int) -> None:
        head = bytearray(bytes(Record()))
        (length,) = struct.unpack_from(">I", head, 8)
        struct.pack_into(">I", head, 8, (length + off) % (1 << 32))
        with pytest.raises(MalformedFile):
            dg2.decode(file(bytes(head)))

    @pytest.mark.parametrize("length", [1, 31, 0x7FFFFFFF, 0xFFFFFFFF])
    def test_a_face_length_that_lies(self, length: int) -> None:
        for faces in (1, 2):
            head = bytearray(bytes(Record([FaceRecord()] * faces)))
            struct.pack_into(">I", head, 14, length)
            with pytest.raises(MalformedFile):
                dg2.decode(file(bytes(head)))

    def test_an_image_beyond_the_file(self) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(of(FaceRecord(b"", points_counted=8_000)))

    @pytest.mark.parametrize(
        "content",
        [issue.group(), file(bytes(Record(counted=0))), file(bytes(Record([], counted=0)))],
        ids=["no-template", "no-face-counted", "no-face"],
    )
    def test_no_image(self, content: bytes) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(content)

    def test_several_images_the_first_usable_is_the_portrait(self) -> None:
        content = file(bytes(Record([FaceRecord(GIF), FaceRecord(JP2), FaceRecord(JPEG)])))
        assert dg2.decode(content)[0].image.data == JP2

    def test_several_images_are_no_way_around_a_lie(self) -> None:
        """A broken face before it hides the good one behind: where that begins nobody knows."""
        content = file(bytes(Record([FaceRecord(length_off=1), FaceRecord(JP2)])))
        assert all(face.image.data != JP2 for face in dg2.decode(content))


class TestGroup33Nesting:
    """ISO/IEC 39794 in DER: depth, repetition, fields that are not what they should be."""

    @pytest.mark.parametrize("field", range(17))
    def test_nesting_in_every_field(self, field: int) -> None:
        value = b""
        while len(value) < 60_000:
            value = tlv.encode(0xA0 | field, value)
        survives(dg2.decode, extended_face(value))
        survives(dg2.decode, extended_face(tlv.encode(0x30, value)))

    def test_a_chain_of_extensions(self) -> None:
        """Every field of the subject is an extension of an extension of ..."""
        value = b"\x80\x01\x01"
        while len(value) < 60_000:
            value = tlv.encode(0xA1, value)
        survives(dg2.decode, extended_face(tlv.encode(0xA8, tlv.encode(0xA0, value))))

    def test_fields_repeated(self) -> None:
        with pytest.raises(MalformedFile):
            dg2.decode(extended_face(tlv.encode(0xA8) * 2))

    def test_numbers_without_end(self) -> None:
        (face,) = dg2.decode(extended_face(tlv.encode(0xA2, tlv.encode(0x80, b"\x7f" * 60_000))))
        assert face.captured is None

    def test_landmarks_without_end(self) -> None:
        landmark = bytes.fromhex("3017A009A007A005A10380010AA10AA008A00680015A810116")
        (face,) = dg2.decode(extended_face(tlv.encode(0xA9, landmark * 20_000)))
        assert face.landmarks == ()
        with pytest.raises(LimitExceeded):
            dg2.decode(extended_face(tlv.encode(0xA9, landmark * 500)))


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
class TestGroup35Text:
    """Text of DG11, DG12 and DG16 on its way to screens, logs and MQTT."""

    def test_what_is_shown_cannot_act(self, raw: bytes) -> None:
        for text in texts(raw):
            assert text.raw == raw
            assert text.display.isprintable()
            assert all(part.isprintable() for part in text.fields)
            assert text.display.encode()  # no lone surrogate
            assert json.loads(json.dumps({"text": text.display})) == {"text": text.display}
            if isinstance(text, Name):
                assert (text.primary + text.secondary).isprintable()

    def test_nothing_of_it_is_in_what_logs_see(self, raw: bytes) -> None:
        for text in texts(raw):
            assert repr(text) == str(text)
            assert raw.decode("latin-1") not in repr(text)

    def test_nothing_of_it_is_in_errors(self, raw: bytes) -> None:
        twice = tlv.encode(0x6B, tlv.encode(0x5F11, raw) * 2)
        with pytest.raises(MalformedFile) as refused:
            dg11.decode(twice)
        assert str(refused.value).isprintable()
        assert raw.decode("latin-1") not in str(refused.value)


def texts(raw: bytes) -> list[Text]:
    personal = dg11.decode(
        tlv.encode(0x6B, *(tlv.encode(tag, raw) for tag in (0x5F0E, 0x5F0F, 0x5F11, 0x5F18)))
    )
    document = dg12.decode(
        tlv.encode(0x6C, *(tlv.encode(tag, raw) for tag in (0x5F19, 0x5F1A, 0x5F1B)))
    )
    (person,) = dg16.decode(
        tlv.encode(
            0x70, tlv.encode(0xA1, *(tlv.encode(tag, raw) for tag in (0x5F51, 0x5F52, 0x5F53)))
        )
    )
    found = [
        personal.full_name,
        *personal.other_names,
        personal.birth_place,
        personal.custody,
        document.authority,
        *document.other_persons,
        document.observations,
        person.name,
        person.telephone,
        person.address,
    ]
    assert all(found)
    return [text for text in found if text is not None]


@pytest.mark.parametrize(
    "content",
    [
        b"\x75\x00",
        issue.group(),
        of(FaceRecord(GIF)),
        of(FaceRecord(length_off=1_000)),
        file(bytes(Record(counted=255))),
        extended_face(tlv.encode(0xA8) * 2),
    ],
    ids=["empty", "no-template", "no-picture", "lying-length", "255-faces", "field-twice"],
)
def test_a_signed_dg2_that_cannot_be_read_gives_no_portrait(content: bytes) -> None:
    """Signed by a trusted issuer, and still nothing to compare a face with: no match, no open."""
    made = genuine().with_data_groups(authority(), {ElementaryFile.DG2: content})
    found = judged(heard(made))
    assert failed(found) == set()
    assert found.document is not None
    assert found.document.portrait is None
