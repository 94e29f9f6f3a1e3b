"""Terminal against virtual chip: Chip Authentication."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import chip_auth, curves, modp, security_infos
from edge.emrtd.agreement_key import AgreementKey
from edge.emrtd.apdu import Command
from edge.emrtd.chip_auth import ChipAuthVariant
from edge.emrtd.ciphers import Cipher
from edge.emrtd.curves import Curve
from edge.emrtd.dialogue import run
from edge.emrtd.domain_parameters import DomainParameters
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg14
from edge.emrtd.modp import ModpGroup
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
)
from tests.support.emrtd import dh_keys
from tests.support.emrtd.specimens import (
    CA_3DES,
    CA_AES_128,
    CA_AES_192,
    CA_AES_256,
    PACE_AES_128,
    ec_key,
    insert,
    pkcs8,
    read,
    rsa_key,
    specimen,
    spki,
)

EC_PUBLIC_KEY = f"{security_infos.PUBLIC_KEY}.2"
DH_PUBLIC_KEY = f"{security_infos.PUBLIC_KEY}.1"
PROTOCOLS = [CA_3DES, CA_AES_128, CA_AES_192, CA_AES_256]
DH_PROTOCOLS = [f"{security_infos.CHIP_AUTHENTICATION}.1.{last}" for last in range(1, 5)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.BrainpoolP384R1, ec.SECP521R1])
def test_chip_authentication(protocol: str, curve: type[ec.EllipticCurve]) -> None:
    key = ec_key(curve)
    chip = insert(specimen(chip_auth=protocol, chip_auth_key=key))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded
    assert (found.oid, found.key_id, found.public_key) == (protocol, None, spki(key))


def offered(
    protocol: str, algorithm: bytes | None, public: bytes, private: bytes, key_id: int | None = None
) -> Personalisation:
    """A chip with this static key."""
    kind = f"{security_infos.PUBLIC_KEY}.{1 if algorithm else 2}"
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(protocol, key_id=key_id),
        ChipAuthenticationPublicKeyInfo(kind, public, key_id),
    ]
    base = specimen()
    files = {**base.files, ElementaryFile.DG14: dg14.encode(infos)}
    return replace(base, files=files, chip_auth_key=private, chip_auth_key_id=key_id)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("curve", list(curves.STANDARDISED.values()), ids=lambda c: c.name)
def test_every_curve(protocol: str, curve: Curve) -> None:
    key = StaticKey(curve, 0x1234567)
    found = read(
        insert(offered(protocol, None, key.public(), key.encode())).transmit
    ).chip_authentication
    assert found is not None
    assert found.succeeded


@pytest.mark.parametrize("protocol", DH_PROTOCOLS)
@pytest.mark.parametrize("number", modp.STANDARDISED)
@pytest.mark.parametrize("spelling", [dh_keys.x942, dh_keys.pkcs3])
@pytest.mark.parametrize("max_response", [256, 65_536], ids=["short", "extended"])
def test_every_dh_group(
    protocol: str, number: int, spelling: Callable[[ModpGroup], bytes], max_response: int
) -> None:
    group = modp.STANDARDISED[number]
    algorithm = spelling(group)
    private = 0x123456789
    public = dh_keys.spki(algorithm, pow(group.base.value, private, group.prime))
    chip = offered(protocol, algorithm, public, dh_keys.pkcs8(algorithm, private), 5)
    chip = replace(chip, max_response=max_response)
    found = read(insert(chip).transmit).chip_authentication
    assert found is not None
    assert (found.succeeded, found.key_id) == (True, 5)


def test_a_chip_that_drops_the_session_at_an_extended_command_gets_pieces() -> None:
    """GENERAL AUTHENTICATE with a DH key of 2048 bits is the first long command it sees."""
    group = modp.STANDARDISED[2]
    algorithm = dh_keys.x942(group)
    public = dh_keys.spki(algorithm, pow(group.base.value, 77, group.prime))
    chip = insert(offered(DH_PROTOCOLS[3], algorithm, public, dh_keys.pkcs8(algorithm, 77)))
    lengths: list[int] = []

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        if command.ins == 0x86:
            lengths.append(len(command.data))
        if command.extended and command.ins == 0x86:
            chip.reset()
            return b"\x69\x88"
        return chip.transmit(raw)

    found = read(transmit).chip_authentication
    assert found is not None
    assert found.succeeded
    assert lengths[0] > 256 > max(lengths[1:])


def test_a_long_key_agreement_template_is_not_sent_to_a_chip_without_extended_length() -> None:
    group = modp.STANDARDISED[2]
    algorithm = dh_keys.x942(group)
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(DH_PROTOCOLS[0]),
        ChipAuthenticationPublicKeyInfo(
            DH_PUBLIC_KEY, dh_keys.spki(algorithm, pow(group.base.value, 77, group.prime))
        ),
    ]
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    sent: list[int] = []

    def transmit(raw: bytes) -> bytes:
        sent.append(raw[1] << 16 | raw[2] << 8 | raw[3])
        return b"\x90\x00"

    agreed = run(chip_auth.agree(chosen, secrets.token_bytes, extended_length=False), transmit)
    assert agreed is not None
    assert sent == [0x2241A4, 0x860000, 0x860000, 0x860000]
    assert repr(agreed) == "Agreed(<redacted>)"


def test_after_pace() -> None:
    chip = insert(specimen(pace=PACE_AES_128, chip_auth=CA_AES_256))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_on_a_chip_without_access_control() -> None:
    chip = insert(replace(specimen(chip_auth=CA_AES_128), bac=False))
    found = read(chip.transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_the_key_named_by_its_number() -> None:
    key, other = ec_key(), ec_key(ec.SECP384R1)
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128, key_id=7),
        ChipAuthenticationInfo(CA_AES_256, key_id=300),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(other), 7),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(key), 300),
    ]
    base = specimen()
    files = {**base.files, ElementaryFile.DG14: dg14.encode(infos)}
    chip = replace(base, files=files, chip_auth_key=pkcs8(key), chip_auth_key_id=300)
    found = read(insert(chip).transmit).chip_authentication
    assert found is not None
    assert (found.succeeded, found.key_id) == (True, 300)


def test_a_protocol_left_out_means_3des() -> None:
    """French passports of 2013: a key, and no ChipAuthenticationInfo."""
    chosen = chip_auth.choose([ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()))])
    assert chosen is not None
    assert (chosen.oid, chosen.cipher) == (CA_3DES, Cipher.TDES)


def test_a_protocol_left_out_means_3des_with_dh_keys_too() -> None:
    group = modp.STANDARDISED[1]
    key = dh_keys.spki(dh_keys.pkcs3(group), pow(group.base.value, 5, group.prime))
    chosen = chip_auth.choose([ChipAuthenticationPublicKeyInfo(DH_PUBLIC_KEY, key)])
    assert chosen is not None
    assert chosen.oid == DH_PROTOCOLS[0]


@pytest.mark.parametrize(("named", "held"), [(None, 1), (1, None)])
def test_the_only_key_may_leave_its_number_out(named: int | None, held: int | None) -> None:
    """Where one entry has a number and the other none; with two keys, nothing is guessed."""
    info = ChipAuthenticationInfo(CA_AES_128, key_id=named)
    key = ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()), held)
    chosen = chip_auth.choose([info, key])
    assert chosen is not None
    assert chosen.key_id == 1
    other = ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key(ec.SECP256R1)), 9)
    assert chip_auth.choose([info, key, other]) is None


def test_the_choice_does_not_depend_on_the_order() -> None:
    """Stronger cipher, then stronger group, then the lower number."""
    group = modp.STANDARDISED[2]
    dh = dh_keys.spki(dh_keys.x942(group), pow(group.base.value, 5, group.prime))
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(DH_PROTOCOLS[3], key_id=1),
        ChipAuthenticationInfo(CA_AES_256, key_id=2),
        ChipAuthenticationInfo(CA_AES_256, key_id=3),
        ChipAuthenticationInfo(CA_3DES, key_id=4),
        ChipAuthenticationPublicKeyInfo(DH_PUBLIC_KEY, dh, 1),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()), 2),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()), 3),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key(ec.SECP521R1)), 4),
    ]
    for order in (infos, infos[::-1]):
        chosen = chip_auth.choose(order)
        assert chosen is not None
        assert (chosen.oid, chosen.key_id) == (CA_AES_256, 2)


@pytest.mark.parametrize(
    "infos",
    [
        [],
        [ChipAuthenticationInfo(CA_AES_128)],
        [ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, b"\x30\x00")],
        [ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(rsa_key()))],
        [
            ChipAuthenticationInfo(CA_AES_128, key_id=1),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key()), 2),
        ],
        [
            ChipAuthenticationInfo(CA_AES_128, version=2),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
        ],
        [
            ChipAuthenticationInfo(f"{security_infos.CHIP_AUTHENTICATION}.1.2"),
            ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
        ],
    ],
)
def test_nothing_that_can_be_run(infos: list[SecurityInfo]) -> None:
    assert chip_auth.choose(infos) is None


def test_a_chip_that_finds_the_command_too_long_gets_it_in_pieces() -> None:
    key = ec_key(ec.SECP521R1)
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(key)),
    ]
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    received: list[bytes] = []

    def transmit(raw: bytes) -> bytes:
        command = Command.parse(raw)
        if command.ins == 0x86 and len(command.data) > 128:
            return b"\x67\x00"
        received.append(command.data)
        return b"\x90\x00"

    assert run(chip_auth.agree(chosen, secrets.token_bytes), transmit) is not None
    assert b"".join(received[1:])[:1] == b"\x7c"
    assert len(received) == 3


def test_3des_by_general_authenticate_on_a_chip_that_knows_no_key_agreement_template() -> None:
    chip = insert(replace(specimen(chip_auth=CA_3DES), bac=False))

    def transmit(command: bytes) -> bytes:
        return b"\x6a\x86" if command[1:4] == b"\x22\x41\xa6" else chip.transmit(command)

    found = read(transmit).chip_authentication
    assert found is not None
    assert found.succeeded


def test_a_chip_that_refuses_the_protocol() -> None:
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(CA_AES_128),
        ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(ec_key())),
    ]
    chosen = chip_auth.choose(infos)
    assert chosen is not None
    assert run(chip_auth.agree(chosen, secrets.token_bytes), lambda _: b"\x6a\x88") is None


CURVE = curves.STANDARDISED[13]
GROUP = modp.STANDARDISED[2]


def variant(
    protocol: str, key_id: int | None = None, group: DomainParameters = CURVE
) -> ChipAuthVariant:
    return ChipAuthVariant(
        protocol, key_id, AgreementKey(group, group.multiply(group.base, 7)), b""
    )


def sent_by(chosen: ChipAuthVariant, *answers: str, extended_length: bool = True) -> list[bytes]:
    """What the terminal sends to a chip of these answers, its private key being 2."""
    sent: list[bytes] = []
    replies = iter(answers)

    def transmit(raw: bytes) -> bytes:
        sent.append(raw)
        return bytes.fromhex(next(replies))

    def random(count: int) -> bytes:
        return bytes(count - 1) + b"\x01"

    agreed = run(chip_auth.agree(chosen, random, extended_length=extended_length), transmit)
    assert (agreed is None) is (answers[-1] != "9000")
    return sent


OURS = CURVE.encode(CURVE.multiply(CURVE.base, 2))
AES = bytes.fromhex("04007F00070202030202")
"""0.4.0.127.0.7.2.2.3.2.2"""


@pytest.mark.parametrize(
    ("key_id", "reference"),
    [(None, ""), (0, "840100"), (1, "840101"), (255, "8401FF"), (256, "84020100")],
)
def test_what_is_sent_with_aes(key_id: int | None, reference: str) -> None:
    """MSE:Set AT and GENERAL AUTHENTICATE (Doc 9303-11 §6.2.4.2)."""
    name = bytes.fromhex(reference)
    first, second = sent_by(variant(CA_AES_128, key_id), "9000", "9000")
    assert first == b"\x00\x22\x41\xa4" + bytes((12 + len(name),)) + b"\x80\x0a" + AES + name
    assert second == b"\x00\x86\x00\x00\x45\x7c\x43\x80\x41" + OURS + b"\x00"


def test_what_is_sent_with_3des() -> None:
    """MSE:Set KAT (§6.2.4.1); where it is refused, the other way."""
    (only,) = sent_by(variant(CA_3DES, 3), "9000")
    assert only == b"\x00\x22\x41\xa6\x46\x91\x41" + OURS + b"\x84\x01\x03"
    kinds = [raw[1:4].hex().upper() for raw in sent_by(variant(CA_3DES), "6A80", "9000", "9000")]
    assert kinds == ["2241A6", "2241A4", "860000"]
    kinds = [raw[1:4].hex().upper() for raw in sent_by(variant(CA_3DES), "6A80", "6A80")]
    assert kinds == ["2241A6", "2241A4"]
    assert len(sent_by(variant(CA_AES_128), "9000", "6300")) == 2


def own(octets: int) -> ModpGroup:
    """A group of an issuer, its prime of so many bytes; nobody computes in it."""
    return ModpGroup("own", (1 << 8 * octets - 1) + 1, GROUP.base, GROUP.order)


@pytest.mark.parametrize(("octets", "is_long"), [(215, False), (216, True), (256, True)])
def test_a_key_that_fits_no_short_command(octets: int, is_long: bool) -> None:
    """223 bytes with tags, lengths and a number around it."""
    key = AgreementKey(own(octets), GROUP.base)
    assert ChipAuthVariant(DH_PROTOCOLS[1], None, key, b"").is_long is is_long


def test_the_secret_gives_keys_of_the_cipher_and_a_short_key_of_ours() -> None:
    """§6.2.1, §9.7.4; the terminal signs the x-coordinate of its key."""
    for protocol, cipher in zip(PROTOCOLS, Cipher, strict=True):
        chosen = variant(protocol)
        agreed = run(
            chip_auth.agree(chosen, lambda count: bytes(count - 1) + b"\x01"), lambda _: b"\x90\x00"
        )
        assert agreed is not None
        secret = CURVE.secret(CURVE.multiply(CURVE.base, 14))
        assert agreed.keys == SessionKeys.agreed(cipher, secret)
        assert agreed.terminal_key == OURS[1:33]
        assert (chosen.cipher, chosen.group) == (cipher, CURVE)


def test_protocols_by_their_object_identifiers() -> None:
    """§9.2.7: .1 DH and .2 ECDH; .1 3DES, .2 to .4 AES."""
    arc = "0.4.0.127.0.7.2.2.3"
    assert {
        f"{arc}.{group}.{last}": cipher for group in (1, 2) for last, cipher in enumerate(Cipher, 1)
    } == chip_auth.CIPHERS


def test_the_stronger_of_two_offers_is_chosen() -> None:
    """Cipher before group; AES of any length before 3DES."""
    keys = {1: ec_key(), 2: ec_key(ec.SECP521R1)}
    for first, second, chosen_id in (
        (CA_AES_128, CA_3DES, 1),
        (CA_AES_192, CA_AES_128, 1),
        (CA_AES_256, CA_AES_192, 1),
        (CA_AES_128, CA_AES_128, 2),
        (CA_3DES, CA_3DES, 2),
    ):
        infos: list[SecurityInfo] = [
            ChipAuthenticationInfo(first, key_id=1),
            ChipAuthenticationInfo(second, key_id=2),
            *(
                ChipAuthenticationPublicKeyInfo(EC_PUBLIC_KEY, spki(key), n)
                for n, key in keys.items()
            ),
        ]
        for order in (infos, infos[::-1]):
            chosen = chip_auth.choose(order)
            assert chosen is not None
            assert chosen.key_id == chosen_id
