"""Specimen chips for tests, made with our own encoders; EF.SOD is unsigned filler."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge.emrtd import security_infos, tlv
from edge.emrtd.contents import ChipContents
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.dialogue import Transmit, run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg14, dg15
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.read import AccessKey, Progress, ReadPlan, read_document
from edge.emrtd.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
)
from tools.specimen import dg2

MRZ_LINES = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
MRZ_INFORMATION = "L898902C3674081221204159"
KEY = AccessKey.of_mrz(MRZ_INFORMATION)
CAN = "123456"

PRIVATE_KEY = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

PK_ECDH = "0.4.0.127.0.7.2.2.1.2"
PACE_AES_128 = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)
CA_3DES, CA_AES_128, CA_AES_192, CA_AES_256 = (
    f"{security_infos.CHIP_AUTHENTICATION}.2.{last}" for last in range(1, 5)
)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.BrainpoolP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def pkcs8(key: PRIVATE_KEY) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def spki(key: PRIVATE_KEY) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def specimen(
    *,
    pace: PaceInfo | None = None,
    chip_auth: str | None = None,
    chip_auth_key: ec.EllipticCurvePrivateKey | None = None,
    active_auth_key: PRIVATE_KEY | None = None,
    portrait_bytes: int = 3_000,
) -> Personalisation:
    """A chip with these protocols, and keys that fit what it says."""
    files = {
        ElementaryFile.SOD: tlv.encode(0x77, bytes(1_800)),
        ElementaryFile.DG1: dg1.encode(MRZ_LINES),
        ElementaryFile.DG2: dg2.encode(portrait(portrait_bytes), (300, 400)),
    }
    infos: list[SecurityInfo] = []
    if pace is not None:
        infos.append(pace)
        files[ElementaryFile.CARD_ACCESS] = security_infos.encode([pace])
    static = chip_auth_key or ec_key()
    if chip_auth is not None:
        infos.append(ChipAuthenticationInfo(chip_auth))
        infos.append(ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", spki(static)))
    if infos:
        files[ElementaryFile.DG14] = dg14.encode(infos)
    if active_auth_key is not None:
        files[ElementaryFile.DG15] = dg15.encode(spki(active_auth_key))
    groups = [file for file in files if file.data_group is not None]
    files[ElementaryFile.COM] = com.encode(groups)
    return Personalisation(
        MRZ_INFORMATION,
        files,
        can=CAN,
        active_auth_key=None if active_auth_key is None else pkcs8(active_auth_key),
        chip_auth_key=None if chip_auth is None else pkcs8(static),
    )


def speaking_cam(cipher: int = 2, parameter_id: int = 13) -> Personalisation:
    """A chip that speaks PACE-CAM and nothing else; EF.CardSecurity bare of its signature."""
    curve = STANDARDISED[parameter_id]
    static = StaticKey(curve, curve.scalar(secrets.token_bytes))
    chip = specimen(pace=PaceInfo(f"{security_infos.PACE}.6.{cipher}", 2, parameter_id))
    info = ChipAuthenticationPublicKeyInfo(PK_ECDH, static.public(), parameter_id)
    files = {**chip.files, ElementaryFile.CARD_SECURITY: security_infos.encode([info])}
    return replace(chip, files=files, pace_cam_key=static.encode())


def portrait(size: int = 3_000) -> EncodedImage:
    return EncodedImage.recognised(b"\xff\xd8\xff" + bytes(size - 3))


def without(chip: Personalisation, *files: ElementaryFile) -> Personalisation:
    """The same chip with files taken away."""
    kept = {file: content for file, content in chip.files.items() if file not in files}
    return replace(chip, files=kept)


def insert(chip: Personalisation) -> VirtualChip:
    """Put a chip into the field."""
    return VirtualChip(chip, secrets.token_bytes)


def read(
    transmit: Transmit,
    key: AccessKey = KEY,
    plan: ReadPlan | None = None,
    observe: Callable[[Progress], None] = lambda _: None,
) -> ChipContents:
    """Read a chip to the end."""
    dialogue = read_document(key, secrets.token_bytes, observe, plan or ReadPlan())
    return run(dialogue, transmit)
