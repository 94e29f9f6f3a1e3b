"""SecurityInfos of EF.CardAccess and DG14."""

from __future__ import annotations

import pytest

from edge.emrtd import chip_auth, der, pace_variant, security_infos, tlv
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14
from edge.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    FileId,
    OtherInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    TerminalAuthenticationInfo,
)
from edge.errors import MalformedFile
from tests.support.emrtd.specimens import ec_key, spki
from tests.support.shared_data import shared

INFOS: list[SecurityInfo] = [
    PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),
    PaceInfo("0.4.0.127.0.7.2.2.4.2.4", 2),
    ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.4", 1, 300),
    ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.1"),
    ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", spki(ec_key()), 300),
    ActiveAuthenticationInfo("0.4.0.127.0.7.1.1.4.1.3"),
    TerminalAuthenticationInfo(ef_cvca=FileId(0x011C, 0x1C)),
    OtherInfo("0.4.0.127.0.7.2.2.6"),
]


def test_encode_and_parse() -> None:
    encoded = security_infos.encode(INFOS)
    assert set(security_infos.parse(encoded)) == set(INFOS)
    assert security_infos.encode(security_infos.parse(encoded)) == encoded
    assert set(dg14.decode(dg14.encode(INFOS))) == set(INFOS)


def test_padding_behind_the_set_is_ignored() -> None:
    assert security_infos.parse(security_infos.encode([]) + bytes(9)) == ()


def entry(protocol: str, *fields: bytes) -> bytes:
    return tlv.encode(der.SET, tlv.encode(der.SEQUENCE, der.encode_oid(protocol), *fields))


@pytest.mark.parametrize(
    ("protocol", "fields"),
    [
        ("0.4.0.127.0.7.2.2.3.2", (b"\x30\x00",)),  # German EF.CardSecurity
        ("0.4.0.127.0.7.2.2.4.2.2", (b"\x04\x00",)),
        ("0.4.0.127.0.7.2.2.4.2.2", (b"\x02\x01\x02", b"\x04\x00")),
        ("0.4.0.127.0.7.2.2.4.2.2", (b"\x02\x01\x02", b"\x02\x00")),
        ("0.4.0.127.0.7.2.2.4.2.2", (b"\x02\x01\x02", b"\x02\x01\x0d", b"\x02\x01\x0d")),
        ("2.23.136.1.1.5", (b"\x04\x00", b"\x06\x01\x2a")),
        ("0.4.0.127.0.7.2.2.2", (b"\x02\x01\x01", b"\x30\x04\x04\x02\x01\x1c", b"\x30\x00")),
        ("0.4.0.127.0.7.2.2.2", (b"\x02\x01\x01", b"\x30\x05\x04\x03\x01\x1c\x00")),
        ("0.4.0.127.0.7.2.2.2", (b"\x02\x01\x01", b"\x30\x07\x04\x02\x01\x1c\x04\x01\x20")),
        (
            "0.4.0.127.0.7.2.2.2",
            (b"\x02\x01\x01", b"\x30\x0a\x04\x02\x01\x1c" + b"\x04\x01\x1c" * 2),
        ),
        ("1.2.3.4", ()),
    ],
)
def test_entries_not_made_as_their_protocol_says_are_kept_by_name(
    protocol: str, fields: tuple[bytes, ...]
) -> None:
    assert security_infos.parse(entry(protocol, *fields)) == (OtherInfo(protocol),)


def test_pace_is_offered_even_when_it_cannot_be_read() -> None:
    """A broken PACEInfo must not turn into a chip that offers no PACE."""
    assert security_infos.offers_pace(security_infos.parse(entry("0.4.0.127.0.7.2.2.4.2.2")))
    assert not security_infos.offers_pace(INFOS[2:])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30\x00",
        b"\x31\x02\x04\x00",
        b"\x31\x02\x30\x00",
        b"\x31\x04\x30\x02\x06\x00",
        b"\x31\x05\x30\x03\x06\x01\x80",
        tlv.encode(der.SET, tlv.encode(der.SEQUENCE, tlv.encode(der.OID, b"\x2a" * 33))),
        tlv.encode(der.SET, *[tlv.encode(der.SEQUENCE, b"\x06\x01\x2a")] * 65),
    ],
)
def test_hostile_sets(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        security_infos.parse(content)


@pytest.mark.parametrize("dotted", ["0.4.0.127.0.7", "1.2.840.113549.1.1.1", "2.23.136", "2.999.3"])
def test_object_identifiers(dotted: str) -> None:
    assert der.decode_oid(der.oid_value(dotted)) == dotted


@pytest.mark.parametrize("value", [b"", bytes(3000)])
def test_integers_out_of_bounds(value: bytes) -> None:
    with pytest.raises(MalformedFile):
        der.decode_integer(value)


@pytest.mark.shared
def test_german_specimen_of_2008() -> None:
    """DG14 with an explicit curve (brainpoolP224r1) and 3DES."""
    infos = dg14.decode(shared("chips/bsi2008/Datagroup14.bin").read_bytes())
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    assert chosen.key.group.name == "BRAINPOOLP224r1"
    assert chosen.oid == "0.4.0.127.0.7.2.2.3.2.1"


@pytest.mark.shared
def test_german_identity_card_example() -> None:
    infos = security_infos.parse(shared("chips/npa-example-data/ecdh/ef_cardaccess").read_bytes())
    chosen = pace_variant.choose(infos)
    assert chosen is not None
    assert (chosen.oid, chosen.parameter_id) == ("0.4.0.127.0.7.2.2.4.2.2", 13)


@pytest.mark.shared
def test_german_identity_card_example_of_finite_fields() -> None:
    infos = security_infos.parse(shared("chips/npa-example-data/dh/ef_cardaccess").read_bytes())
    chosen = pace_variant.choose(infos)
    assert chosen is not None
    assert (chosen.oid, chosen.parameter_id) == ("0.4.0.127.0.7.2.2.4.1.2", 0)


@pytest.mark.shared
def test_doc_9303_sample_dg14_of_finite_fields() -> None:
    content = shared("chips/doc9303/spec_sample_encoded_dg14.bin").read_bytes()
    assert tlv.read_header(content).tag == ElementaryFile.DG14.tag
    chosen = chip_auth.choose(dg14.decode(content))
    assert chosen is not None
    assert (chosen.oid, chosen.key.group.name) == ("0.4.0.127.0.7.2.2.3.1.1", "modp-pkcs3")


def test_versions_unless_told_otherwise() -> None:
    """Doc 9303-11 §9.2: 2 for PACE, 1 for everything else."""
    assert PaceInfo("1.2").version == 2
    assert ChipAuthenticationInfo("1.2").version == 1
    assert TerminalAuthenticationInfo().version == 1
    assert ActiveAuthenticationInfo("1.2").version == 1
    assert TerminalAuthenticationInfo().protocol == "0.4.0.127.0.7.2.2.2"


BYTES: dict[str, SecurityInfo] = {
    "300F 060A04007F00070202040202 020102": PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2),
    "3012 060A04007F00070202040202 020102 02010D": PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),
    "300F 060A04007F00070202030202 020101": ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2"),
    "3012 060A04007F00070202030202 020101 020107": ChipAuthenticationInfo(
        "0.4.0.127.0.7.2.2.3.2.2", 1, 7
    ),
    "300F 060904007F000702020402 30023000": PaceDomainParameterInfo(
        "0.4.0.127.0.7.2.2.4.2", b"\x30\x02\x30\x00"
    ),
    "3010 060904007F000702020102 3000 02012C": ChipAuthenticationPublicKeyInfo(
        "0.4.0.127.0.7.2.2.1.2", b"\x30\x00", 0x2C
    ),
    "300D 060804007F0007020202 020101": TerminalAuthenticationInfo(),
    "3013 060804007F0007020202 020101 300404021234": TerminalAuthenticationInfo(
        ef_cvca=FileId(0x1234)
    ),
    "3016 060804007F0007020202 020101 30070402011C04011C": TerminalAuthenticationInfo(
        ef_cvca=FileId(0x011C, 0x1C)
    ),
    "3017 0606678108010105 020101 060A04007F00070101040103": ActiveAuthenticationInfo(
        "0.4.0.127.0.7.1.1.4.1.3"
    ),
}


@pytest.mark.parametrize(("encoded", "info"), BYTES.items())
def test_each_entry_byte_by_byte(encoded: str, info: SecurityInfo) -> None:
    """Doc 9303-11 §9.2, Appendix K.2."""
    content = tlv.encode(0x31, bytes.fromhex(encoded))
    assert security_infos.parse(content) == (info,)
    assert security_infos.encode([info]) == content
