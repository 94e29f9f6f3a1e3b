"""Files of the logical data structure."""

from __future__ import annotations

import struct

import pytest

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg2, dg15
from edge.emrtd.lds.com import Com
from edge.emrtd.lds.dg2 import EncodedPortrait
from edge.errors import MalformedFile
from tests.shared_data import shared
from tests.unit.emrtd.specimens import MRZ_LINES

DG1, DG2 = ElementaryFile.DG1, ElementaryFile.DG2
EF_COM = bytes.fromhex("60165F0104303130375F36063034303030305C0461750F6F")
JPEG = b"\xff\xd8\xff" + bytes(20)
JP2 = b"\x00\x00\x00\x0cjP  " + bytes(20)
J2C = b"\xff\x4f\xff\x51" + bytes(20)


def test_data_groups_by_number() -> None:
    assert ElementaryFile.of_data_group(14).data_group == 14
    assert ElementaryFile.SOD.data_group is None
    with pytest.raises(KeyError):
        ElementaryFile.of_data_group(17)


def test_com() -> None:
    groups = (DG1, DG2, ElementaryFile.DG15)
    content = com.encode(groups)
    assert content == bytes.fromhex("60155F0104303130375F36063034303030305C0361756F")
    assert com.decode(content) == Com(groups, "0107", "040000")


def test_com_of_the_worked_example() -> None:
    """Doc 9303-11 D.4."""
    content = bytes.fromhex("60145F0104303130365F36063034303030305C026175")
    assert com.decode(content) == Com((DG1, DG2), "0106", "040000")


def test_com_with_tags_of_no_data_group() -> None:
    assert com.decode(EF_COM).data_groups == (DG1, DG2, ElementaryFile.DG15)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x60\x00",
        EF_COM[:-1],
        EF_COM.replace(b"0107", b"01A7"),
        EF_COM.replace(b"\x5c", b"\x5d"),
    ],
)
def test_broken_com(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        com.decode(content)


@pytest.mark.parametrize(
    "lines",
    [
        MRZ_LINES,
        ("I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8"),
        (
            "I<UTOD23145890<7349<<<<<<<<<<<",
            "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<",
        ),
    ],
)
def test_dg1(lines: tuple[str, ...]) -> None:
    assert dg1.decode(dg1.encode(lines)) == lines


@pytest.mark.parametrize("zone", [b"", b"A" * 87, b"a" * 88, b"\xc3" * 88, b"A" * 87 + b"\n"])
def test_broken_dg1(zone: bytes) -> None:
    with pytest.raises(MalformedFile):
        dg1.decode(tlv.encode(0x61, tlv.encode(0x5F1F, zone)))


def test_dg15() -> None:
    assert dg15.decode(dg15.encode(b"key")) == b"key"
    with pytest.raises(MalformedFile):
        dg15.decode(b"\x6e\x00")


@pytest.mark.parametrize(
    ("data", "media_type"), [(JPEG, "image/jpeg"), (JP2, "image/jp2"), (J2C, "image/j2c")]
)
def test_dg2(data: bytes, media_type: str) -> None:
    portrait = EncodedPortrait.recognised(data)
    assert portrait == EncodedPortrait(data, media_type)
    assert dg2.decode(dg2.encode(portrait, 300, 400)) == portrait


def test_a_portrait_is_not_shown() -> None:
    assert repr(EncodedPortrait(JPEG, "image/jpeg")) == "EncodedPortrait(<redacted> image/jpeg)"


def record(  # noqa: PLR0913 - as many as there are fields to get wrong
    picture: bytes = JPEG,
    *,
    identifier: bytes = b"FAC\x00",
    length_off: int = 0,
    faces: int = 1,
    points: int = 0,
    points_there: int | None = None,
    declared: int = 0,
    tail: bytes = b"",
) -> bytes:
    there = points if points_there is None else points_there
    image = struct.pack(">BBHHBBHH", 1, declared, 300, 400, 1, 0, 0, 0)
    face = bytes(14) + bytes(8 * there) + image + picture
    block = struct.pack(">IH", len(face) + 6, points) + face
    head = struct.pack(">4s4sIH", identifier, b"010\x00", 14 + len(block) + length_off, faces)
    return head + block + tail


def file(*records: bytes, tag: int = 0x5F2E) -> bytes:
    templates = [
        tlv.encode(0x7F60, tlv.encode(0xA1, b"\x81\x01\x02"), tlv.encode(tag, each))
        for each in records
    ]
    count = tlv.encode(0x02, bytes((len(records),)))
    return tlv.encode(0x75, tlv.encode(0x7F61, count, *templates))


@pytest.mark.parametrize("off", [-8, -1, 8])
def test_record_lengths_that_are_off(off: int) -> None:
    """NZ counts eight bytes too few, GB one."""
    assert dg2.decode(file(record(length_off=off))).data == JPEG


def test_feature_points() -> None:
    assert dg2.decode(file(record(points=3))).data == JPEG


def test_feature_points_counted_but_not_there() -> None:
    """PL, GB."""
    assert dg2.decode(file(record(points=3, points_there=0))).data == JPEG


def test_a_declared_type_that_is_wrong() -> None:
    assert dg2.decode(file(record(JP2, declared=0))).media_type == "image/jp2"


def test_the_first_of_several() -> None:
    assert dg2.decode(file(record(), record(JP2))).data == JPEG
    assert dg2.decode(file(record(faces=2, tail=bytes(50)))).data == JPEG


def test_the_constructed_spelling_of_the_record() -> None:
    assert dg2.decode(file(record(), tag=0x7F2E)).data == JPEG


@pytest.mark.parametrize(
    "content",
    [
        b"\x75\x00",
        file(),
        tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x7F60))),
        file(b""),
        file(record()[:45]),
        file(record(identifier=b"FIR\x00")),
        file(record(faces=0)),
        file(record(b"GIF89a")),
        file(record(b"")),
        file(record(points=65_535, points_there=1)),
        file(record())[:-1],
    ],
)
def test_broken_dg2(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        dg2.decode(content)


@pytest.mark.shared
def test_german_specimen_of_2008() -> None:
    folder = shared("chips/bsi2008")
    assert com.decode((folder / "EF_COM.bin").read_bytes()).lds_version == "0107"
    assert len(dg1.decode((folder / "Datagroup1.bin").read_bytes())) == 2
    portrait = dg2.decode((folder / "Datagroup2.bin").read_bytes())
    assert portrait.media_type == "image/jp2"


@pytest.mark.shared
def test_iso_19794_5_conformance_record() -> None:
    folder = shared("chips/iso39794/iso19794")
    face = (folder / "ISO19794_Test1_Data.bin").read_bytes()
    assert dg2.decode(file(face)).data == (folder / "ISO19794_Test1_Face.jpg").read_bytes()
