"""DER integers and object identifiers, byte by byte (X.690 §8.3, §8.19)."""

from __future__ import annotations

import pytest

from edge.emrtd import der
from edge.errors import MalformedFile

of = bytes.fromhex


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "020100"),
        (1, "020101"),
        (127, "02017F"),
        (128, "02020080"),
        (255, "020200FF"),
        (256, "02020100"),
        (0x8000, "0203008000"),
    ],
)
def test_an_integer_has_the_fewest_bytes_and_a_sign(number: int, encoded: str) -> None:
    assert der.encode_integer(number) == of(encoded)
    assert der.decode_integer(of(encoded)[2:]) == number


def test_an_integer_without_its_sign_is_read_all_the_same() -> None:
    assert der.decode_integer(b"\xff") == 255


@pytest.mark.parametrize(
    ("length", "is_one"), [(0, False), (1, True), (2_050, True), (2_051, False)]
)
def test_an_integer_has_1_to_2050_bytes(length: int, is_one: bool) -> None:
    if is_one:
        assert der.decode_integer(bytes(length)) == 0
    else:
        with pytest.raises(MalformedFile, match="of no bytes, or of too many"):
            der.decode_integer(bytes(length))


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("0.0", "06 01 00"),
        ("0.39", "06 01 27"),
        ("1.0", "06 01 28"),
        ("1.39", "06 01 4F"),
        ("2.0", "06 01 50"),
        ("2.47", "06 01 7F"),
        ("2.48", "06 02 81 00"),
        ("2.999.3", "06 03 88 37 03"),  # X.690 §8.19.5
        ("1.2.840.113549", "06 06 2A 86 48 86 F7 0D"),
        ("0.4.0.127.0.7", "06 05 04 00 7F 00 07"),
        ("1.2.16383", "06 03 2A FF 7F"),
        ("1.2.16384", "06 04 2A 81 80 00"),
    ],
)
def test_object_identifiers(dotted: str, encoded: str) -> None:
    assert der.encode_oid(dotted) == of(encoded)
    assert der.oid_value(dotted) == of(encoded)[2:]
    assert der.decode_oid(of(encoded)[2:]) == dotted


@pytest.mark.parametrize(
    "value", [b"", b"\x81", b"\x2a\x86", b"\x2a" * 33], ids=["none", "cut", "cut later", "long"]
)
def test_what_is_no_object_identifier(value: bytes) -> None:
    with pytest.raises(MalformedFile, match="cut off, or too long"):
        der.decode_oid(value)


def test_an_object_identifier_has_32_bytes_at_most() -> None:
    assert der.decode_oid(b"\x2a" + b"\x01" * 31).count(".") == 32


def test_tags() -> None:
    """X.680 Table 1."""
    tags = (der.INTEGER, der.BIT_STRING, der.OCTET_STRING, der.NULL, der.OID, der.SEQUENCE, der.SET)
    assert tags == (0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31)
