"""Any bytes as any file: a value or one of our errors, and what is shown is harmless."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg2, dg11, dg12, iso19794_5
from edge.emrtd.lds.dates import Date, Moment
from edge.emrtd.lds.dg11 import PersonalDetails
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.emrtd.lds.every import DECODERS, Content
from edge.emrtd.lds.face import FaceFormat
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import LONGEST_SHOWN, Name, Text
from edge.errors import LimitExceeded, MalformedFile
from tests.support.emrtd.detail_examples import FAMILY, SMITH
from tests.support.emrtd.face_records import JPEG, FaceRecord, Record, file
from tests.support.examples import examples
from tests.support.shared_data import ROOT
from tools.specimen import dg2 as issue
from tools.specimen.details import encode_dg11, encode_dg12

Decoder = Callable[[bytes], Content]
REFUSED = (MalformedFile, LimitExceeded)

OUTER = [file.tag for file in ElementaryFile if file.tag is not None]
INNER = [0x02, 0x04, 0x06, 0x30, 0x31, 0x47, 0x4F, 0x50, 0x53, 0x5C, 0x7F2E, 0x7F60, 0x7F61, 0x7F66]
DATA = [*range(0x5F0E, 0x5F1F), 0x5F01, 0x5F26, 0x5F2B, 0x5F2E, 0x5F36, 0x5F40, 0x5F42, 0x5F43]
CONTEXT = [*range(0x80, 0x90), *range(0xA0, 0xB0), 0x64, 0x65, 0x66]


each_decoder = pytest.mark.parametrize(
    "decode", DECODERS.values(), ids=[file.name for file in DECODERS]
)


def nested() -> st.SearchStrategy[bytes]:
    """Trees of the tags our files are made of."""
    leaves = st.binary(max_size=24) | st.sampled_from([JPEG, b"FAC\x00", b"FIR\x00", b"IIR\x00"])
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            lambda tag, values: tlv.encode(tag, *values),
            st.sampled_from(OUTER + INNER + DATA + CONTEXT),
            st.lists(inner, max_size=4),
        ),
        max_leaves=16,
    )


@cache
def genuine() -> list[bytes]:
    """Every file we can lay hands on, and what we issue."""
    samples = [
        path.read_bytes()[:20_000]
        for folder in ("bsi2008", "iso39794/dg2", "efcardsecurity", "npa-example-data/ecdh")
        for path in sorted(Path(ROOT / "chips" / folder).glob("*"))
        if path.is_file()
    ]
    portrait = EncodedImage.recognised(JPEG)
    issued = [issue.encode(portrait, (300, 400), standard) for standard in FaceFormat]
    return [*samples, *issued, SMITH, FAMILY]


@each_decoder
@given(content=st.one_of(st.binary(max_size=200), nested()))
@examples(80)
def test_any_bytes(decode: Decoder, content: bytes) -> None:
    with suppress(*REFUSED):
        visit(decode(content))


@each_decoder
@given(content=nested())
@examples(40)
def test_any_tree_in_every_data_group(decode: Decoder, content: bytes) -> None:
    for tag in OUTER:
        with suppress(*REFUSED):
            visit(decode(tlv.encode(tag, content)))


@given(data=st.data())
@examples(600)
def test_genuine_files_with_bytes_changed(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(genuine())))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for decode in DECODERS.values():
        with suppress(*REFUSED):
            visit(decode(bytes(content)))


@given(
    record=st.binary(max_size=200),
    count=st.integers(0, 3),
    face_length=st.integers(0, 400),
    points=st.integers(0, 70),
)
@examples(300)
def test_face_records_with_numbers_that_lie(
    record: bytes, count: int, face_length: int, points: int
) -> None:
    head = iso19794_5.RECORD_HEADER.pack(b"FAC\x00", b"010\x00", 20 + len(record), count)
    content = file(head + struct.pack(">IH", face_length, points) + record)
    with suppress(*REFUSED):
        visit(dg2.decode(content))


pictures = st.builds(
    bytes.__add__,
    st.sampled_from([b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  \r\n\x87\n"]),
    st.binary(max_size=300),
).map(EncodedImage.recognised)
sizes = st.tuples(st.integers(0, 65_535), st.integers(0, 65_535))
texts = st.none() | st.binary(min_size=1, max_size=40).map(Text)
names = st.lists(st.binary(min_size=1, max_size=20).map(Name), max_size=9).map(tuple)
dates = st.none() | st.binary(min_size=1, max_size=14).map(Date)


@given(pictures, sizes, st.sampled_from(FaceFormat))
def test_faces_round_trip(
    picture: EncodedImage, size: tuple[int, int], standard: FaceFormat
) -> None:
    (face,) = dg2.decode(issue.encode(picture, size, standard))
    assert (face.image, face.size, face.format) == (picture, size, standard)


@given(
    st.builds(
        PersonalDetails,
        full_name=st.none() | st.binary(min_size=1, max_size=40).map(Name),
        other_names=names,
        birth_date=dates,
        address=texts,
        custody=texts,
        proof_of_citizenship=st.none() | pictures,
    )
)
def test_personal_details_round_trip(details: PersonalDetails) -> None:
    assert dg11.decode(encode_dg11(details)) == details


@given(
    st.builds(
        DocumentDetails,
        authority=texts,
        issued=dates,
        other_persons=names,
        front=st.none() | pictures,
        personalised=dates,
    )
)
def test_document_details_round_trip(details: DocumentDetails) -> None:
    assert dg12.decode(encode_dg12(details)) == details


@given(
    st.binary(max_size=6_000) | st.text(max_size=2_000).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_text_is_harmless(raw: bytes) -> None:
    visit(Name(raw))


@given(st.dates(), st.booleans())
def test_dates_round_trip(day: object, bcd: bool) -> None:
    digits = str(day).replace("-", "")
    raw = bytes.fromhex(digits) if bcd else digits.encode()
    moment = Date(raw).moment
    assert moment is not None
    assert moment.display == str(day)


@given(st.integers(-20, 300), st.lists(st.integers(0, 3), max_size=3))
def test_any_number_of_feature_points(counted: int, there: list[int]) -> None:
    points = b"".join(struct.pack(">BBHHH", kind, 0xC1, 1, 2, 0) for kind in there)
    content = file(bytes(Record([FaceRecord(points=points, points_counted=max(counted, 0))])))
    (face,) = dg2.decode(content)
    assert face.image.data == JPEG
    assert len(face.landmarks) == there.count(1)


def visit(value: object) -> None:
    """Look at everything in a value as those who show it do: none of it raises, none can act."""
    assert "\x1b" not in repr(value)
    match value:
        case Text():
            assert len(value.display) <= LONGEST_SHOWN
            assert all(map(is_harmless, "".join(shown(value))))
        case Date():
            visit(value.moment)
        case Moment():
            assert value.is_possible
            assert value.display.isascii()
        case tuple() | frozenset():
            list(map(visit, value))
        case _ if is_dataclass(value):
            visit(tuple(getattr(value, field.name) for field in fields(value)))
        case _:
            pass


def shown(text: Text) -> tuple[str, ...]:
    own = (text.primary, text.secondary) if isinstance(text, Name) else ()
    return (text.display, *text.fields, *own)


def is_harmless(character: str) -> bool:
    """Printable, a blank of any script, or what joins letters in some."""
    return character.isprintable() or category(character) == "Zs" or character in "\u200c\u200d"
