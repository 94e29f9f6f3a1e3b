"""Names of issuers: how they are compared, and how people read them."""

from __future__ import annotations

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import NameOID

from edge.trust import names


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> asn1_x509.Name:
    named = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
    return asn1_x509.Name.load(named.public_bytes())


def test_people_read_the_labels_that_certificates_are_written_with() -> None:
    """CN, O, OU and C as in RFC 4514 §3, SN for a serial number; any other type is a number."""
    full = name(
        (NameOID.COUNTRY_NAME, "UT"),
        (NameOID.ORGANIZATION_NAME, "Utopia"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Passports"),
        (NameOID.SERIAL_NUMBER, "3"),
        (NameOID.COMMON_NAME, "CSCA"),
        (NameOID.LOCALITY_NAME, "Amaurot"),
    )
    assert names.title(full) == "C=UT, O=Utopia, OU=Passports, SN=3, CN=CSCA, 2.5.4.7=Amaurot"


def test_a_title_is_cut_and_has_no_control_characters() -> None:
    long = name(*[(NameOID.ORGANIZATIONAL_UNIT_NAME, "x" * 60)] * 4)
    assert len(names.title(long)) == 200
    assert "\x1b" not in names.title(name((NameOID.COMMON_NAME, "CSCA\x1b[31m")))


@pytest.mark.parametrize("written", ["csca  of\tutopia", " CSCA of Utopia ", "CSCA OF UTOPIA"])
def test_case_and_spacing_make_no_other_name(written: str) -> None:
    """RFC 5280 §7.1."""
    one, other = (name((NameOID.COMMON_NAME, text)) for text in ("CSCA of Utopia", written))
    assert names.canonical(one) == names.canonical(other)
    assert names.canonical(one) != names.canonical(name((NameOID.COMMON_NAME, "CSCA ofUtopia")))


def test_the_first_country_counts_and_there_may_be_none() -> None:
    both = name((NameOID.COUNTRY_NAME, "UT"), (NameOID.COUNTRY_NAME, "XA"))
    assert names.country(both) == "UT"
    assert names.country(name((NameOID.COMMON_NAME, "CSCA"))) == ""
