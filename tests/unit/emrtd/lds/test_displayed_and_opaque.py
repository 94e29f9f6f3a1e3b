"""DG5 and DG7, and the data groups that nobody looks into."""

from __future__ import annotations

from functools import partial

import pytest

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import displayed, image, opaque
from edge.emrtd.lds.every import DECODERS
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.opaque import Opaque
from edge.errors import LimitExceeded, MalformedFile

EXIF = bytes.fromhex("FFD8FFE1") + bytes(20)
JFIF = bytes.fromhex("FFD8FFE0") + bytes(20)
J2C = b"\xff\x4f\xff\x51" + bytes(20)


def group(tag: int, field: int, *pictures: bytes) -> bytes:
    count = tlv.encode(0x02, bytes((len(pictures),)))
    return tlv.encode(tag, count, *(tlv.encode(field, picture) for picture in pictures))


@pytest.mark.parametrize(
    ("tag", "field"),
    [(displayed.DG5, displayed.PORTRAIT), (displayed.DG7, displayed.SIGNATURE)],
)
class TestDisplayed:
    def test_worked_example(self, tag: int, field: int) -> None:
        """Doc 9303-10 A.4: 2,000 bytes of picture in a template of 2,008."""
        picture = b"\xff\xd8\xff" + bytes(1_997)
        content = group(tag, field, picture)
        assert content[1:7] == bytes.fromhex("8207D8020101")
        assert content[7:12] == tlv.encode(field, picture)[:5]
        assert displayed.decode(content, tag) == (EncodedImage(picture, image.JPEG),)

    def test_jpeg_with_exif(self, tag: int, field: int) -> None:
        """HU."""
        assert displayed.decode(group(tag, field, EXIF), tag)[0].media_type == image.JPEG

    def test_several_and_unusable(self, tag: int, field: int) -> None:
        found = displayed.decode(group(tag, field, JFIF, b"BM", J2C), tag)
        assert [picture.media_type for picture in found] == [image.JPEG, image.J2C]

    def test_broken(self, tag: int, field: int) -> None:
        for content in (b"", b"\x75\x00", group(tag, field), group(tag, field, b"BM")):
            with pytest.raises(MalformedFile):
                displayed.decode(content, tag)

    def test_too_many(self, tag: int, field: int) -> None:
        with pytest.raises(LimitExceeded):
            displayed.decode(group(tag, field, *[JFIF] * 17), tag)


def test_another_data_group() -> None:
    with pytest.raises(KeyError):
        displayed.decode(b"\x66\x00", 0x66)


def test_a_picture_is_not_shown() -> None:
    assert repr(EncodedImage(EXIF, image.JPEG)) == "EncodedImage(<redacted> image/jpeg)"


def test_what_only_looks_like_data_objects() -> None:
    """DG13 of SG."""
    content = bytes.fromhex("6D06") + b"\x5f\x01\xff\x00\x1f\xff"
    found = opaque.decode(content, 0x6D)
    assert found == Opaque(b"\x5f\x01\xff\x00\x1f\xff")
    assert repr(found) == "Opaque(<redacted> 6 bytes)"


@pytest.mark.parametrize("content", [b"", b"\x6c\x00", b"\x6d\x01", b"\x6d\x00\x00"])
def test_broken_opaque(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        opaque.decode(content, 0x6D)


TAGS_OF_THE_ISSUERS_GROUPS = {"DG6": 0x66, "DG8": 0x68, "DG9": 0x69, "DG10": 0x6A, "DG13": 0x6D}


@pytest.mark.parametrize("name", TAGS_OF_THE_ISSUERS_GROUPS)
def test_each_data_group_is_read_under_its_own_tag_only(name: str) -> None:
    """By the tags of Doc 9303-10 §4.7."""
    read = DECODERS[ElementaryFile[name]]
    for other, tag in TAGS_OF_THE_ISSUERS_GROUPS.items():
        content = tlv.encode(tag, b"content")
        if other == name:
            assert read(content) == Opaque(b"content")
        else:
            with pytest.raises(MalformedFile):
                read(content)


READ_BY = {
    "ATR_INFO": "atr_info",
    "DIR": "directory",
    "CARD_ACCESS": "security_infos",
    "CARD_SECURITY": "card_security",
    "COM": "com",
    **{f"DG{number}": f"dg{number}" for number in (1, 2, 3, 4, 11, 12, 14, 15, 16)},
    **dict.fromkeys(("DG5", "DG7"), "displayed"),
    **dict.fromkeys(TAGS_OF_THE_ISSUERS_GROUPS, "opaque"),
}
"""EF.SOD is for `edge.trust`, EF.CVCA for terminal authentication."""


def test_each_file_is_read_by_the_module_of_its_name() -> None:
    found = {}
    for file, decoder in DECODERS.items():
        function = decoder.func if isinstance(decoder, partial) else decoder
        found[file.name] = function.__module__.rpartition(".")[2]
    assert found == READ_BY


@pytest.mark.parametrize(("name", "tag", "picture"), [("DG5", 0x65, 0x5F40), ("DG7", 0x67, 0x5F43)])
def test_what_is_displayed_stands_under_tags_of_its_own(name: str, tag: int, picture: int) -> None:
    """Doc 9303-10 Tables 53 and 55; sixteen pictures at most."""
    read = DECODERS[ElementaryFile[name]]
    assert read(group(tag, picture, *[JFIF] * 16)) == (EncodedImage(JFIF, image.JPEG),) * 16
    for content in (group(tag ^ 2, picture, JFIF), group(tag, picture ^ 3, JFIF)):
        with pytest.raises(MalformedFile):
            read(content)
