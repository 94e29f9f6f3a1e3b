"""The standardised domain parameters by their numbers (ICAO Doc 9303-11 Table 12)."""

from __future__ import annotations

from itertools import permutations

import pytest

from edge.emrtd import domain_parameters, pace_variant
from edge.emrtd.curves import BY_OID, STANDARDISED, Curve
from edge.emrtd.domain_parameters import DomainParameters
from edge.emrtd.groups import NoMappedElement, draw_scalar
from edge.emrtd.modp import ModpGroup
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.point_encoding import encode_point, is_encodable
from edge.emrtd.security_infos import PACE, PaceInfo

TABLE = """
    0 modp1024-160 128 80 -
    1 modp2048-224 256 112 -
    2 modp2048-256 256 112 -
    8 NIST192p 24 96 1.2.840.10045.3.1.1
    9 BRAINPOOLP192r1 24 96 1.3.36.3.3.2.8.1.1.3
    10 NIST224p 28 112 1.3.132.0.33
    11 BRAINPOOLP224r1 28 112 1.3.36.3.3.2.8.1.1.5
    12 NIST256p 32 128 1.2.840.10045.3.1.7
    13 BRAINPOOLP256r1 32 128 1.3.36.3.3.2.8.1.1.7
    14 BRAINPOOLP320r1 40 160 1.3.36.3.3.2.8.1.1.9
    15 NIST384p 48 192 1.3.132.0.34
    16 BRAINPOOLP384r1 48 192 1.3.36.3.3.2.8.1.1.11
    17 BRAINPOOLP512r1 64 256 1.3.36.3.3.2.8.1.1.13
    18 NIST521p 66 260 1.3.132.0.35
"""
"""Id, name, bytes of an element of the field, strength, object identifier (RFC 5639, RFC 5480)."""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(
    ("number", "name", "octets", "bits", "oid"), ROWS, ids=[row[1] for row in ROWS]
)
def test_each_id_names_its_own(number: str, name: str, octets: str, bits: str, oid: str) -> None:
    found = domain_parameters.STANDARDISED[int(number)]
    assert (found.name, found.field_length) == (name, int(octets))
    assert found.security_bits == int(bits)
    assert len(found.secret(found.base)) == int(octets)
    if isinstance(found, Curve):
        assert BY_OID[oid] is found
        assert found.public_key_tag == 0x86
        assert found.order_length == found.field_length
        assert found.encode(found.base)[0] == 4
        assert 0 < found.a < found.prime
    else:
        assert found.public_key_tag == 0x84


def test_there_are_no_others() -> None:
    assert [str(each) for each in domain_parameters.STANDARDISED] == [row[0] for row in ROWS]
    assert len(BY_OID) == len(STANDARDISED) == 11


def test_a_scalar_is_drawn_from_64_bits_more_than_the_order() -> None:
    """FIPS 186-5 §A.2.1: uniform but for 2^-64, and never zero."""
    drawn: list[int] = []

    def random(count: int) -> bytes:
        drawn.append(count)
        return b"\xff" * count

    for bits, count in ((8, 9), (9, 10), (256, 40), (521, 74)):
        order = (1 << bits) - 1
        expected = int.from_bytes(b"\xff" * count, "big") % (order - 1) + 1
        assert draw_scalar(order, random) == expected
        assert drawn.pop() == count
    assert draw_scalar(7, lambda count: bytes(count - 1) + b"\x05") == 6
    assert draw_scalar(7, lambda count: bytes(count - 1) + b"\x06") == 1


class TestEncodingOfPoints:
    """Doc 9303-11 Appendix B.2, on a curve so small that every number can be tried."""

    P, A, B = 23, 1, 1

    def test_every_number_but_three_maps_to_a_point(self) -> None:
        for number in range(self.P):
            if number in {0, 1, self.P - 1}:
                with pytest.raises(NoMappedElement, match="map to no point"):
                    encode_point(self.P, self.A, self.B, number)
                continue
            x, y = encode_point(self.P, self.A, self.B, number)
            assert y * y % self.P == (x**3 + self.A * x + self.B) % self.P
            assert 0 <= x < self.P
            assert 0 <= y < self.P
            # The points of a number and of its negative have one x (B.2.1: t enters as a square).
            assert encode_point(self.P, self.A, self.B, self.P - number)[0] == x

    @pytest.mark.parametrize(
        ("prime", "a", "b", "encodable"),
        [
            (23, 1, 1, True),
            (23, 22, 22, True),
            (29, 1, 1, False),
            (23, 0, 1, False),
            (23, 23, 1, False),
            (23, 1, 0, False),
            (23, 1, 23, False),
        ],
    )
    def test_where_it_exists(self, prime: int, a: int, b: int, encodable: bool) -> None:
        assert is_encodable(prime, a, b) is encodable


def offer(arc: str, cipher: int, number: int) -> PaceInfo:
    return PaceInfo(f"{PACE}.{arc}.{cipher}", 2, number)


STRONGER_FIRST = [
    # The weakest part counts first: AES-128 on P-256 before AES-256 on P-224.
    (offer("2", 2, 12), offer("2", 4, 10)),
    # Then the cipher, where the weakest parts are equal.
    (offer("2", 3, 12), offer("2", 2, 15)),
    (offer("2", 4, 15), offer("2", 3, 18)),
    (offer("1", 2, 0), offer("2", 1, 12)),
    # Then the group.
    (offer("2", 2, 15), offer("2", 2, 12)),
    (offer("2", 4, 18), offer("2", 4, 17)),
    # Then the mapping: chip authentication, generic, integrated.
    (offer("6", 2, 13), offer("2", 2, 13)),
    (offer("2", 2, 13), offer("4", 2, 13)),
    # Then the lower id.
    (offer("2", 2, 12), offer("2", 2, 13)),
    (offer("1", 2, 1), offer("1", 2, 2)),
]


@pytest.mark.parametrize(("stronger", "weaker"), STRONGER_FIRST)
def test_of_two_kinds_of_pace_the_stronger_is_chosen(stronger: PaceInfo, weaker: PaceInfo) -> None:
    for infos in permutations([stronger, weaker]):
        found = pace_variant.choose(infos)
        assert found is not None
        assert (found.oid, found.parameter_id) == (stronger.protocol, stronger.parameter_id)


@pytest.mark.parametrize(
    ("arc", "mapping", "kind"),
    [
        ("1", "pace-gm", ModpGroup),
        ("2", "pace-gm", Curve),
        ("3", "pace-im", ModpGroup),
        ("4", "pace-im", Curve),
        ("6", "pace-cam", Curve),
    ],
)
def test_the_object_identifier_names_mapping_group_and_cipher(
    arc: str, mapping: str, kind: type[DomainParameters]
) -> None:
    """§9.2.3: .1 3DES, .2 to .4 AES of 128, 192 and 256 bits; PACE-CAM has no 3DES."""
    ciphers = []
    for cipher in range(6):
        for number in domain_parameters.STANDARDISED:
            found = pace_variant.spoken([offer(arc, cipher, number)])
            assert len(found) <= 1
            for each in found:
                assert isinstance(each, PaceVariant)
                assert (each.mapping.value, type(each.parameters)) == (mapping, kind)
                if number in {0, 13}:
                    ciphers.append(each.cipher.label)
    expected = ["3des", "aes-128", "aes-192", "aes-256"]
    assert ciphers == (expected[1:] if arc == "6" else expected)
