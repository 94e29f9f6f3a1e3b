"""Chip authentication data of PACE-CAM, and which keys of EF.CardSecurity may answer for it."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import pace_cam
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import ChipAuthenticationMapping
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    OtherInfo,
    SecurityInfo,
)
from edge.errors import SettingsError
from tests.support.emrtd.specimens import PK_ECDH, ec_key, pkcs8, rsa_key, spki

CURVE = STANDARDISED[13]
STATIC = StaticKey(CURVE, CURVE.scalar(secrets.token_bytes))
MAPPING = CURVE.scalar(secrets.token_bytes)
CLAIM = ChipAuthenticationMapping(
    13,
    CURVE.encode(CURVE.multiply(CURVE.base, MAPPING)),
    pace_cam.authentication_data(CURVE, STATIC.private, MAPPING),
)
INFO = ChipAuthenticationPublicKeyInfo(PK_ECDH, STATIC.public(), 13)
KEYS = SessionKeys.agreed(Cipher.AES_256, bytes(32))


def test_the_right_key_among_others() -> None:
    """DE: keys 13 and 72 side by side, and an entry not made as specified."""
    other = StaticKey(CURVE, CURVE.scalar(secrets.token_bytes)).public()
    infos: list[SecurityInfo] = [
        OtherInfo("0.4.0.127.0.7.2.2.3.2"),
        ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", key_id=13),
        ChipAuthenticationPublicKeyInfo(PK_ECDH, b"\x30\x00", 13),
        ChipAuthenticationPublicKeyInfo(PK_ECDH, spki(rsa_key(1024)), 13),
        ChipAuthenticationPublicKeyInfo(PK_ECDH, other, 13),
        ChipAuthenticationPublicKeyInfo(PK_ECDH, other, 72),
        INFO,
    ]
    assert len(pace_cam.static_keys(infos, 13)) == 2
    assert pace_cam.proves(CLAIM, infos)


@pytest.mark.parametrize("key_id", [72, None])
def test_a_key_of_another_name_does_not_count(key_id: int | None) -> None:
    assert pace_cam.proves(CLAIM, [replace(INFO, key_id=key_id)]) is False


def test_no_key() -> None:
    assert pace_cam.proves(CLAIM, []) is False


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, data=b""),
        replace(CLAIM, data=bytes(32)),
        replace(CLAIM, data=b"\x00" + CLAIM.data),
        replace(CLAIM, data=CURVE.order.to_bytes(32, "big")),
        replace(CLAIM, data=bytes(31) + b"\x01"),
        replace(CLAIM, mapping_key=b""),
        replace(CLAIM, mapping_key=b"\x00"),
        replace(CLAIM, mapping_key=CURVE.encode(CURVE.base)),
        replace(CLAIM, parameter_id=12),
    ],
)
def test_claims_that_do_not_hold(claim: ChipAuthenticationMapping) -> None:
    assert pace_cam.proves(CLAIM, [INFO])
    assert pace_cam.proves(claim, [INFO]) is False


def test_a_key_on_another_curve() -> None:
    other = STANDARDISED[12]
    key = StaticKey(other, 5).public()
    assert pace_cam.proves(CLAIM, [replace(INFO, public_key=key)]) is False


@pytest.mark.parametrize("sealed", [b"", bytes(15), bytes(17), bytes(16), bytes(144)])
def test_data_that_cannot_be_read(sealed: bytes) -> None:
    assert pace_cam.unseal(KEYS, sealed) == b""


def test_data_come_through() -> None:
    assert pace_cam.unseal(KEYS, pace_cam.seal(KEYS, CLAIM.data)) == CLAIM.data


class TestStaticKey:
    @pytest.mark.parametrize("curve", STANDARDISED.values(), ids=repr)
    def test_on_every_curve(self, curve: object) -> None:
        found = next(each for each in STANDARDISED.values() if each is curve)
        key = StaticKey(found, found.scalar(secrets.token_bytes))
        assert StaticKey.decode(key.encode()) == key
        assert repr(key) == f"StaticKey({found.name}, <redacted>)"

    def test_as_others_write_it(self) -> None:
        key = StaticKey.decode(pkcs8(ec_key()))
        assert key.private == ec_key().private_numbers().private_value
        numbers = ec_key().public_key().public_numbers()
        assert CURVE.decode(key.public()[-65:]).x == numbers.x

    @pytest.mark.parametrize(
        "encoded",
        [b"", b"\x30\x00", pkcs8(rsa_key(1024)), StaticKey(CURVE, CURVE.order).encode()],
        ids=["nothing", "empty", "rsa", "out-of-range"],
    )
    def test_that_no_chip_can_play(self, encoded: bytes) -> None:
        with pytest.raises(SettingsError, match="virtual chip"):
            StaticKey.decode(encoded)
