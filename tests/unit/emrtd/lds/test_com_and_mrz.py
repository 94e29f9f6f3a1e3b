"""EF.COM, DG1 and DG15."""

from __future__ import annotations

import pytest

from edge.emrtd import tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg15
from edge.emrtd.lds.com import Com
from edge.errors import MalformedFile
from tests.support.emrtd.specimens import MRZ_LINES
from tests.support.shared_data import shared
from tests.support.some import replaced

DG1, DG2 = ElementaryFile.DG1, ElementaryFile.DG2
EF_COM = bytes.fromhex("60165F0104303130375F36063034303030305C0461750F6F")


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
        replaced(EF_COM, b"0107", b"01A7"),
        replaced(EF_COM, b"\x5c", b"\x5d"),
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
    ("content", "version"),
    [
        ("60165F0104303130375F36063034303030305C046175766C", "0107"),
        ("60165F0104313539395F36063034303030305C046175766C", "1599"),
    ],
)
def test_com_of_doc_9303_10(content: str, version: str) -> None:
    """Doc 9303-10 A.1."""
    groups = (DG1, DG2, ElementaryFile.DG4, ElementaryFile.DG12)
    assert com.decode(bytes.fromhex(content)) == Com(groups, version, "040000")


TD1 = "I<NLDXI85935F86999999990<<<<<<7208148F1108268NLD<<<<<<<<<<<4VAN<DER<STEEN<<MARIANNE<LOUISE"


def test_td1_of_doc_9303_10() -> None:
    """Doc 9303-10 A.2.1."""
    content = bytes.fromhex("615D5F1F5A") + TD1.encode()
    assert dg1.decode(content) == (TD1[:30], TD1[30:60], TD1[60:])
    assert dg1.encode(dg1.decode(content)) == content


@pytest.mark.shared
def test_german_specimen_of_2008() -> None:
    folder = shared("chips/bsi2008")
    assert com.decode((folder / "EF_COM.bin").read_bytes()).lds_version == "0107"
    assert len(dg1.decode((folder / "Datagroup1.bin").read_bytes())) == 2
    assert len(dg15.decode((folder / "Datagroup15.bin").read_bytes())) == 161
