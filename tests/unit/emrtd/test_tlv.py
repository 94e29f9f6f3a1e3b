"""BER-TLV within bounds."""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.tlv import Header, Tlv
from edge.errors import MalformedFile


@pytest.mark.parametrize(
    ("length", "field"),
    [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65536, "83010000")],
)
def test_lengths(length: int, field: str) -> None:
    encoded = tlv.encode(0x5F2E, bytes(length))
    assert encoded[: 2 + len(field) // 2].hex().upper() == "5F2E" + field
    assert tlv.read_all(encoded) == (Tlv(0x5F2E, bytes(length)),)


def test_siblings_and_children() -> None:
    inner = tlv.encode(0x02, b"\x01") + tlv.encode(0x7F61, b"\x04\x00")
    (outer,) = tlv.read_all(tlv.encode(0x30, inner))
    assert outer.children() == (Tlv(0x02, b"\x01"), Tlv(0x7F61, b"\x04\x00"))
    assert repr(outer) == "Tlv(30, 8 bytes)"


def test_a_header_may_come_before_its_value() -> None:
    assert tlv.read_header(bytes.fromhex("7582464E7F61")) == Header(0x75, 4, 0x464E)
    assert tlv.read_header(bytes.fromhex("60145F01")).total_length == 22


@pytest.mark.parametrize(
    "hostile",
    [
        "00",  # no tag
        "30",  # no length
        "1F",  # tag cut off
        "1F80",  # tag cut off
        "1F80808000",  # tag without end
        "3080",  # indefinite length
        "308401000000",  # 16 MiB
        "3089000000000000000000",  # nine bytes of length
        "3082",  # length cut off
        "308201",  # length cut off
        "3005AABB",  # value cut off
        "300000",  # no second tag
    ],
)
def test_hostile_headers(hostile: str) -> None:
    with pytest.raises(MalformedFile):
        tlv.read_all(bytes.fromhex(hostile))


def test_siblings_are_counted() -> None:
    assert len(tlv.read_all(b"\x04\x00" * tlv.MOST_SIBLINGS)) == tlv.MOST_SIBLINGS
    with pytest.raises(MalformedFile):
        tlv.read_all(b"\x04\x00" * (tlv.MOST_SIBLINGS + 1))


@pytest.mark.parametrize("content", ["", "3100", "30003000", "300004"])
def test_exactly_one(content: str) -> None:
    with pytest.raises(MalformedFile):
        tlv.read_one(bytes.fromhex(content), 0x30)


def test_only_one_of_a_kind() -> None:
    objects = (Tlv(1, b"a"), Tlv(2, b"b"), Tlv(2, b"c"))
    assert tlv.only(objects, 1) == b"a"
    for tag in (2, 3):
        with pytest.raises(MalformedFile):
            tlv.only(objects, tag)


def test_one_or_none() -> None:
    objects = tlv.read_all(bytes.fromhex("8001AA8101BB8101CC"))
    assert tlv.optional(objects, 0x80) == b"\xaa"
    assert tlv.optional(objects, 0x82) is None
    with pytest.raises(MalformedFile):
        tlv.optional(objects, 0x81)


@pytest.mark.parametrize("padding", ["", "00", "0000FF80", "FFFF"])
def test_padded(padding: str) -> None:
    content = bytes.fromhex("8001AA8101BB")
    assert tlv.read_padded(content + bytes.fromhex(padding)) == tlv.read_all(content)


def test_padding_is_no_way_around_the_limits() -> None:
    for content in (b"\x80\x00" * (tlv.MOST_SIBLINGS + 1), b"\x80\x02\x00"):
        with pytest.raises(MalformedFile):
            tlv.read_padded(content)


@pytest.mark.parametrize(
    "length", ["03", "8103", "820003", "83000003", "8400000003", "880000000000000003"]
)
def test_lengths_may_have_leading_zeros(length: str) -> None:
    assert tlv.read_all(bytes.fromhex(f"04{length}010203")) == (Tlv(0x04, b"\1\2\3"),)


class TestLimits:
    """Limits of data objects (X.690 §8.1): exactly at each, and one beyond."""

    @pytest.mark.parametrize(
        ("tag", "encoded"), [(0x5F2E, "5F2E00"), (0x04, "0400"), (0x7F8101, "7F810100")]
    )
    def test_tags_of_one_to_three_bytes(self, tag: int, encoded: str) -> None:
        assert tlv.encode(tag).hex().upper() == encoded
        assert tlv.read_all(bytes.fromhex(encoded)) == (tlv.Tlv(tag, b""),)

    def test_a_length_of_16_mib_less_one(self) -> None:
        header = tlv.read_header(bytes.fromhex("0483FFFFFF"))
        assert (header.value_length, header.header_length) == (0xFFFFFF, 5)
        with pytest.raises(MalformedFile, match="beyond 16 MiB"):
            tlv.read_header(bytes.fromhex("048401000000"))

    @pytest.mark.parametrize(
        ("hostile", "words"),
        [
            ("00", "without a tag"),
            ("1F81818100", "more than three bytes"),
            ("1F81", "cut off in its header"),
            ("04", "cut off in its header"),
            ("0480", "indefinite or of too many bytes"),
            ("0489000000000000000000", "indefinite or of too many bytes"),
            ("048201", "cut off in its length"),
            ("040201", "data object 4 is longer than what holds it"),
            ("0400" * 513, "too many data objects side by side"),
        ],
    )
    def test_what_is_wrong_is_named(self, hostile: str, words: str) -> None:
        with pytest.raises(MalformedFile, match=words):
            tlv.read_all(bytes.fromhex(hostile))

    def test_512_side_by_side(self) -> None:
        assert len(tlv.read_all(b"\x04\x00" * 512)) == 512

    def test_one_and_only(self) -> None:
        found = tlv.read_all(bytes.fromhex("0401050500"))
        assert tlv.only(found, 4) == b"\x05"
        with pytest.raises(MalformedFile, match="data object 6, found 0"):
            tlv.only(found, 6)
        with pytest.raises(MalformedFile, match="one data object 4 and nothing else"):
            tlv.read_one(bytes.fromhex("0401050500"), 4)
