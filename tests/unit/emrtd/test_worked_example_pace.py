"""The worked examples of PACE, value by value and then command by command, on both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from drivers.virtual.chip.pace import PaceSide
from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import (
    chip_auth,
    der,
    integrated_mapping,
    key_derivation,
    pace,
    pace_cam,
    pace_variant,
    security_infos,
    tlv,
)
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import Cipher, pad
from edge.emrtd.contents import AccessProtocol, ChipAuthenticationMapping
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.dialogue import run
from edge.emrtd.domain_parameters import STANDARDISED as DOMAINS
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey, Password
from edge.emrtd.pace import Established
from edge.emrtd.pace_variant import PaceVariant
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import PaceInfo
from tests.support.emrtd.pace_examples import (
    AFTER_BSI_DH,
    AFTER_BSI_ECDH,
    APPENDIX_G1,
    APPENDIX_G2,
    APPENDIX_H2,
    APPENDIX_I,
    CHIP_DATA,
    CHIP_DATA_ENCRYPTED,
    CHIP_DATA_IV,
    CHIP_KEY_INFO,
    EXAMPLES,
    Afterwards,
    Example,
)
from tests.support.shared_data import shared

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
by_agreement = [each for each in EXAMPLES if each.shared]
by_nonces = [each for each in EXAMPLES if each.nonce_terminal]


def variant(example: Example) -> PaceVariant:
    chosen = pace_variant.choose([PaceInfo(example.oid, 2, example.parameter_id)])
    assert chosen is not None
    return chosen


def exponent(example: Example, private: bytes) -> int:
    """A private key; those over DH are given beyond the order of the group."""
    return int.from_bytes(private, "big") % DOMAINS[example.parameter_id].order


def drawn(example: Example, private: bytes) -> bytes:
    """The random bytes from which `Group.scalar` makes this private key."""
    return (exponent(example, private) - 1).to_bytes(40, "big")


def draws(*values: bytes) -> Callable[[int], bytes]:
    remaining = iter(values)
    return lambda _: next(remaining)


def keys(example: Example) -> SessionKeys:
    return SessionKeys(Cipher.AES_128, example.enc, example.mac)


@each_example
def test_nonce_key(example: Example) -> None:
    assert example.key.encoded() == example.encoded_key
    derived = key_derivation.derive(Cipher.AES_128, example.encoded_key, key_derivation.PASSWORD)
    assert derived == example.nonce_key == pace.nonce_key(example.key, Cipher.AES_128)


@each_example
def test_encrypted_nonce(example: Example) -> None:
    cipher = Cipher.AES_128
    zero = cipher.zero_iv
    assert cipher.encrypt(example.nonce_key, zero, example.nonce) == example.encrypted_nonce
    assert cipher.decrypt(example.nonce_key, zero, example.encrypted_nonce) == example.nonce


@pytest.mark.parametrize("example", by_agreement, ids=lambda each: each.name)
def test_generic_mapping(example: Example) -> None:
    group = variant(example).group
    for private, public, other in (
        (example.map_private_terminal, example.map_public_terminal, example.map_public_chip),
        (example.map_private_chip, example.map_public_chip, example.map_public_terminal),
    ):
        scalar = exponent(example, private)
        assert group.encode(group.multiply(group.base, scalar)) == public
        shared_element = group.multiply(group.decode(other), scalar)
        assert group.encode(shared_element) == example.shared
        base = pace.generic_base(group, example.nonce, shared_element)
        assert group.encode(base) == example.generator


@pytest.mark.parametrize("example", by_nonces, ids=lambda each: each.name)
def test_integrated_mapping(example: Example) -> None:
    chosen = variant(example)
    inputs = (Cipher.AES_128, example.nonce, example.nonce_terminal, chosen.parameters.prime)
    assert integrated_mapping.pseudo_random(*inputs) == example.random
    number = integrated_mapping.field_element(*inputs)
    assert number == int.from_bytes(example.field, "big")
    assert chosen.group.encode(chosen.group.element_from(number)) == example.generator
    base = pace.integrated_base(chosen, example.nonce, example.nonce_terminal)
    assert chosen.group.encode(base) == example.generator


@each_example
def test_key_agreement(example: Example) -> None:
    group = variant(example).group
    base = group.decode(example.generator)
    for private, public, other in (
        (example.private_terminal, example.public_terminal, example.public_chip),
        (example.private_chip, example.public_chip, example.public_terminal),
    ):
        scalar = exponent(example, private)
        assert group.encode(group.multiply(base, scalar)) == public
        assert group.secret(group.multiply(group.decode(other), scalar)) == example.secret


@each_example
def test_session_keys(example: Example) -> None:
    for counter, key in ((1, example.enc), (2, example.mac)):
        message = example.secret + counter.to_bytes(4, "big")
        assert hashlib.sha1(message).digest()[:16] == key  # noqa: S324
    assert SessionKeys.agreed(Cipher.AES_128, example.secret) == keys(example)


@each_example
def test_tokens(example: Example) -> None:
    chosen = variant(example)
    for public, message, token in (
        (example.public_chip, example.input_terminal, example.token_terminal),
        (example.public_terminal, example.input_chip, example.token_chip),
    ):
        assert pace.token_input(chosen, public) == (message or pace.token_input(chosen, public))
        assert pace.token(chosen, example.mac, public) == token


def step(cla: int, tag: int, *values: bytes) -> bytes:
    """A GENERAL AUTHENTICATE; no data object at all without a value."""
    inner = tlv.encode(tag, *values) if values else b""
    return bytes(Command(cla, 0x86, 0, 0, tlv.encode(0x7C, inner), 256))


def reply(*objects: bytes) -> bytes:
    return tlv.encode(0x7C, *objects) + b"\x90\x00"


def exchanges(example: Example) -> list[tuple[bytes, bytes]]:
    """The dialogue made of the values; we always name the domain parameters (DO'84')."""
    mse = (
        tlv.encode(0x80, der.oid_value(example.oid))
        + tlv.encode(0x83, bytes((example.key.password,)))
        + tlv.encode(0x84, bytes((example.parameter_id,)))
    )
    final = [tlv.encode(0x86, example.token_chip)]
    if example is APPENDIX_I:
        final.append(tlv.encode(0x8A, CHIP_DATA_ENCRYPTED))
    mapping = example.map_public_terminal or example.nonce_terminal
    return [
        (bytes(Command(0, 0x22, 0xC1, 0xA4, mse)), b"\x90\x00"),
        (step(0x10, 0), reply(tlv.encode(0x80, example.encrypted_nonce))),
        (step(0x10, 0x81, mapping), reply(tlv.encode(0x82, example.map_public_chip))),
        (step(0x10, 0x83, example.public_terminal), reply(tlv.encode(0x84, example.public_chip))),
        (step(0x00, 0x85, example.token_terminal), reply(*final)),
    ]


@each_example
def test_terminal(example: Example) -> None:
    script = iter(exchanges(example))

    def transmit(command: bytes) -> bytes:
        expected, answer = next(script)
        assert command == expected
        return answer

    mapping = example.nonce_terminal or drawn(example, example.map_private_terminal)
    random = draws(mapping, drawn(example, example.private_terminal))
    established = run(pace.establish(example.key, variant(example), random), transmit)
    assert established.keys == keys(example)
    assert next(script, None) is None
    if example is APPENDIX_I:
        assert established.chip == ChipAuthenticationMapping(13, example.map_public_chip, CHIP_DATA)
    else:
        assert established.chip is None


@each_example
def test_chip(example: Example) -> None:
    info = PaceInfo(example.oid, 2, example.parameter_id)
    files = {ElementaryFile.CARD_ACCESS: security_infos.encode([info])}
    mapping = [drawn(example, example.map_private_chip)] if example.map_private_chip else []
    random = draws(example.nonce, *mapping, drawn(example, example.private_chip))
    secret = example.key.secret
    with_mrz = example.key.password is Password.MRZ
    chip = PaceSide(
        Personalisation(
            secret if with_mrz else "L898902C3674081221204159",
            files,
            can=None if with_mrz else secret,
            pace_cam_key=chip_key().encode() if example is APPENDIX_I else None,
        ),
        random,
    )
    (select, selected), *steps = exchanges(example)
    assert bytes(chip.select(Command.parse(select))) == selected
    agreed = None
    for command, expected in steps:
        answer, agreed = chip.step(Command.parse(command))
        assert bytes(answer) == expected
    assert agreed == keys(example)


def chip_key() -> StaticKey:
    """The static key of Appendix I, which the appendix leaves out: CA = SK^-1 * SK_map."""
    curve = STANDARDISED[13]
    mapping = int.from_bytes(APPENDIX_I.map_private_chip, "big")
    data = int.from_bytes(CHIP_DATA, "big")
    return StaticKey(curve, mapping * pow(data, -1, curve.order) % curve.order)


class TestPrintedCommands:
    """The commands as the appendices print them, but for DO'84', which we add."""

    def test_generic_mapping_over_ecdh(self) -> None:
        sent = [command.hex().upper() for command, _ in exchanges(APPENDIX_G1)]
        assert sent[0].startswith("0022C1A412800A04007F00070202040202830101")
        assert sent[1] == "10860000027C0000"
        assert sent[2].startswith("10860000457C438141047ACF3EFC982EC455")
        assert sent[3].startswith("10860000457C438341042DB7A64C0355044E")
        assert sent[4] == "008600000C7C0A8508C2B0BD78D94BA86600"

    def test_generic_mapping_over_dh(self) -> None:
        sent = [command.hex().upper() for command, _ in exchanges(APPENDIX_G2)]
        assert sent[0].startswith("0022C1A412800A04007F00070202040102830101")
        assert sent[2].startswith("10860000867C818381818023FB3749EA030D2A")
        assert sent[3].startswith("10860000867C8183838180907D89E2D425A178")
        assert sent[4] == "008600000C7C0A8508B46DD9BD4D98381F00"

    def test_chip_authentication_mapping(self) -> None:
        dialogue = exchanges(APPENDIX_I)
        sent = [command.hex().upper() for command, _ in dialogue]
        assert sent[0].startswith("0022C1A412800A04007F00070202040602830101")
        assert sent[2].startswith("10860000457C438141047F1D410ADB7DDB3B84")
        assert sent[3].startswith("10860000457C43834104446C934084D9DAB863")
        assert sent[4] == "008600000C7C0A8508E86BD06018A1CD3B00"
        assert dialogue[4][1].hex().upper().startswith("7C3C86088596CF055C67C1A38A301EEA964D")

    def test_certification_authority_references_are_borne(self) -> None:
        """Appendix G.2 ends with DO'87', which nobody has asked for."""
        *others, (command, answer) = exchanges(APPENDIX_G2)
        reference = bytes.fromhex("870F444554455354435643413030303033")
        script = iter([*others, (command, answer)])

        def transmit(sent: bytes) -> bytes:
            expected, given = next(script)
            assert sent == expected
            return reply(given[2:-2], reference) if given == answer else given

        random = draws(
            drawn(APPENDIX_G2, APPENDIX_G2.map_private_terminal),
            drawn(APPENDIX_G2, APPENDIX_G2.private_terminal),
        )
        dialogue = pace.establish(APPENDIX_G2.key, variant(APPENDIX_G2), random)
        assert run(dialogue, transmit) == Established(keys(APPENDIX_G2))


class TestChipAuthenticationMapping:
    """Appendix I, last section."""

    def test_initial_vector(self) -> None:
        assert pace_cam.initial_vector(keys(APPENDIX_I)) == CHIP_DATA_IV

    def test_authentication_data(self) -> None:
        session = keys(APPENDIX_I)
        assert pace_cam.unseal(session, CHIP_DATA_ENCRYPTED) == CHIP_DATA
        assert pace_cam.seal(session, CHIP_DATA) == CHIP_DATA_ENCRYPTED

    def test_static_key(self) -> None:
        infos = security_infos.parse(tlv.encode(der.SET, CHIP_KEY_INFO))
        (key,) = pace_cam.static_keys(infos, 13)
        encoded = key.curve.encode(key.point)
        assert encoded.hex().upper().startswith("041872709494399E7470A6431BE25E83EE")
        curve = STANDARDISED[13]
        assert key.point == curve.multiply(curve.base, chip_key().private)
        claim = ChipAuthenticationMapping(13, APPENDIX_I.map_public_chip, CHIP_DATA)
        assert pace_cam.proves(claim, infos)

    def test_pace_info(self) -> None:
        entry = bytes.fromhex("3012060A04007F0007020204060202010202010D")
        assert security_infos.parse(tlv.encode(der.SET, entry)) == (
            PaceInfo(APPENDIX_I.oid, 2, 13),
        )


def test_pace_infos() -> None:
    for example, entry in (
        (APPENDIX_G1, "3012060A04007F0007020204020202010202010D"),
        (APPENDIX_G2, "3012060A04007F00070202040102020102020100"),
    ):
        card_access = tlv.encode(der.SET, bytes.fromhex(entry))
        infos = security_infos.parse(card_access)
        assert infos == (PaceInfo(example.oid, 2, example.parameter_id),)
        assert security_infos.encode(infos) == card_access


@pytest.mark.parametrize("after", [AFTER_BSI_ECDH, AFTER_BSI_DH], ids=["ecdh", "dh"])
def test_secure_messaging_afterwards(after: Afterwards) -> None:
    session, cipher = keys(after.example), Cipher.AES_128
    iv = cipher.encrypt(session.encryption, cipher.zero_iv, (1).to_bytes(16, "big"))
    assert cipher.encrypt(session.encryption, iv, pad(after.plain, 16)) == after.cryptogram
    message = pad((2).to_bytes(16, "big") + after.authenticated, 16)
    assert cipher.checksum(session.mac, message) == after.checksum


@pytest.mark.parametrize("after", [AFTER_BSI_ECDH, AFTER_BSI_DH], ids=["ecdh", "dh"])
def test_agreement_of_chip_authentication(after: Afterwards) -> None:
    group = variant(after.example).group
    for private, public, other in (
        (after.chip_private, after.chip_public, after.terminal_public),
        (after.terminal_private, after.terminal_public, after.chip_public),
    ):
        scalar = exponent(after.example, private)
        assert group.encode(group.multiply(group.base, scalar)) == public
        assert group.secret(group.multiply(group.decode(other), scalar)) == after.secret


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "example"), [("ecdh", AFTER_BSI_ECDH), ("dh", AFTER_BSI_DH)])
def test_card_access_of_the_bsi(folder: str, example: Afterwards) -> None:
    content = shared(f"chips/npa-example-data/{folder}/ef_cardaccess").read_bytes()
    infos = security_infos.parse(content)
    chosen = pace_variant.choose(infos)
    assert chosen == variant(example.example)
    assert chip_auth.choose(infos) is None


def test_the_password_of_appendix_h() -> None:
    """Not the MRZ of Appendix G, whatever the text says: the nonce key is that of 123456."""
    assert APPENDIX_H2.nonce_key != pace.nonce_key(APPENDIX_G2.key, Cipher.AES_128)
    assert APPENDIX_H2.nonce_key == pace.nonce_key(AccessKey.of_can("123456"), Cipher.AES_128)


def test_mapping_names() -> None:
    assert [variant(example).mapping for example in EXAMPLES] == [
        AccessProtocol.PACE_GM,
        AccessProtocol.PACE_GM,
        AccessProtocol.PACE_IM,
        AccessProtocol.PACE_IM,
        AccessProtocol.PACE_CAM,
        AccessProtocol.PACE_GM,
        AccessProtocol.PACE_GM,
    ]
