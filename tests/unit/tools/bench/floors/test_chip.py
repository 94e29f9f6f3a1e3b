"""The floor of the chip does the cryptography of what went over the radio, and waits as it did."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from edge.emrtd.apdu import Command, Response
from edge.emrtd.ciphers import Cipher
from edge.emrtd.secure_messaging import SecureSession, SessionKeys
from tools.bench.floors.chip import ASYMMETRIC, ChipFloor, Exchange

PLAIN = Exchange(bytes(Command(0, 0x84, 0, 0, le=8)), bytes(8) + b"\x90\x00")


def protected(data: bytes) -> Exchange:
    keys = SessionKeys.agreed(Cipher.AES_128, b"secret")
    gate, chip = SecureSession(keys), SecureSession(keys)
    command = gate.protect_command(Command(0, 0xB0, 0, 0, le=256))
    chip.open_command(command)
    return Exchange(bytes(command), bytes(chip.protect_response(Response(data, 0x9000), 0xB0)))


def floor(*exchanges: Exchange) -> ChipFloor:
    return ChipFloor(exchanges, [b"a file"], ec.SECP256R1(), ec.SECP256R1())


def test_it_waits_for_every_exchange_as_long_as_the_gate_did() -> None:
    waited: list[int] = []
    exchanges = [PLAIN, protected(b"content")]
    floor(*exchanges).run(waited.append)
    assert waited == [each.length for each in exchanges]


def test_a_protected_exchange_has_two_checksums_and_one_decryption_with_its_counter() -> None:
    """Doc 9303-11 §9.8.4: the command has no data, its reply has."""
    assert floor(PLAIN).messaging == 0
    assert floor(protected(b"content")).messaging == 4
    assert floor(protected(b"")).messaging == 2


def test_every_curve_operation_has_its_place_in_a_whole_inspection() -> None:
    many = floor(*[PLAIN] * ASYMMETRIC)
    assert many.operations == ASYMMETRIC
    assert floor(*[PLAIN] * (ASYMMETRIC + 5)).operations == ASYMMETRIC
